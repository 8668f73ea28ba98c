"""What generated requests need of a real installation: to get beyond the first refusal, and not to end the run."""

import os

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Looks at each request before it is sent."""
    if case.operation.label == "DELETE /api/keys/{id}":
        keep_own_key(case.path_parameters)
    if case.operation.label in ("GET /api/events", "GET /api/jobs/{id}/events"):
        drop_ticket(case.query)
    if case.operation.label == "POST /api/worker/claim":
        claim_for_session(case.body)


def keep_own_key(parameters):
    """The run's own key stays, or everything after would be refused."""
    if str(parameters.get("id")).lower() == os.environ["ERRAND_RUN_KEY_ID"]:
        parameters["id"] = os.environ["ERRAND_OTHER_KEY_ID"]


def drop_ticket(query):
    """A ticket that the run got elsewhere stands for a credential, and would hide that one is asked for."""
    if query and str(query.get("ticket", "")).startswith("eyJ"):
        del query["ticket"]


def claim_for_session(body):
    """A claim speaks for a session that is open, and does not hold up the run."""
    if not isinstance(body, dict):
        return
    if isinstance(body.get("workerId"), str) and 1 <= len(body["workerId"]) <= 200:
        body["workerId"] = os.environ["ERRAND_WORKER"]
    if type(body.get("waitSeconds")) is int and 1 <= body["waitSeconds"] <= 30:
        body["waitSeconds"] = 1
