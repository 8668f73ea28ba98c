"""Takes away what is not needed for a server to fail: of the requests that led to it, then of the one that is left."""

import os

TRIALS = 60


def least(requests, fault, new_run):
    """The fewest and smallest requests found that fail in the same way on a new server.

    Those that were given where they do not fail there: then it took others before them, or time.
    """
    # A crash that is told at length takes seconds, and the first has said it all.
    os.environ["SWIFT_BACKTRACE"] = "enable=no"
    judge = Judge(fault, new_run)
    if judge.fails(requests[-1:]):
        requests = requests[-1:]
    elif not judge.fails(requests):
        return None
    requests = fewer(requests, judge)
    for place in range(len(requests)):
        requests = smaller(requests, place, judge)
    return judge.shown


class Judge:
    """Sends requests to a new server, and says whether they make it fail as it did."""

    def __init__(self, fault, new_run):
        self.kind, self.new_run = fault.split(":")[0], new_run
        self.left, self.shown = TRIALS, None

    def fails(self, requests):
        if self.left == 0 or not requests:
            return False
        self.left -= 1
        run = self.new_run()
        try:
            run.start()
            fault = next(filter(None, map(run.fault_of, requests)), None) or run.replenished()
            if not fault or fault.split(":")[0] != self.kind:
                return False
            self.shown = list(run.recent)
            return True
        finally:
            run.clean()


def fewer(requests, judge):
    """Leaves out parts that are not needed, first large ones and then small ones."""
    size = len(requests) // 2
    while size >= 1 and len(requests) > 1:
        for start in range(0, len(requests), size):
            rest = requests[:start] + requests[start + size:]
            if judge.fails(rest):
                requests = rest
                break
        else:
            size //= 2
        size = min(size, len(requests) // 2)
    return requests


def smaller(requests, place, judge):
    """Makes one of the requests smaller, as far as it goes."""
    for candidate in candidates(requests[place]):
        tried = [*requests[:place], candidate, *requests[place + 1:]]
        if judge.fails(tried):
            return smaller(tried, place, judge)
    return requests


def candidates(request):
    """The request with one thing less: a header, a parameter, a member of the body, or half of a text."""
    for place in ("headers", "query"):
        for name in getattr(request, place):
            less = request.copy()
            del getattr(less, place)[name]
            yield less
    for body in smaller_bodies(request.body):
        less = request.copy()
        less.body = body
        yield less


def smaller_bodies(body):
    if isinstance(body, dict):
        for name, part in body.items():
            yield {other: value for other, value in body.items() if other != name}
            for less in smaller_bodies(part):
                yield {**body, name: less}
    elif isinstance(body, list) and body:
        yield body[: len(body) // 2]
        for less in smaller_bodies(body[0]):
            yield [less, *body[1:]]
    elif type(body) in (str, bytes) and len(body) > 8:
        yield body[: len(body) // 2]
        yield body[len(body) // 2:]
