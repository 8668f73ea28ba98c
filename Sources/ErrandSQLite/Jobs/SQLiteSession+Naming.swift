import Errand

// Names that many jobs share are stored once, and jobs carry a small number.
extension SQLiteSession {
    func lane(queue: Name, type: Name, tenant: Name?) throws(JobStoreError) -> Int {
        let key = LaneKey(queue: queue, type: type, tenant: tenant)
        if let lane = memory.laneNumbers[key] { return lane }
        let lane = memory.lanes.count
        let tenantNumber = try self.tenant(tenant)
        let statement = try sql("INSERT INTO lanes VALUES (?, ?, ?, ?)")
        statement.bind(1, lane)
        statement.bind(2, queue)
        statement.bind(3, type)
        statement.bind(4, tenant)
        try statement.run()
        memory.lanes.append(Lane(key: key, tenant: tenantNumber))
        memory.laneNumbers[key] = lane
        onUndo(.lane(key))
        return lane
    }

    func tenant(_ name: Name?) throws(JobStoreError) -> Int64 {
        guard let name else { return 0 }
        if let number = memory.tenantNumbers[name] { return number }
        let statement = try sql("INSERT INTO tenants VALUES (NULL, ?) RETURNING tenant")
        statement.bind(1, name)
        let number = try statement.onlyInt()
        memory.tenantNumbers[name] = number
        onUndo(.tenant(name))
        return number
    }

    func project(_ id: Name?, tenant: Int64) throws(JobStoreError) -> Int64? {
        guard let id else { return nil }
        let key = ProjectKey(tenant: tenant, id: id)
        if let number = memory.projectNumbers[key] { return number }
        let statement = try sql("INSERT INTO projects VALUES (NULL, ?, ?) RETURNING project")
        statement.bind(1, tenant)
        statement.bind(2, id)
        let number = try statement.onlyInt()
        memory.projectNumbers[key] = number
        memory.projectNames[number] = id
        onUndo(.project(key))
        return number
    }

    /// The numbers of those of a tenant's projects that have one, as every project with a job has.
    func projectNumbers(of names: Set<Name>, tenant: Name?) -> Set<Int64> {
        guard let tenant, let number = memory.tenantNumbers[tenant] else { return [] }
        return Set(names.compactMap { memory.projectNumbers[ProjectKey(tenant: number, id: $0)] })
    }

    /// Reads back what the memory holds, after the database was opened.
    func remember() throws(JobStoreError) {
        let lanes = try sql("SELECT lane, queue, type, tenant FROM lanes ORDER BY lane")
        let tenants = try sql("SELECT tenant, name FROM tenants")
        while try tenants.step() { memory.tenantNumbers[tenants.name(1)] = tenants.int(0) }
        while try lanes.step() {
            let key = LaneKey(queue: lanes.name(1), type: lanes.name(2), tenant: lanes.optionalName(3))
            memory.laneNumbers[key] = memory.lanes.count
            memory.lanes.append(Lane(key: key, tenant: key.tenant.flatMap { memory.tenantNumbers[$0] } ?? 0))
        }
        let projects = try sql("SELECT project, tenant, id FROM projects")
        while try projects.step() {
            memory.projectNumbers[ProjectKey(tenant: projects.int(1), id: projects.name(2))] = projects.int(0)
            memory.projectNames[projects.int(0)] = projects.name(2)
        }
        try rememberLanes()
        try rememberQueues()
        try rememberWebhooks()
        memory.dependencyCount = Int(try sql("SELECT count(*) FROM job_dependencies").onlyInt())
        memory.cascadeCount = Int(try sql("SELECT count(*) FROM cascades").onlyInt())
        memory.lastCascade = try sql("SELECT ifnull(max(sequence), 0) FROM cascades").onlyInt()
        memory.nextNumber = try sql(
            """
            SELECT 1 + max((SELECT ifnull(max(number), 0) FROM jobs),
                (SELECT value FROM counters WHERE name = 'last_deleted_number'))
            """
        ).onlyInt()
    }

    private func rememberLanes() throws(JobStoreError) {
        // Those among them that run are taken off where their leases are made.
        let claimable = try sql("SELECT lane, count(*) FROM jobs WHERE phase = 0 GROUP BY lane")
        while try claimable.step() { addClaimable(Int(claimable.int(0)), Int(claimable.int(1))) }
        let scheduled = try sql("SELECT lane, min(run_at) FROM jobs WHERE phase = 1 GROUP BY lane")
        while try scheduled.step() { noteDue(Int(scheduled.int(0)), scheduled.int(1)) }
    }

    private func rememberQueues() throws(JobStoreError) {
        let queues = try sql(.readQueues)
        while try queues.step() {
            memory.queues[queues.name(0)] = QueueSettings(row: queues)
            memory.rates[queues.name(0)] = rateWindow(queues)
        }
        let overrides = try sql(.readQueueOverrides)
        while try overrides.step() {
            memory.queues[overrides.name(0), default: QueueSettings()].overrides = QueueOverrides(row: overrides)
        }
    }
}

extension SQLStatement {
    /// Runs a statement that gives one number.
    func onlyInt() throws(JobStoreError) -> Int64 {
        let value = try step() ? int(0) : 0
        reset()
        return value
    }

    /// Runs a statement that gives at most one number.
    func firstInt() throws(JobStoreError) -> Int64? {
        let value = try step() ? optionalInt(0) : nil
        reset()
        return value
    }
}
