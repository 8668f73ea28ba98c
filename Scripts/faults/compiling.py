"""Compiles the small C programs beside this file, where a loop needs one."""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


def compiled(source, target, *flags):
    """Compiles a source of this folder to a path; the path."""
    compiler = next(filter(None, map(shutil.which, ("clang", "cc", "gcc"))), None)
    if compiler is None:
        sys.exit("There is no C compiler; Swift brings clang, which must be in PATH.")
    subprocess.run([compiler, "-O1", *flags, "-o", target, HERE / source, "-ldl"], check=True)
    return target
