"""Makes what programs print, or should not: from a seed, so that each case can be made again."""

import json
import random

PARTS = [
    b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\n", b"\r\n", b'"result"', b'"progress"', b'"a"', b'"', b"\\", b"1",
    b"NaN", b"true", b" ", b'{"result":5}', b'{"result":5}\n', b'{"progress":1}\n', b"text", b"\0", b"\xc3\xa9", b"'",
    b"\xff", b"\xef\xbb\xbf", b"{\n", b"}\n", b'\\ud800', b'\\u0000', b'{"message":"m"}\n', b'{"data":{}}\n',
]
NUMBERS = ["0", "-0", "1.50", "1e999", "9007199254740993", "-1E+2", "0.1", "100", "250", "12345678901234567890123456789"]
STRINGS = ["", "result", "é", "\u2028", "\U0001f600", "a\tb", 'quote "', "\\", "{", "}\n", "NaN", "x" * 300]


class Number(float):
    """A number that is written as it is spelt."""

    def __new__(cls, text):
        number = super().__new__(cls, 0.0)
        number.text = text
        return number

    def __repr__(self):
        return self.text


def value(chance, depth=3):
    kind = chance.randrange(6 if depth else 4)
    if kind == 0:
        return Number(chance.choice(NUMBERS))
    if kind == 1:
        return chance.choice(STRINGS)
    if kind == 2:
        return chance.choice([None, True, False])
    if kind == 3:
        return chance.choice([[], {}, float("nan"), float("-inf")]) if chance.random() < 0.2 else chance.randrange(1000)
    if kind == 4:
        return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(STRINGS) + str(index): value(chance, depth - 1) for index in range(chance.randrange(4))}


def written(chance, thing):
    """As JSON, in one of the ways that programs have."""
    class Encoder(json.JSONEncoder):
        def iterencode(self, o, _one_shot=False):
            # Without C, which would write a number of our own as a float.
            return json.encoder._make_iterencode(  # pylint: disable=protected-access
                {}, self.default, json.encoder.encode_basestring_ascii if self.ensure_ascii
                else json.encoder.encode_basestring, self.indent, floatstr, self.key_separator, self.item_separator,
                self.sort_keys, self.skipkeys, _one_shot,
            )(o, 0)

    def floatstr(number):
        return number.text if isinstance(number, Number) else {"nan": "NaN", "inf": "Infinity"}.get(
            repr(number), "-Infinity"
        )

    indent = chance.choice([None, None, None, 2, "\t"])
    separators = chance.choice([None, (",", ":")]) if indent is None else None
    text = json.dumps(thing, cls=Encoder, indent=indent, separators=separators, ensure_ascii=chance.random() < 0.5)
    return text.encode()


def message(chance):
    members = {}
    if chance.random() < 0.4:
        members["progress"] = chance.choice([Number(chance.choice(NUMBERS)), "much", None, 7, True])
    if chance.random() < 0.3:
        members["message"] = chance.choice(STRINGS + [5])
    if chance.random() < 0.3:
        members["data"] = chance.choice([{}, {"a": value(chance)}, [], 1])
    if chance.random() < 0.5:
        members["result"] = value(chance)
    if chance.random() < 0.1:
        members[chance.choice(["level", "results", "RESULT", "result "])] = value(chance)
    names = list(members)
    chance.shuffle(names)
    return written(chance, {name: members[name] for name in names})


def mutated(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice([0, 0, 1, 1, 2, 5])):
        if not data:
            break
        at, kind = chance.randrange(len(data)), chance.randrange(5)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at:at + chance.randrange(1, 4)]
        elif kind == 2:
            data[at:at] = chance.choice(PARTS)
        elif kind == 3:
            data[at:at] = data[at:at + 8]
        else:
            del data[at:]
    return bytes(data)


def soup(chance):
    return b"".join(chance.choice(PARTS) for _ in range(chance.randrange(60)))


def messages(chance):
    parts = []
    for _ in range(chance.randrange(1, 8)):
        part = message(chance) if chance.random() < 0.7 else chance.choice([b"text", b"[1]", b"7", b"", soup(chance)])
        parts.append(mutated(chance, part) if chance.random() < 0.4 else part)
    mark = b"\xef\xbb\xbf" if chance.random() < 0.1 else b""
    end = b"" if chance.random() < 0.3 else b"\n"
    return mark + chance.choice([b"\n", b"\n", b"\r\n", b"\n\n"]).join(parts) + end


def noise(chance):
    return chance.randbytes(chance.randrange(3000))


def deep(chance):
    depth = chance.choice([10, 63, 64, 65, 66, 200, 5000])
    inner = b"[" * depth + chance.choice([b"", b"1"]) + b"]" * chance.choice([depth, depth, depth - 1])
    return chance.choice([b'{"result":%s}', b'{"data":{"a":%s}}\n', b'{"result":\n%s\n}\n']) % inner


def python_print(chance):
    """What comes of printing a dictionary."""
    return repr({"progress": 5, "result": [1, "a", None]}).encode() + chance.choice([b"", b"\n"])


def output(seed):
    chance = random.Random(seed)
    make = chance.choices([messages, soup, noise, deep, python_print], weights=[60, 20, 8, 8, 4])[0]
    return make(chance)


def hostile(seed):
    """A shell script that prints what cannot be said in a file, and what has to become of its job."""
    chance = random.Random(seed)
    size = chance.choice([262_100, 262_142])
    return chance.choice([
        ("yes '{' | head -c 300000", None, {""}),
        ("yes '{\"progress\":1}' | head -n 20000; echo '{\"result\":1}'", "1", {""}),
        ("yes '{\"a\":[' | head -n 20000; echo '{\"result\":2}'", "2", {""}),
        ("head -c 30000000 /dev/zero; echo; echo '{\"result\":3}'", "3", {""}),
        ("head -c 30000000 /dev/zero | tr '\\0' ' '; echo '{\"result\":4}'", "4", {""}),
        ("printf '{\"result\":\"'; yes x | tr -d '\\n' | head -c 20000000; echo '\"}'", None, {"result_too_large"}),
        ("printf '{\"result\":['; yes 1, | head -c 3000000; echo '1]}'", None, {"result_too_large"}),
        (f"printf '{{\"result\":\"'; yes x | tr -d '\\n' | head -c {size}; echo '\"}}'", "x" * size, {""}),
        ("echo '{\"result\":5}'; yes & exit 0", "5", {""}),
        ("echo '{\"result\":6}'; (trap '' TERM; sleep 600) & exit 0", "6", {""}),
        ("echo '{\"result\":7}'; exec >&- 2>&-; yes; exit 0", "7", {""}),
        ("yes error >&2 & yes | head -c 2000000; echo '{\"result\":8}'; exit 0", "8", {""}),
        ("truncate -s 1T \"$ERRAND_RESULT_FILE\"", None, {"result_too_large"}),
        ("ln -s /etc/passwd \"$ERRAND_RESULT_FILE\"", None, {"invalid_result"}),
        ("mkfifo \"$ERRAND_RESULT_FILE\"", None, {"invalid_result"}),
        ("rm -rf \"$(dirname \"$ERRAND_RESULT_FILE\")\"; echo '{\"result\":9}'", "9", {""}),
        ("echo '{\"result\":NaN}'; kill -9 $$", None, {"signal_9"}),
        ("echo '{\"result\":1}'; exit 75", None, {"exit_75"}),
    ])
