"""The kit recognises every defect of `broken_worker.py`. Needs a server: ERRAND_BINARY names it."""

import os
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE))  # Where the raw worker is, which is a program of its own.

from broken_worker import DEFECTS  # noqa: E402

BINARY = os.environ.get("ERRAND_BINARY")


def kit(check, *worker):
    """What the kit says of a worker, and its exit code."""
    done = subprocess.run(
        [sys.executable, HERE.parent / "kit.py", "--server", BINARY, "--only", check, "--seconds", "3", "--",
         sys.executable, *worker],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=300,
    )
    return done.returncode, done.stdout


@unittest.skipUnless(BINARY, "ERRAND_BINARY names no server")
class DefectTests(unittest.TestCase):
    def test_every_defect_is_recognised(self):
        for name, (check, _) in DEFECTS.items():
            with self.subTest(defect=name, check=check):
                code, said = kit(check, HERE / "broken_worker.py", name)
                self.assertEqual(code, 1, said)
                self.assertIn(f"FAILED {check}: ", said)

    def test_the_worker_without_a_defect_passes_the_same_checks(self):
        for check in sorted({check for check, _ in DEFECTS.values()}):
            with self.subTest(check=check):
                code, said = kit(check, HERE / "raw_worker.py")
                self.assertEqual(code, 0, said)


if __name__ == "__main__":
    unittest.main()
