"""What becomes of a program's output: the rules of docs/operations.md, said again with Python's own JSON reader.

An object goes on over lines for as long as its outline (braces, strings, words) may still become one; Python's reader
says so of the text with every string and every word replaced by the plainest one.
"""

import dataclasses
import json
import re

RESULT = 256 * 1024
DATA = 64 * 1024
DEEPEST = 65
LINES = 990
SPACE = " \t\r\n"
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|[A-Za-z0-9+\-._]+|[{}\[\],:]|[ \t\r\n]+|.', re.DOTALL)
PLAIN = {"{", "}", "[", "]", ",", ":"}


@dataclasses.dataclass
class Expected:
    """What a job that printed something and ended with 0 is to be."""

    result: object = None
    # Codes that it has to fail with one of; empty where it completes.
    codes: frozenset = frozenset()
    # Whether it may as well complete, or fail: where one can only guess what a broken text meant.
    is_open: bool = False
    texts: int = 0
    warnings: int = 0


class Refused(Exception):
    """Not JSON that is kept."""


def outlined(text):
    """The text with plain words and strings, and whether it is too deep."""
    parts, depth, deepest = [], 0, 0
    for token in TOKEN.findall(text):
        if token in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif token in "}]":
            depth -= 1
        if token in PLAIN or token[0] in SPACE:
            parts.append(token)
        elif len(token) > 1 and token[0] == '"':
            parts.append('"s"')
        elif re.fullmatch(r"[A-Za-z0-9+\-._]+", token):
            parts.append("0")
        else:
            parts.append("?")
    return "".join(parts), deepest > DEEPEST


def outline(text):
    """complete, open or broken."""
    plain, is_deep = outlined(text)
    if is_deep:
        return "broken"
    try:
        json.loads(plain)
        return "complete"
    except json.JSONDecodeError as error:
        return "open" if not plain[error.pos:].strip(SPACE) else "broken"


def strict(data):
    """The value of JSON that is kept; numbers as they are spelt."""
    if len(data) == 0:
        raise Refused("empty")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(str(error)) from error
    if text.startswith("\ufeff"):
        raise Refused("mark")

    def members(pairs):
        if len({name for name, _ in pairs}) < len(pairs):
            raise Refused("duplicate")
        return dict(pairs)

    def constant(word):
        raise Refused(word)

    try:
        value = json.loads(
            text, object_pairs_hook=members, parse_constant=constant, parse_int=Spelt, parse_float=Spelt
        )
    except (json.JSONDecodeError, RecursionError) as error:
        raise Refused(str(error)) from error
    check(value, 0)
    return value


class Spelt(str):
    """A number, as it is spelt."""

    def __eq__(self, other):
        return isinstance(other, Spelt) and str(self) == str(other)

    __hash__ = str.__hash__


def check(value, depth):
    if isinstance(value, str):
        if "\0" in value or any(0xD800 <= ord(character) <= 0xDFFF for character in value):
            raise Refused("character")
    elif isinstance(value, (dict, list)):
        if depth + 1 > DEEPEST:
            raise Refused("deep")
        for part in value.items() if isinstance(value, dict) else enumerate(value):
            check(part[0], depth) if isinstance(value, dict) else None
            check(part[1], depth + 1)


def message(data):
    """The members of a message; raises where it is none."""
    value = strict(data)
    if not value or set(value) - {"progress", "message", "data", "result"}:
        raise Refused("members")
    if not isinstance(value.get("progress", Spelt("0")), Spelt):
        raise Refused("progress")
    if type(value.get("message", "")) is not str or not isinstance(value.get("data", {}), dict):
        raise Refused("kind")
    return value


def has_result(text, is_broken):
    """Whether what is no message has a result: yes, no, or nobody can say."""
    if "result" not in text and "\\u" not in text:
        return False
    if not is_broken:
        # The names of the outermost object, whatever the values are.
        depth, names, previous = 0, [], ""
        for token in (token for token in TOKEN.findall(text) if token[0] not in SPACE):
            if token in "{[":
                depth += 1
            elif token in "}]":
                depth -= 1
            if token[0] == '"' and len(token) > 1 and depth == 1 and previous in "{,":
                names.append(token[1:-1])
            previous = token
        if not any("\\" in name for name in names):
            return "result" in names
        return None
    if re.match(r"[ \t\r\n]*\{[ \t\r\n]*(\"result\"|'result'|result)[ \t\r\n]*:", text):
        return True
    return None


def file_result(data):
    """The result in a file, or the code of the failure."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    data = data.strip(SPACE.encode())
    try:
        value = strict(data)
        if deeper(value, 64):
            raise Refused("deep")
    except Refused:
        return None, "invalid_result"
    return (None, "result_too_large") if len(data) > RESULT else (value, None)


def deeper(value, limit):
    if isinstance(value, (dict, list)):
        return limit == 0 or any(deeper(part, limit - 1) for part in (value.values() if isinstance(value, dict) else value))
    return False


def expect(output, file=None):
    """What is to become of a job whose program prints this, leaves this file and ends with 0."""
    expected, sizes = Expected(), {}
    lines = output.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    lines = [
        line[3:] if line.startswith(b"\xef\xbb\xbf") and line[3:].lstrip(b" \t\r").startswith(b"{") else line
        for line in lines
    ]
    lines = [line[:-1] if line.endswith(b"\r") else line for line in lines]
    fault, is_open, index = False, False, 0
    while index < len(lines):
        if not lines[index].lstrip(b" \t\r").startswith(b"{"):
            expected.texts += 1
            index += 1
            continue
        end, state = index, "open"
        while end < len(lines):
            # As many characters as bytes.
            text = b"\n".join(lines[index:end + 1]).decode("latin-1")
            state = outline(text + "\n")
            end += 1
            if state != "open":
                break
        data = b"\n".join(lines[index:end])
        try:
            if state != "complete":
                raise Refused(state)
            said = message(data)
            if "result" in said:
                expected.result = said["result"]
                sizes["result"] = data
        except Refused:
            expected.warnings += 1
            has = has_result(data.decode("latin-1"), state != "complete")
            fault = fault or has is True
            is_open = is_open or has is None
            if state != "complete":
                end = index + 1
        index = end
    if file is not None:
        expected.result, code = file_result(file)
        expected.codes = frozenset([code] if code else [])
        # The warning that both were given is no line of the program.
        return expected
    if fault or is_open:
        expected.codes = frozenset(["invalid_result"])
    expected.is_open = is_open and not fault
    return expected
