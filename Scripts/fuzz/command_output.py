#!/usr/bin/env python3
"""Runs programs that print random, mutated and hostile output as jobs of a real `errand serve`.

    MINUTES=30 python3 Scripts/fuzz/command_output.py
    CASES=200 SEED=4711 python3 Scripts/fuzz/command_output.py

Each job has to end, completed with the very result that the reference reads, or failed with a code that says why; its
log has to have every line; and the server has to live, to answer and to stay within its memory. Without MINUTES and
CASES it runs a minute. Ends with 1 and says what is broken; the folder with the cases is kept then.
"""

import http.client
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "faults"))

# pylint: disable=wrong-import-position
from patience import PATIENCE  # noqa: E402
from server import Server  # noqa: E402

import outputs  # noqa: E402
import reference  # noqa: E402

PRINT = """\
case=$(tr -dc 0-9)
cd "cases/$case" || exit 99
dd if=out bs="$(cat size)" 2>dd || exit 99
if test -f file; then cat file >"$ERRAND_RESULT_FILE"; fi
exit "$(cat code)"
"""
CONFIGURATION = """\
types:
  print: {command: [sh, print.sh], maxAttempts: 1}
  hostile: {command: [sh, hostile.sh], maxAttempts: 1, grace: 1s}
"""
HOSTILE = """\
case=$(tr -dc 0-9)
eval "$(cat "cases/$case/script")"
"""
BATCH = 40
# What a batch may take: nothing in it waits for anything.
SECONDS = 120 * PATIENCE
MEMORY_KIB = 600 * 1024


class Broken(Exception):
    """Something is not as it should be."""


