import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Webhooks and what they are told; for stores that conform to ``Errand/WebhookStore``, and not part of ``all``.
    public static let webhooks: [JobStoreCheck] =
        webhookRecords + webhookDeliveries + ownWebhooks + webhookOfJob

    private static let webhookRecords: [JobStoreCheck] = [
        JobStoreCheck("a webhook is kept whole, and found where its jobs are") { test in
            let hooks = try test.hooks
            var made = try await test.webhook(.tenant("t", projects: ["p", "naïve \"q\""]))
            made.events = [.failed]
            made.format = .cloudevents
            made.secrets.append(Webhook.Secret(Self.otherSecret, validUntil: made.createdAt + 60))
            (made.isEnabled, made.disabledBecause, made.failures) = (false, "It \"answered\" 410.", 3)
            made.throttledUntil = made.createdAt + 5
            try await hooks.insert(made)
            #expect(try await hooks.webhook(made.id, scope: .tenant("t")) == made)
            #expect(try await hooks.webhooks(scope: .system) == [made])
            for scope in [Scope.tenant("u"), .tenant("t", projects: ["p"])] {
                #expect(try await hooks.webhooks(scope: scope).isEmpty)
                await expect(.notFound) { _ = try await hooks.webhook(made.id, scope: scope) }
                await expect(.notFound) { _ = try await hooks.update(made.id, .succeeded, scope: scope) }
                await expect(.notFound) { try await hooks.deleteWebhook(made.id, scope: scope) }
            }
            await expect(.conflict) { [made] in try await hooks.insert(made) }
            try await hooks.deleteWebhook(made.id, scope: .tenant("t"))
            await expect(.notFound) { _ = try await hooks.webhook(made.id, scope: .system) }
        },
        JobStoreCheck("a tenant has so many webhooks and no more, listed newest first") { test in
            let hooks = try test.hooks
            var made: [JobID] = []
            for _ in 0..<Webhook.endpointsPerTenant {
                made.insert(try await test.addWebhook(.tenant("t")).id, at: 0)
                try await test.advance(.milliseconds(2))
            }
            #expect(try await hooks.webhooks(scope: .tenant("t")).map(\.id) == made)
            await expect(.conflict) { _ = try await test.addWebhook(.tenant("t", projects: ["p"])) }
            _ = try await test.addWebhook(.tenant("u"))
            try await hooks.deleteWebhook(made[0], scope: .tenant("t"))
            _ = try await test.addWebhook(.tenant("t"))
        },
        JobStoreCheck("a change is the one that the core says, and is kept") { test in
            let hooks = try test.hooks
            let made = try await test.addWebhook(.tenant("t"))
            let edit = WebhookChange.edit(url: "https://b.example/", events: [.completed], isEnabled: false)
            let changes: [WebhookChange] = [
                .failed(), .throttle(until: made.createdAt + 60), .failed(disablingBecause: "It is gone."), edit,
                .edit(isEnabled: true), .rotate(to: Webhook.Secret(Self.otherSecret), keepingOldFor: .seconds(60)),
                .failed(), .succeeded,
            ]
            var expected = made
            for change in changes {
                expected = try expected.applying(change, at: made.createdAt)
                let changed = try await hooks.update(made.id, change, scope: .tenant("t"))
                #expect(try await hooks.webhook(made.id, scope: .system) == changed)
                // The end of an old secret is counted from the store's own now.
                for (wanted, found) in zip(expected.secrets, changed.secrets) { #expect(wanted.text == found.text) }
                var comparable = changed
                comparable.secrets = expected.secrets
                #expect(comparable == expected, "\(change)")
            }
            let bad = WebhookChange.rotate(to: Webhook.Secret("whsec_c2hvcnQ="), keepingOldFor: .zero)
            await expect(.invalid) { _ = try await hooks.update(made.id, bad, scope: .system) }
        },
    ]

    private static let webhookOfJob: [JobStoreCheck] = [
        JobStoreCheck("the webhook that came with a job is read by the job, and by no other") { test in
            let hooks = try test.hooks
            let own = try await test.submit { job in
                job.webhook = JobWebhook(url: "https://c.example/", secret: secret, events: [.failed])
            }
            let plain = try await test.submit()
            let found = try #require(try await hooks.webhook(of: test.read(own.id)))
            #expect(found.job == own.number && found.url == "https://c.example/" && found.events == [.failed])
            #expect(try await hooks.webhook(of: test.read(plain.id)) == nil)
        }
    ]

    private static let webhookDeliveries: [JobStoreCheck] = [
        JobStoreCheck("every end of a job is delivered, with the job as it is then") { test in
            let hook = try await test.addWebhook(.default)
            let ended = try await test.endEveryWay()
            let deliveries = try await test.deliveries(to: hook)
            #expect(Dictionary(uniqueKeysWithValues: deliveries.map { ($0.job, $0.event) }) == ended)
            for delivery in deliveries {
                let job = try await test.read(try #require(delivery.job))
                #expect(delivery.webhook == hook.id && delivery.tenantId == job.tenantId)
                #expect(delivery.at == job.completedAt && delivery.data == JobJSON.summary(of: job))
                #expect(delivery.data.utf8Count < JobJSON.summaryBytes)
            }
        },
        JobStoreCheck("runs that end together are delivered one by one, and may be claimed at once") { test in
            let hook = try await test.addWebhook(.default)
            _ = try await test.store.insert(Array(repeating: NewJob(type: "work"), count: 30), scope: .default)
            let leases = try await test.claim(30).map(\.lease)
            let results = try await test.store.settle(
                leases.map { Settlement(lease: $0, outcome: .complete(JobResult())) }
            )
            #expect(results == Array(repeating: .applied(.completed), count: 30))
            #expect(Set(try await test.deliveries(to: hook).map(\.job)) == Set(leases.map(\.id)))
            let claimed = try await test.claim(50, types: [WebhookDelivery.type], queues: [WebhookDelivery.queue])
            #expect(claimed.count == 30)
            let sent = try #require(claimed.first)
            #expect(sent.maxAttempts == 10 && sent.tenantId.map { WebhookDelivery.isReserved(tenant: $0) } == true)
            #expect(try WebhookDelivery(payload: sent.payload).webhook == hook.id)
        },
        JobStoreCheck("only those that want an event of the job's are told") { test in
            let hooks = try test.hooks
            let wanting = try await test.addWebhook(.tenant("t", projects: ["p"])) { $0.events = [.completed] }
            let everything = try await test.addWebhook(.system)
            let others = [
                try await test.addWebhook(.tenant("u")), try await test.addWebhook(.tenant("t", projects: ["q"])),
                try await test.addWebhook(.tenant("t")) { $0.events = [.failed] },
                try await test.addWebhook(.tenant("t")) { $0.isEnabled = false },
            ]
            let gone = try await test.addWebhook(.tenant("t"))
            try await hooks.deleteWebhook(gone.id, scope: .system)
            let lease = try await test.run(scope: .tenant("t")) { $0.projectId = "p" }
            try await test.complete(lease)
            for hook in [wanting, everything] {
                #expect(try await test.deliveries(to: hook).map(\.job) == [lease.id])
            }
            for hook in others + [gone] { #expect(try await test.deliveries(to: hook).isEmpty) }
        },
        JobStoreCheck("a delivery is nobody's job but Errand's own, and tells of none itself") { test in
            let hook = try await test.addWebhook(.system)
            try await test.complete(try await test.run(scope: .tenant("t")))
            #expect(try await test.store.jobs(JobFilter(), page: PageRequest(), scope: .tenant("t")).jobs.count == 1)
            let counts = try await test.store.counts(by: .type, projectId: nil, scope: .tenant("t"))
            #expect(Array(counts.keys) == ["work"])
            let types = [WebhookDelivery.type]
            var foreign = test.request(types: types)
            foreign.scope = .tenant("t")
            #expect(try await test.store.claim(foreign).jobs.isEmpty)
            try await test.complete(try #require(try await test.claim(types: types).first).lease)
            #expect(try await test.deliveries(to: hook).count == 1)
        },
        JobStoreCheck("what did not happen is not delivered") { test in
            let hook = try await test.addWebhook(.default)
            let lease = try await test.run()
            try await test.settle(lease, .release(after: .zero))
            let again = try await test.claimOne()
            #expect(try await test.complete(lease) == .fenced(currentStatus: .running))
            var bad = NewJob(type: "next")
            bad.after = [JobIDGenerator().next(at: try await test.now())]
            let refused = Settlement(lease: again, outcome: .complete(JobResult()), followUps: [bad])
            guard case .refused = try await test.settle(refused) else {
                Issue.record("a follow-up that waits for nothing was taken")
                return
            }
            try await test.fail(again, retryAfter: .zero)
            #expect(try await test.deliveries(to: hook).isEmpty)
        },
    ]

    private static let ownWebhooks: [JobStoreCheck] = [
        JobStoreCheck("a job's own webhook hears of that job, and goes with its record") { test in
            let hooks = try test.hooks
            let own = JobWebhook(url: "https://c.example/", secret: Self.secret, events: [.completed])
            let job = try await test.submit { $0.webhook = own }
            let other = try await test.submit()
            for lease in try await test.claim(2).map(\.lease) { try await test.complete(lease) }
            let delivery = try #require(try await test.deliveries(in: .default).first)
            #expect(delivery.job == job.id && delivery.event == "job.completed" && other.id != job.id)
            let hook = try await hooks.webhook(delivery.webhook, scope: .default)
            #expect(hook.job == job.number && hook.url == own.url && hook.secrets.map(\.text) == [own.secret])
            #expect(try await test.deliveries(in: .default).count == 1)
            #expect(try await hooks.webhooks(scope: .system).isEmpty)
            await expect(.notFound) { try await hooks.deleteWebhook(hook.id, scope: .system) }
            try await test.store.delete(.id(job.id), scope: .default)
            await expect(.notFound) { _ = try await hooks.webhook(hook.id, scope: .system) }
        },
        JobStoreCheck("a webhook of its own makes a submit another one, and a bad one is refused") { test in
            var new = NewJob(type: "work")
            new.id = JobIDGenerator().next(at: try await test.now())
            new.webhook = JobWebhook(url: "https://c.example/", secret: Self.secret)
            let first = try await test.store.insert([new], scope: .default)
            #expect(try await test.store.insert([new], scope: .default).map(\.outcome) == [.replayed])
            new.webhook = JobWebhook(url: "https://d.example/", secret: Self.secret)
            await expect(.idempotencyMismatch) { [new] in _ = try await test.store.insert([new], scope: .default) }
            await expect(.invalid, pointer: "/0/webhook/secret") {
                _ = try await test.submit { $0.webhook = JobWebhook(url: "https://c.example/", secret: "whsec_") }
            }
            await expect(.invalid, pointer: "/0/webhook/url") {
                _ = try await test.submit { $0.webhook = JobWebhook(url: "https://c.example/ x", secret: Self.secret) }
            }
            try await test.cancel(first[0].id)
            #expect(try await test.deliveries(in: .default).map(\.event) == ["job.cancelled"])
        },
        JobStoreCheck("a job that can never run is delivered to its own webhook at once") { test in
            let failed = try await test.run()
            try await test.fail(failed)
            let job = try await test.submit("later") { job in
                job.after = [failed.id]
                job.webhook = JobWebhook(url: "https://c.example/", secret: Self.secret)
            }
            let deliveries = try await test.deliveries(in: .default)
            #expect(deliveries.map(\.job) == [job.id] && deliveries.map(\.event) == ["job.cancelled"])
        },
    ]

    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let otherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
}

extension JobStoreUnderTest {
    fileprivate var hooks: any WebhookStore {
        get throws { try #require(store as? any WebhookStore) }
    }

    fileprivate func webhook(_ scope: Scope) async throws -> Webhook {
        let now = try await now()
        return Webhook(
            id: JobIDGenerator().next(at: now),
            scope: scope,
            url: "https://a.example/hook",
            secret: Webhook.Secret(JobStoreCheck.secret),
            createdAt: now.wholeMilliseconds
        )
    }

    fileprivate func addWebhook(_ scope: Scope, _ change: (inout Webhook) -> Void = { _ in }) async throws -> Webhook {
        var webhook = try await webhook(scope)
        change(&webhook)
        try await hooks.insert(webhook)
        return webhook
    }

    /// What is stored for an endpoint.
    fileprivate func deliveries(to webhook: Webhook) async throws -> [WebhookDelivery] {
        try await deliveries(in: webhook.scope).filter { $0.webhook == webhook.id }
    }

    fileprivate func deliveries(in scope: Scope) async throws -> [WebhookDelivery] {
        var filter = JobFilter()
        filter.types = [WebhookDelivery.type]
        let page = PageRequest(limit: 1000)
        return try await store.jobs(filter, page: page, scope: WebhookDelivery.scope(for: scope)).jobs
            .map { try WebhookDelivery(payload: $0.payload) }
    }

    /// Ends a job in every way there is; answers with what each of them should be told as.
    fileprivate func endEveryWay() async throws -> [JobID: String] {
        var ended: [JobID: String] = [:]
        for result in [JobResult(), JobResult(.checked("{\"rows\":3}"))] {
            let lease = try await run()
            try await settle(lease, .complete(result))
            ended[lease.id] = "job.completed"
        }
        let failing = try await run()
        let waiting = try await submit("later") { $0.after = [failing.id] }
        try await fail(failing)
        (ended[failing.id], ended[waiting.id]) = ("job.failed", "job.cancelled")
        let running = try await run()
        for id in [running.id, try await submit("other").id] {
            try await cancel(id)
            ended[id] = "job.cancelled"
        }
        let reported = try await track { $0.startsRunning = true }
        try await update(reported.id) { $0.status = .completed }
        let stale = try await track { $0.tracking = Tracking(staleAfterSeconds: 1) }
        (ended[reported.id], ended[stale.id]) = ("job.completed", "job.failed")
        let poison = try await submit("poison")
        for _ in 0..<JobLimits.lostRuns {
            _ = try await claim(types: ["poison"])
            try await advance(.seconds(31))
            _ = try await store.reap(limit: 10)
        }
        ended[poison.id] = "job.failed"
        return ended
    }
}
