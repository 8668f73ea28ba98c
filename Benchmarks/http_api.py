#!/usr/bin/env python3
"""Measures the HTTP API with wrk: durable submits, and polls of one job, beside a constant answer of the same server.

    Benchmarks/http_api.py ERRAND SECONDS [--store URL]

64 connections that are kept, as W5 asks. The server runs no jobs. Prints a line of JSON for each measurement. wrk takes
its share of the processors: what a server could do for clients elsewhere is more than this.
"""
import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

BODY = '{"type": "note", "payload": {"n": 1}}'
SCRIPT = f"""
wrk.method = "POST"
wrk.body = '{BODY}'
wrk.headers["Content-Type"] = "application/json"
"""


def wrk(seconds, url, *options):
    """Requests per second, or the reason why they do not count."""
    command = ["wrk", "-t2", "-c64", f"-d{seconds}s", *options, url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{url}: {text}")
    return float(re.search(r"Requests/sec:\s*([\d.]+)", text)[1])


def measure(url, seconds, folder):
    request = urllib.request.Request(
        f"{url}/api/jobs", data=BODY.encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        place = answer.headers["Location"]
    script = Path(folder, "submit.lua")
    script.write_text(SCRIPT, encoding="utf-8")
    yield "W5 submit", wrk(seconds, f"{url}/api/jobs", "-s", str(script))
    yield "W5 get", wrk(seconds, f"{url}{place}")
    yield "W5 hello", wrk(seconds, f"{url}/livez")


def main(errand, seconds, *store):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "errand.yaml").write_text("types: {note: {command: [cat]}}\n", encoding="utf-8")
        command = [Path(errand).resolve(), "serve", "--no-worker", "--port", "0", "--config", "errand.yaml", *store]
        server = subprocess.Popen(
            [*command, "--log-level", "error"], cwd=folder, stdout=subprocess.PIPE, text=True
        )
        try:
            url = server.stdout.readline().strip().removeprefix("Listening on ")
            for name, rate in measure(url, seconds, folder):
                print(json.dumps({"name": name, "perSecond": rate}), flush=True)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
