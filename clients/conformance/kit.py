#!/usr/bin/env python3
"""Says whether a worker in any language obeys the protocol: docs/worker-protocol.md.

    python3 clients/conformance/kit.py --server .build/release/errand -- python3 my_worker.py
    python3 clients/conformance/kit.py --url http://localhost:8080 --key ek_... -- node my-worker.js

The command starts one worker process, with ERRAND_URL, ERRAND_KEY and CONFORMANCE_SLOTS in its environment; README.md
says which job types it must know. Exits with 1 when a check failed.
"""

import argparse
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import traceback

import checks  # noqa: F401
from checks.registry import CHECKS
from stage.api import Refused
from stage.failure import Failed, Skipped
from stage.server import GivenServer, OwnServer
from stage.stage import Stage


def arguments():
    parser = argparse.ArgumentParser(usage="kit.py (--server BINARY | --url URL [--key KEY]) [options] -- COMMAND ...",
                                     description="Says whether a worker obeys the protocol.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--server", metavar="BINARY", help="start this errand, with a store of its own")
    where.add_argument("--url", help="use the server that listens there")
    parser.add_argument("--key", help="the key for that server; needs jobs:*, queues:operate and worker")
    parser.add_argument("--store", help="the store for the server that is started; a SQLite file by default")
    parser.add_argument("--only", action="append", metavar="NAME", help="this check, or this group; may be repeated")
    parser.add_argument("--seconds", type=float, default=20, help="how long the kill loop lasts; 20 by default")
    parser.add_argument("--seed", type=int, help="repeats the choices of a run that failed")
    parser.add_argument("--list", action="store_true", help="name all checks")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and ledgers")
    own, command = split(sys.argv[1:])
    options = parser.parse_args(["--url", "-"] + own if "--list" in own else own)
    options.command = command
    options.seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    if not command and not options.list:
        parser.error("the command that starts a worker is missing, after --")
    return options


def split(words):
    """The kit's own arguments, and the command behind `--`."""
    place = words.index("--") if "--" in words else len(words)
    return words[:place], words[place + 1:]


def chosen(options):
    """The checks that were asked for, all of them unless some are named."""
    names = options.only or [""]
    found = [each for each in CHECKS
             if any(name in ("", each.name) or each.name.startswith(f"{name}.") for name in names)]
    return found or sys.exit(f"There is no check {' or '.join(names)}; --list names them.")


def main():
    options = arguments()
    if options.list:
        for each in CHECKS:
            print(f"{each.name}: {each.play.__doc__.splitlines()[0]}")
        return 0
    selected = chosen(options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # Ends what was started on the way out.
    # A process that threads started may have signals blocked, which workers would inherit and never hear of a stop.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="errand-conformance-"))
    server = None
    try:
        if options.server:
            server = OwnServer(options.server, folder, options.store)
        else:
            server = GivenServer(options.url, options.key)
        failed = sum(not run(each, server, folder, options) for each in selected)
    except Failed as error:
        sys.exit(f"there is no server: {error.reason}")
    finally:
        if server:
            server.close()
        if options.keep:
            print(f"logs and ledgers are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"conformance: {len(selected)} checks, {failed} failed", flush=True)
    return 1 if failed else 0


def run(each, server, folder, options):
    """Plays a check; whether it is well."""
    stage = Stage(server, options.command, folder / each.name, options)
    try:
        each.play(stage)
        stage.verify()
        print(f"ok {each.name}", flush=True)
        return True
    except Skipped as skipped:
        print(f"ok {each.name}: skipped, as {skipped}", flush=True)
        return True
    except Failed as failed:
        print(f"FAILED {each.name}: {failed.describe()}", flush=True)
        return False
    except (Refused, OSError, KeyError, TypeError, ValueError, LookupError, AttributeError) as error:
        # An answer that is not as documented, of the server or of the worker.
        print(f"FAILED {each.name}: {error!r}\n{traceback.format_exc()}", flush=True)
        return False
    finally:
        for sentence in stage.notes:
            print(f"   {sentence}", flush=True)
        stage.close()


if __name__ == "__main__":
    sys.exit(main())
