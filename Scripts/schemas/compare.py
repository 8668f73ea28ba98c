#!/usr/bin/env python3
"""Compares what the server says of payloads with what the Python package jsonschema says of them.

    Scripts/schemas/compare.py [SCHEMAS] [SEED]

Makes SCHEMAS random schemas (400), each a job type of one server, submits fifty values of each, some near to what the
schema asks, and wants the same verdict of both. ERRAND_BINARY is the server; the package is installed from PyPI into
.build/schemas.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "jsonschema==4.26.0"
VALUES = 50


def main(count=400, seed=20260101):
    dice = random.Random(int(seed))
    schemas = [make_schema(dice, 3) for _ in range(int(count))]
    with tempfile.TemporaryDirectory() as folder:
        url, server = serve(schemas, folder)
        try:
            verdicts = [compare(url, index, schema, dice) for index, schema in enumerate(schemas)]
        finally:
            server.terminate()
            server.wait()
    agreed, refused, differing = (sum(part) for part in zip(*verdicts))
    print(f"{agreed} of {agreed + differing} verdicts agree, {refused} of them refusals, with {count} schemas")
    # A generator that only makes what all accept, or none, would prove nothing.
    return 1 if differing or not agreed / 10 < refused < agreed * 9 / 10 else 0


def serve(schemas, folder):
    types = {
        f"t{index}": {"external": True, "schema": {"properties": {"v": schema}}}
        for index, schema in enumerate(schemas)
    }
    Path(folder, "errand.yaml").write_text(json.dumps({"types": types}, ensure_ascii=False), encoding="utf-8")
    binary = Path(os.environ.get("ERRAND_BINARY", ROOT / ".build/release/errand")).resolve()
    command = [binary, "serve", "--no-worker", "--port", "0", "--config", "errand.yaml", "--log-level", "error"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    return server.stdout.readline().strip().removeprefix("Listening on "), server


def compare(url, index, schema, dice):
    """How many verdicts agree, how many of these are refusals, and how many differ."""
    from jsonschema import Draft202012Validator

    values = [make_value(dice, schema if dice.random() < 0.7 else True, 3) for _ in range(VALUES)]
    wanted = [Draft202012Validator(schema).is_valid(value) for value in values]
    said = ask(url, f"t{index}", values)
    for value, want, say in zip(values, wanted, said):
        if want != say:
            print(f"{json.dumps(schema)} of {json.dumps(value)}: jsonschema says {want}, the server {say}")
    agreed = [want for want, say in zip(wanted, said) if want == say]
    return len(agreed), agreed.count(False), VALUES - len(agreed)


def ask(url, name, values):
    body = {"atomic": False, "jobs": [{"type": name, "payload": {"v": value}} for value in values]}
    request = urllib.request.Request(
        f"{url}/api/jobs/bulk",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Idempotency-Key": name},
    )
    with urllib.request.urlopen(request) as answer:
        return ["id" in result for result in json.load(answer)["results"]]


# --- What is asked and answered

NUMBERS = [-3, 0, 1, 2, 2.0, 2.5, 6, 100, 9007199254740993]
WORDS = ["", "a", "b", "ab", "abc", "0", "äö", "\U0001f600", "a/b~c"]


def make_schema(dice, depth):
    """A schema of a few keywords, and of schemas within."""
    if dice.random() < 0.05:
        return dice.random() < 0.8
    makers = FLAT if depth == 0 else FLAT + DEEP
    schema = {}
    for maker in dice.sample(makers, dice.choice([1, 1, 2, 2, 3])):
        schema.update(maker(dice, depth - 1))
    return schema


def subset(dice, values):
    return dice.sample(values, dice.randint(1, 3))


def range_of(least, most):
    def make(dice, _):
        low = dice.randint(0, 3)
        return dice.choice([{least: low}, {most: low}, {least: low, most: low + dice.randint(0, 2)}])
    return make


def schemas_of(name):
    return lambda dice, depth: {name: [make_schema(dice, depth) for _ in range(dice.randint(1, 3))]}


FLAT = [
    lambda dice, _: {"type": dice.choice(["object", "array", "string", "number", "integer", "boolean", "null"])},
    lambda dice, _: {"type": subset(dice, ["object", "array", "string", "number", "integer", "boolean", "null"])},
    lambda dice, _: {"enum": subset(dice, NUMBERS + WORDS + [None, True, [1], {"a": 1.0}])},
    lambda dice, _: {"const": dice.choice(NUMBERS + WORDS + [None, [1.0, "a"], {"a": 1, "b": []}])},
    lambda dice, _: {dice.choice(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]): dice.choice(NUMBERS)},
    lambda dice, _: {"multipleOf": dice.choice([1, 2, 3, 0.5, 2.5])},
    range_of("minLength", "maxLength"),
    lambda dice, _: {"pattern": dice.choice(["a", "^a", "b$", "^[a-z]+$", "^.?$"])},
    range_of("minItems", "maxItems"),
    lambda dice, _: {"uniqueItems": dice.random() < 0.8},
    range_of("minProperties", "maxProperties"),
    lambda dice, _: {"required": subset(dice, WORDS)},
    lambda dice, _: {"dependentRequired": {dice.choice(WORDS): subset(dice, WORDS)}},
]
DEEP = [
    lambda dice, depth: {"properties": {name: make_schema(dice, depth) for name in subset(dice, WORDS)}},
    lambda dice, depth: {"additionalProperties": make_schema(dice, depth)},
    lambda dice, depth: {"items": make_schema(dice, depth)},
    schemas_of("prefixItems"), schemas_of("allOf"), schemas_of("anyOf"), schemas_of("oneOf"),
    lambda dice, depth: {"not": make_schema(dice, depth)},
    lambda dice, depth: {name: make_schema(dice, depth) for name in ["if", "then", "else"]},
    lambda dice, depth: {"$defs": {"x": make_schema(dice, depth)}},
    lambda dice, depth: {"items": {"type": ["array", "integer"], "maxItems": 2, "items": make_schema(dice, 0)}},
]


def make_value(dice, schema, depth):
    """A value; where a schema is given one that it may ask for."""
    if isinstance(schema, dict):
        if "enum" in schema and dice.random() < 0.5:
            return dice.choice(schema["enum"])
        if "const" in schema and dice.random() < 0.5:
            return schema["const"]
    kind = wanted_kind(dice, schema)
    if kind in ("number", "integer"):
        return dice.choice(NUMBERS)
    if kind == "string":
        return dice.choice(WORDS)
    if kind == "array" and depth > 0:
        items = schema.get("items", True) if isinstance(schema, dict) else True
        return [make_value(dice, items, depth - 1) for _ in range(dice.randint(0, 4))]
    if kind == "object" and depth > 0:
        return make_object(dice, schema if isinstance(schema, dict) else {}, depth)
    return dice.choice([None, True, False])


def wanted_kind(dice, schema):
    kinds = ["object", "array", "string", "number", "integer", "boolean"]
    if isinstance(schema, dict):
        wanted = schema.get("type", kinds)
        kinds = [wanted] if isinstance(wanted, str) else wanted
        if schema.keys() & {"properties", "required", "minProperties", "additionalProperties"}:
            kinds = kinds + ["object"] * 5
        if schema.keys() & {"items", "prefixItems", "uniqueItems", "minItems"}:
            kinds = kinds + ["array"] * 5
    return dice.choice(kinds)


def make_object(dice, schema, depth):
    known = schema.get("properties", {})
    names = dice.sample(WORDS, dice.randint(0, 4)) + [name for name in known if dice.random() < 0.7]
    names += [name for name in schema.get("required", []) if dice.random() < 0.8]
    return {name: make_value(dice, known.get(name, True), depth - 1) for name in names}


def with_package():
    """Runs this again where the package is."""
    folder = ROOT / ".build/schemas"
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text() != PACKAGE:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE], check=True)
        stamp.write_text(PACKAGE)
    os.execv(folder / "bin/python", [folder / "bin/python", __file__, *sys.argv[1:]])


if __name__ == "__main__":
    if Path(sys.prefix) != ROOT / ".build/schemas":
        with_package()
    sys.exit(main(*sys.argv[1:]))
