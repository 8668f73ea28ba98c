"""What requests need to get beyond the first refusal: which jobs, leases, workers and the like there are."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Known:
    """Something that an installation has: the newest of a kind, or an older one."""

    kind: str
    back: int = 0
    part: str = ""

    def among(self, names):
        found = names.get(self.kind) or ["1"]
        value = found[-1 - self.back % len(found)]
        return value[self.part] if self.part else value

    def __str__(self):
        return f"<{self.kind} {self.back}{' ' + self.part if self.part else ''}>"


STATES = ("queued", "scheduled", "blocked", "running", "completed", "failed", "cancelled", "deleted")
# Headers without which an operation does nothing, though it is not they that are described as required.
NEEDED = {("submitJobs", "Idempotency-Key"), ("amendJob", "If-Match"), ("limitQueue", "If-Match")}
LEASED = ("reportProgress", "reportLogs", "saveCheckpoint", "uploadResult", "completeJob", "failJob", "releaseJob",
          "acknowledgeCancel")
# What an operation is mostly about; else any state.
USUAL = {"retryJob": ("failed", "cancelled"), "amendJob": ("queued", "scheduled", "blocked"),
         "deleteJob": ("completed", "failed", "cancelled"), "cancelJob": ("queued", "running", "scheduled")}
ALL_JOBS = [Known("failed"), Known("cancelled"), Known("queued"), Known("running"), Known("scheduled")]
FILTER = {"status": ["Failed", "Cancelled"], "createdAfter": "2026-01-01T00:00:00Z"}
JOB = {"type": "work", "queue": "odd", "payload": {"number": 1}, "priority": 0}

IMPORT = {"source": {"upload": Known("upload")}, "dataset": "odd", "csv": {"header": True, "delimiter": ","}}
# What a payload is, its own type alone knows.
MORE_WAYS = {"submitJob": [("payload", *way) for way in (
    ("source", "upload"), ("dataset",), ("mode",), ("csv", "header"), ("csv", "header", 0), ("csv", "delimiter"),
    ("csv", "encoding"), ("csv", "nullValues"), ("csv", "nullValues", 0), ("csv", "odd"), ("columns",), ("columns", 0),
    ("filename",), ("text",),
)]}

# Bodies that would do, or several of them, where the description's example needs something that is not there.
BODIES = {
    "submitJob": (
        JOB, {"type": "wordcount", "payload": {"text": "a"}},
        {"type": "Import", "projectId": "demo", "payload": IMPORT},
        {"type": "Export", "projectId": "demo", "payload": {"dataset": "rows", "columns": ["name"]}},
    ),
    "submitJobs": {"jobs": [JOB, JOB]},
    "cancelJobs": {"ids": ALL_JOBS, "reason": "odd"},
    "retryJobs": {"ids": ALL_JOBS, "runAt": "2099-01-01T00:00:00Z"},
    "deleteJobs": {"filter": FILTER, "dryRun": True},
    "rescheduleJobs": {"ids": ALL_JOBS, "runAt": "2099-01-01T00:00:00Z"},
    "openWorkerSession": {"name": "odd", "types": ["work"], "slots": 10},
    "beatWorkerSession": {"state": "run", "jobs": [Known("lease", part="job")]},
    "claimJobs": {"workerId": Known("session"), "max": 1, "waitSeconds": 0},
    "createWebhook": {"url": "http://127.0.0.1:9/odd", "events": ["job.failed"]},
    "updateWebhook": {"url": "http://127.0.0.1:9/odder"},
    "saveCheckpoint": {"done": 3},
    "completeJob": {"result": {"done": 3}},
    "createSession": {"key": Known("secret")},
}


def parameter(operation, name, random):
    """A value of a parameter that would do; None where the description's example does."""
    if operation.id in LEASED:
        # What ends a run takes other runs than what goes on with one.
        back = random.randrange(2) + (0 if operation.id in LEASED[:4] else 2)
        found = {"id": "id", "Job-Lease": "token", "Job-Fence": "fence"}.get(name)
        return Known("lease", back, found) if found else None
    if operation.id in DELETED and name in ("id", "name"):
        return DELETED[operation.id]
    if (operation.path, name) in PARAMETERS:
        return PARAMETERS[operation.path, name]
    if name == "id" and "/jobs/" in operation.path:
        state = random.choice(USUAL.get(operation.id, STATES) if random.random() < 0.8 else STATES)
        return Known(state, random.randrange(3))
    if name == "Idempotency-Key":
        return f"odd-{random.getrandbits(64):x}"
    return PARAMETERS.get(name)


# Of these there are others, that the rest is asked about.
DELETED = {"revokeKey": Known("other key"), "deleteWebhook": Known("webhook", 1), "deleteDataset": "odd"}
PARAMETERS = {
    ("/api/webhooks/{id}", "id"): Known("webhook"), ("/api/webhooks/{id}/rotate-secret", "id"): Known("webhook"),
    ("/api/webhooks/{id}/test", "id"): Known("webhook"), ("/api/webhooks/{id}/deliveries", "id"): Known("webhook"),
    ("/api/webhooks/{id}/deliveries/{deliveryId}/replay", "id"): Known("webhook"),
    ("/api/keys/{id}", "id"): Known("key"),
    ("/api/queues/{name}", "name"): "odd", ("/api/projects/{projectId}/datasets/{name}", "name"): "rows",
    ("/api/projects/{projectId}/datasets/{name}/rows", "name"): "rows",
    ("/api/jobs/{id}/files/{name}", "name"): Known("file"),
    ("/api/jobs/{id}/files/{name}", "id"): Known("exported"), ("/api/jobs/{id}/result", "id"): Known("exported"),
    ("/api/workers/{id}", "id"): Known("session"), ("/api/workers/{id}/quiet", "id"): Known("session", 1),
    ("/api/workers/{id}/stop", "id"): Known("session", 1),
    "workerId": Known("session", 1), "projectId": "demo", "token": Known("token"), "name": "odd",
    "If-Match": "*", "type": "work", "Range": "bytes=0-10",
}

