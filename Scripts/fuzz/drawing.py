"""Draws requests: each is one that would do, with something extreme in one or a few of its spots.

Every spot of every operation has its turn, and each time another value, so that a long run leaves nothing out.
"""

import copy
import dataclasses

from known import BODIES, NEEDED, Known, parameter
from values import DATES, HEADERS, NUMBERS, STRUCTURES, TEXTS, Spelt, spelt

OWN = {"number": NUMBERS, "date": DATES, "text": TEXTS, "structure": STRUCTURES}
# How many values of other kinds are mixed with those of a spot's own.
OTHERS = 12
# How often a spot has its turn while others have one.
TURNS = {"number": 3, "date": 4}


@dataclasses.dataclass
class Request:
    """A request before it is known which jobs and leases it is about: those are named by what they are (`Known`)."""

    operation: object
    path: dict
    query: dict = dataclasses.field(default_factory=dict)
    headers: dict = dataclasses.field(default_factory=dict)
    body: object = None  # None is none; bytes are sent as they are
    spots: tuple = ()

    def copy(self):
        return dataclasses.replace(
            self, path=dict(self.path), query=dict(self.query), headers=dict(self.headers),
            body=copy.deepcopy(self.body),
        )


class Drawing:
    """An endless row of requests; the same for the same seed and description."""

    def __init__(self, operations, random):
        self.random = random
        self.pairs = [
            (operation, spot) for operation in operations for spot in operation.spots
            for _ in range(TURNS.get(spot.about, 1))
        ]
        self.turn, self.decks = [], {}

    def next(self):
        if not self.turn:
            self.turn = self.random.sample(self.pairs, len(self.pairs))
        operation, spot = self.turn.pop()
        request = self.usual(operation)
        spots = [spot]
        while self.random.random() < 0.25:
            spots.append(self.random.choice(operation.spots))
        for one in spots:
            self.put(request, one)
        request.spots = tuple(spots)
        return request

    def usual(self, operation):
        """A request that would do."""
        request = Request(operation, {})
        for described in operation.parameters:
            name, place = described["name"], described["in"]
            value = parameter(operation, name, self.random) or described.get("example")
            if place == "path":
                request.path[name] = value if value is not None else "1"
            elif described.get("required") or (operation.id, name) in NEEDED or self.wants(value):
                (request.headers if place == "header" else request.query)[name] = value
        if operation.type == "application/json":
            body = BODIES.get(operation.id, operation.example)
            request.body = copy.deepcopy(self.random.choice(body) if isinstance(body, tuple) else body)
        elif operation.type:
            request.body = b"name,count\na,1\n"
        return request

    def wants(self, value):
        return value is not None and self.random.random() < 0.5

    def put(self, request, spot):
        """Puts an extreme value into a spot."""
        if spot.kind == "header":
            name = spot.name or self.random.choice(sorted(HEADERS))
            request.headers[name] = self.random.choice(HEADERS.get(name, TEXTS))
            return
        value = self.value(request.operation, spot)
        if spot.kind == "path":
            request.path[spot.name] = value
        elif spot.kind == "query":
            request.query[spot.name] = value
        elif spot.kind == "body":
            request.body = placed(request.body, spot.name, value)
        else:
            request.body = whole(value)

    def value(self, operation, spot):
        """The next of the spot's own values, mixed with some of other kinds."""
        deck = self.decks.setdefault((operation.id, spot), [])
        if not deck:
            own = OWN[spot.about]
            others = [value for kind in OWN.values() if kind is not own for value in kind]
            deck += self.random.sample(own, len(own)) + self.random.sample(others, OTHERS)
            self.random.shuffle(deck)
        return deck.pop()


def placed(body, way, value):
    """The body with a value at the end of a way; what is missing on the way is made."""
    name, rest = way[0], way[1:]
    if isinstance(name, int):
        body = body if isinstance(body, list) else []
        body = body + [{}] * (name + 1 - len(body))
    else:
        body = body if isinstance(body, dict) else {}
    before = body[name] if isinstance(name, int) else body.get(name)
    body[name] = placed(before, rest, value) if rest else value
    return body


def whole(value):
    """A body that is a value itself; a text in bytes, some of which are no UTF-8."""
    if isinstance(value, Spelt):
        return str(value).encode("utf-8", "surrogatepass")
    return value.encode() + b"\xff\xfe\x00" if isinstance(value, str) else spelt(value).encode()


def text(value):
    """A value as the text of a parameter."""
    if isinstance(value, Spelt):
        return str(value)
    return value if isinstance(value, str) else spelt(value)


def resolved(value, names):
    """The same with what is known put in its place."""
    if isinstance(value, Known):
        return value.among(names)
    if isinstance(value, dict):
        return {name: resolved(part, names) for name, part in value.items()}
    return [resolved(part, names) for part in value] if isinstance(value, list) else value