class Fuzzer:
    """One server, and cases until the time or their number is up."""

    def __init__(self, folder, seed):
        self.folder, self.seed = folder, seed
        self.count = self.failed = self.opened = 0
        (folder / "cases").mkdir()
        (folder / "print.sh").write_text(PRINT)
        (folder / "hostile.sh").write_text(HOSTILE)
        (folder / "errand.yaml").write_text(CONFIGURATION)
        self.server = Server(folder, None, "--concurrency", "4", "--log-level", "error")
        self.server.wait_until_listening()

    def run(self, cases, end):
        while (cases is None or self.count < cases) and (end is None or time.monotonic() < end):
            size = BATCH if cases is None else min(BATCH, cases - self.count)
            self.batch([self.submit(self.count + index) for index in range(size)])
            self.count += size
            self.look_at_server()

    def submit(self, index):
        """Makes a case and submits its job; answers with what to expect."""
        seed = f"{self.seed}/{index}"
        chance = random.Random(seed)
        case = self.folder / "cases" / str(index)
        case.mkdir()
        if index % 10 == 9:
            script, result, codes = outputs.hostile(seed)
            (case / "script").write_text(script)
            status, _, answer = self.server.ask("POST", "/api/jobs", {"type": "hostile", "payload": {"case": index}})
            expected = (result, codes)
        else:
            output = outputs.output(seed)
            (case / "out").write_bytes(output)
            (case / "size").write_text(str(chance.choice([1, 7, 512, 65536])))
            code = chance.choice([0] * 9 + [3])
            (case / "code").write_text(str(code))
            file = None
            if chance.random() < 0.15:
                file = outputs.mutated(chance, outputs.written(chance, outputs.value(chance)))
                (case / "file").write_bytes(file)
            status, _, answer = self.server.ask("POST", "/api/jobs", {"type": "print", "payload": {"case": index}})
            expected = reference.expect(output, file)
            if code:
                expected.codes, expected.is_open = frozenset([f"exit_{code}"]), False
        if status != 202:
            raise Broken(f"submitting case {index}: {status} {answer}")
        return index, answer["id"], expected

    def batch(self, jobs):
        end = time.monotonic() + SECONDS
        while unfinished := self.get("/api/jobs?status=Queued,Running&limit=200"):
            if time.monotonic() > end:
                raise Broken(f"of the cases {jobs[0][0]} to {jobs[-1][0]} some did not end: {unfinished}")
            time.sleep(0.05)
        for index, identifier, expected in jobs:
            job = self.get(f"/api/jobs/{identifier}")
            if isinstance(expected, tuple):
                self.compare_hostile(index, job, *expected)
            else:
                self.compare(index, job, expected)
            shutil.rmtree(self.folder / "cases" / str(index))

    def compare_hostile(self, index, job, result, codes):
        code = job.get("failure", {}).get("code", "")
        found = job.get("result")
        if code not in codes or result is not None and str(found) != result:
            raise Broken(f"hostile case {index} is {job['status']} {code} {str(found)[:200]}; expected {codes}")
        self.failed += code != ""

    def compare(self, index, job, expected):
        code = job.get("failure", {}).get("code")
        if job["status"] == "Failed":
            self.failed += 1
            right = code in expected.codes and job["failure"]["message"]
        else:
            right = job["status"] == "Completed" and (not expected.codes or expected.is_open)
            right = right and same(job.get("result"), expected.result)
        self.opened += expected.is_open
        if not right:
            raise Broken(f"case {index} is {job['status']} {job.get('failure')} {job.get('result')!r}; expected {expected}")
        self.compare_log(index, job, expected)

    def compare_log(self, index, job, expected):
        lines = self.get(f"/api/jobs/{job['id']}/logs?limit=1000")
        texts = sum(line["level"] == "info" for line in lines)
        warnings = sum(line["message"].startswith("No message, though") for line in lines)
        if expected.texts + expected.warnings <= reference.LINES and (
            (texts, warnings) != (expected.texts, expected.warnings)
        ):
            raise Broken(f"the log of case {index} has {texts} lines and {warnings} warnings; expected {expected}")

    def get(self, path):
        """An answer, with numbers as they are spelt."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30 * PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise Broken(f"GET {path}: {answer.status} {text[:300]}")
        return json.loads(text, parse_int=reference.Spelt, parse_float=reference.Spelt)

    def look_at_server(self):
        if self.server.process.poll() is not None:
            raise Broken(f"the server ended with {self.server.process.returncode}")
        peak = self.memory("VmHWM")
        if peak > MEMORY_KIB:
            raise Broken(f"the server had {peak} KiB")

    def memory(self, name):
        """KiB of memory, as the system says; 0 where it does not."""
        try:
            lines = pathlib.Path(f"/proc/{self.server.pid}/status").read_text().splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)

    def stop(self):
        peak = self.memory("VmHWM")
        self.server.terminate()
        code = self.server.end(60 * PATIENCE)
        if code != 0:
            raise Broken(f"the server stopped with {code}")
        return peak


def same(found, expected):
    """Whether two values are the same, numbers by their spelling; null and none are not told apart."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and found.keys() == expected.keys() and all(
            same(found[name], expected[name]) for name in expected
        )
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    return type(found) is type(expected) and found == expected


def main():
    seed = os.environ.get("SEED") or str(random.randrange(1 << 32))
    cases = int(os.environ["CASES"]) if "CASES" in os.environ else None
    minutes = float(os.environ.get("MINUTES", "1"))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="errand-fuzz-command-"))
    print(f"SEED={seed}", flush=True)
    fuzzer = Fuzzer(folder, seed)
    try:
        fuzzer.run(cases, None if cases is not None else time.monotonic() + minutes * 60)
        peak = fuzzer.stop()
    except Exception as error:  # pylint: disable=broad-exception-caught
        fuzzer.server.process.kill()
        print(f"BROKEN after {fuzzer.count} cases, SEED={seed}: {error!r}\nsee {folder}")
        return 1
    print(f"{fuzzer.count} outputs: {fuzzer.failed} failed and said why, {fuzzer.opened} that one can only guess at")
    print(f"the server had {peak // 1024} MiB at most; all is as it should be")
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
