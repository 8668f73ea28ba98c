"""The extreme values: numbers at every boundary, dates at either end of what can be said, odd texts and structures.

What Python cannot say, a lone surrogate or a number beyond every double, is spelt as JSON (`Spelt`).
"""

import json


class Spelt(str):
    """JSON as it is to be sent."""


def _around(*edges):
    return [edge + step for edge in edges for step in (-1, 0, 1)]


_POWERS = _around(*(sign * 2**bits for bits in (7, 8, 15, 16, 31, 32, 53, 62, 63, 64) for sign in (1, -1)))
# What the API itself calls the least or the most: percent, attempts, seconds of a run, a delay, a record's expiry.
_LIMITS = _around(0, 30, 100, 200, 500, 1000, 10_000, 86_400, 1_000_000, 2_592_000, 315_360_000, 253_402_300_800)

NUMBERS = [*sorted({*_POWERS, *_LIMITS}), *map(Spelt, (
    "-0", "-0.0", "0.0", "0.5", "1.0", "100.5", "1e2", "1E+2", "0.09999", "0.1", "86400.0001", "9007199254740993.0",
    "1e15", "1e16", "1e17", "1e18", "9.223372036854775807e18", "1e19", "-1e19", "1e22", "1e100", "1e308", "-1e308",
    "1.7976931348623157e308", "1e309", "1e400", "-1e400", "1e-400", "4.9e-324", "1e99999999999", "0e99999999999",
    "NaN", "Infinity", "-Infinity", '"NaN"', '"1"', '"-1"', '"9223372036854775808"', '"1e400"', "01", "+1", ".5", "1.",
    "9" * 400, "-" + "9" * 400, "0." + "0" * 400 + "1", "0x10", "1_000",
))]

DATES = [
    "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1600-01-01T00:00:00Z", "1677-09-21T00:12:43Z",
    "1900-01-01T00:00:00Z", "1901-12-13T20:45:51Z", "1960-06-01T12:00:00Z", "1969-12-31T23:59:59Z",
    "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.9999999Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00+00:01",
    "1970-01-01T00:00:00-00:01", "1970-01-01T00:00:00.0001Z", "2001-09-09T01:46:40Z", "2016-12-31T23:59:60Z",
    "2016-12-31T23:59:61Z", "2026-06-01T12:00:60Z", "2024-02-29T00:00:00Z", "2025-02-29T00:00:00Z",
    "2038-01-19T03:14:08Z", "2099-01-01T00:00:00Z", "2106-02-07T06:28:16Z", "2262-04-11T23:47:17Z",
    "2286-11-20T17:46:40Z", "2554-07-21T23:34:34Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59.9999Z", "9999-12-31T23:59:60Z", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:59+23:59",
    "10000-01-01T00:00:00Z", "+99999-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "292277026596-12-04T15:30:08Z",
    "2026-01-01T24:00:00Z", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00-23:59", "2026-01-01t00:00:00z",
    "2026-01-01 00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00." + "9" * 2000 + "Z", "now", "0", "1e18", "",
]

TEXTS = [
    "", " ", "a", "é", "e\u0301", "e" + "\u0301" * 2000, "\u202e\u2066", "👩‍👩‍👧‍👦",
    "\uffff", "\U0010ffff", "\x7f\x1b[2J",
    "\r\nX-Odd: 1", "\t", "a" * 200, "a" * 201, "é" * 100, "é" * 101, "a" * 4096, "a" * 65_536, "🦊" * 1024,
    "errand.bulk", "errand.webhooks", "default", "null", "true", "-1", "%00", "%", "%zz", "../../etc/passwd", "/", "//",
    "'; DROP TABLE jobs; --", "$1", "{}", "\\", "\"", "[]", "*", "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-7fff-bfff-ffffffffffff", "9" * 19, "9223372036854775807", "9223372036854775808", "0", "#1",
    "Queued,Running,Odd", "," * 500, "a," * 500, "http://[::1", "http://127.0.0.1:0/", "http://127.0.0.1:65536/",
    Spelt('"\\u0000"'), Spelt('"a\\u0000b"'), Spelt('"\\ud800"'), Spelt('"\\udc00\\ud800"'), Spelt('"\\ud83e\\udd8a"'),
    Spelt('"\\u00"'), Spelt('"\x01"'), Spelt('"\n"'), Spelt('"open'),
]

STRUCTURES = [
    None, True, False, [], {}, [None], [[]], [{}], {"": None}, {"a": {"b": [1, {"c": None}]}}, [None] * 1001,
    list(range(10_001)), ["a"] * 1001, {f"k{index}": index for index in range(2000)},
    *(Spelt("[" * depth + "]" * depth) for depth in (60, 63, 64, 65, 1000, 50_000)),
    *(Spelt('{"a":' * depth + "1" + "}" * depth) for depth in (60, 63, 64, 65, 1000, 10_000)),
    Spelt("[" * 50_000), Spelt('{"a":1,"a":2}'), Spelt("{"), Spelt("]"), Spelt('{"a" 1}'), Spelt('{"a":1,}'), Spelt(""),
]

HEADERS = {
    "If-Match": ["*", '"0-0"', '"1-a", *', '"9223372036854775808-0"', "W/\"1-1\"", '"-1-0"', "," * 1000, '"'],
    "If-None-Match": ["*", '""', "W/", '"1-1"' + ',"1-1"' * 500],
    "If-Range": ['"1"', "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 99 Xyz 99999 99:99:99 GMT"],
    "Range": [
        "bytes=0-", "bytes=-0", "bytes=-1", "bytes=0-0", "bytes=9223372036854775807-", "bytes=9223372036854775808-",
        "bytes=-9223372036854775807", "bytes=-9223372036854775808", "bytes=0-18446744073709551616", "bytes=5-2",
        "bytes=0-0,2-3", "bytes=--1", "lines=0-1", "bytes=" + "9" * 500 + "-", "bytes=",
    ],
    "Last-Event-ID": ["0", "-1", "9223372036854775807", "9223372036854775808", "1e3", "", "x" * 5000],
    "Prefer": [
        "wait=0", "wait=-1", "wait=4294967296", "wait=1e9", "wait=NaN", "wait=", "wait", "return=minimal, wait=0",
        "handling=lenient", "x=" + "y" * 4000, "wait=99999999999999999999",
    ],
    "Idempotency-Key": ["a", "a" * 255, "a" * 256, '"quoted"', "é", " ", "'" * 200],
    "traceparent": [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "ff-" + "0" * 32 + "-" + "0" * 16 + "-00",
        "00--", "-",
    ],
    "Accept": ["*/*;q=NaN", "application/json;q=1e400", "text/html", "application/json;q=-1", "," * 200, "*/*;q="],
    "Accept-Language": ["de;q=nan, en;q=inf", "*;q=1e999", "x-" * 500],
    "Content-Type": [
        "text/plain", "application/json; charset=utf-16", "application/x-ndjson", "application/json;;", "/",
    ],
    "Job-Fence": ["0", "-1", "1", "9223372036854775807", "9223372036854775808", "1.0", "", "NaN"],
    "Job-Lease": ["", "a", "A" * 80, "_" * 80, "é" * 40, "A" * 5000],
    "X-Request-Id": ["", "a" * 5000, "é", "{}"],
    "Authorization": ["Bearer", "Bearer ek_0_0", "Bearer a.b.c", "Basic OjA=", "Bearer ek_" + "a" * 4000],
}


def spelt(value):
    """A value as JSON text."""
    if isinstance(value, Spelt):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{spelt(part)}" for name, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(spelt, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
