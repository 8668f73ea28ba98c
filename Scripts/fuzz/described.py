"""What the server says of itself: its operations, and each spot of a request where something can be said."""

import dataclasses

from known import MORE_WAYS

METHODS = ("get", "post", "put", "patch", "delete")


@dataclasses.dataclass(frozen=True)
class Spot:
    """A place in a request: a parameter, a member of the body, the whole body, or a header."""

    kind: str  # path, query, header, body, whole
    name: object  # a text, or the way to the member
    about: str  # number, date, text or structure

    def __str__(self):
        name = "/".join(map(str, self.name)) if isinstance(self.name, tuple) else self.name
        return f"{self.kind} {name}".strip()


class Operation:
    """One operation: how it is asked for, its spots, and which answers it declares."""

    def __init__(self, document, method, path, item):
        self.document = document
        self.id, self.method, self.path = item["operationId"], method.upper(), path
        self.statuses = {int(status) for status in item["responses"] if status.isdigit()}
        self.parameters = [self.resolved(one) for one in item.get("parameters", [])]
        content = item.get("requestBody", {}).get("content", {})
        self.type = next(iter(content), None)
        described = content.get(self.type, {})
        self.schema = described.get("schema", {})
        self.example = described.get("example", {})
        self.spots = list(self.all_spots())

    def resolved(self, schema):
        while "$ref" in schema:
            schema = self.found(schema["$ref"])
        return schema

    def found(self, reference):
        place = self.document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        return place

    def all_spots(self):
        for parameter in self.parameters:
            yield Spot(parameter["in"], parameter["name"], self.about(parameter.get("schema", {})))
        if self.type == "application/json":
            yield Spot("whole", "", "structure")
            yield Spot("body", ("unknown",), "structure")
            yield from self.spots_in(self.schema, ())
            yield from (Spot("body", way, "structure") for way in MORE_WAYS.get(self.id, ()))
        elif self.type:
            yield Spot("whole", "", "text")
        yield Spot("header", "", "text")

    def spots_in(self, schema, way):
        """Every member that the schema has a word for, of the first element of each array."""
        schema = self.resolved(schema)
        if way:
            yield Spot("body", way, self.about(schema))
        if len(way) > 6:
            return
        for part in schema.get("anyOf", []) + schema.get("oneOf", []) + schema.get("allOf", []):
            yield from (spot for spot in self.spots_in(part, way) if spot.name != way)
        for name, member in schema.get("properties", {}).items():
            yield from self.spots_in(member, (*way, name))
        if isinstance(schema.get("items"), dict):
            yield from self.spots_in(schema["items"], (*way, 0))

    def about(self, schema):
        schema = self.resolved(schema)
        if schema.get("format") == "date-time":
            return "date"
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if "integer" in kinds or "number" in kinds:
            return "number"
        return "text" if "string" in kinds or "anyOf" in schema else "structure"


def operations(document):
    """All of them, in the order of the description."""
    return [
        Operation(document, method, path, item)
        for path, items in document["paths"].items()
        for method, item in items.items() if method in METHODS
    ]
