#!/usr/bin/env python3
"""Holds a real server to the description that it serves: every operation, with all of schemathesis' checks.

    python3 Scripts/schemathesis/run.py            both stores, 50 examples an operation, at most 15 minutes each
    python3 Scripts/schemathesis/run.py sqlite     one of them

EXAMPLES, SECONDS and SEED say how much, for how long at most, and with which choices. What is left out, and why, stands
in schemathesis.toml. The tools are installed from PyPI into .build/schemathesis.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import venv

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "faults"))

from seeded import SeededServer  # noqa: E402

EXAMPLES = os.environ.get("EXAMPLES", "50")
SECONDS = int(os.environ.get("SECONDS", "900"))
SEED = os.environ.get("SEED", "20260101")


def main():
    tools = installed_tools()
    failed = [store for store in sys.argv[1:] or ["sqlite", "postgres"] if not holds(tools, store)]
    return 1 if failed else 0


def installed_tools():
    """A virtual environment with the versions of requirements.txt; its folder of programs."""
    folder = ROOT / ".build/schemathesis"
    wanted = (HERE / "requirements.txt").read_text()
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        installing = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*installing, "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    return folder / "bin"


def holds(tools, store):
    """Whether the description is valid and the server is as it says."""
    began = time.monotonic()
    server = SeededServer(store)
    try:
        described = server.folder / "openapi.json"
        status, _, document = server.ask("GET", "/api/openapi.json")
        described.write_text(json.dumps(document))
        is_valid = subprocess.run([tools / "openapi-spec-validator", described], check=False).returncode == 0
        code = explore(tools, server)
        lived = server.stop()
    finally:
        server.clean()
    is_held = status == 200 and is_valid and code == 0 and lived == 0
    seconds = time.monotonic() - began
    validity = "valid" if is_valid else "not valid"
    print(f"{store}: the description is {validity}; schemathesis ended with {code}, "
          f"the server with {lived}; {seconds:.0f} s")
    return is_held


def explore(tools, server):
    """Runs schemathesis; its exit code."""
    command = [
        tools / "schemathesis", "--config-file", HERE / "schemathesis.toml", "run", server.url + "/api/openapi.json",
        "--checks", "all", "--max-examples", EXAMPLES, "--seed", SEED, "--generation-database", "none",
    ]
    environment = {**os.environ, **server.names, "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py")}
    try:
        return subprocess.run(command, env=environment, cwd=server.folder, check=False, timeout=SECONDS).returncode
    except subprocess.TimeoutExpired:
        return f"nothing within {SECONDS} s"


if __name__ == "__main__":
    sys.exit(main())
