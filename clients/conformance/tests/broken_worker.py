#!/usr/bin/env python3
"""The raw worker with one defect, by which the kit shows that it can fail.

    python3 kit.py --server BINARY --only CHECK -- python3 tests/broken_worker.py DEFECT
"""

import sys

import defects_of_claims  # noqa: F401
import defects_of_runs  # noqa: F401
from defect import DEFECTS
from raw_worker import Worker

if __name__ == "__main__":
    DEFECTS[sys.argv[1]][1]()
    Worker().main()
