"""Python packages for one run, in a virtual environment of its own."""

import subprocess
import venv


def environment_with(package, folder):
    """Makes a virtual environment with a package; its Python."""
    venv.create(folder, with_pip=True)
    installing = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", package]
    subprocess.run(installing, check=True)
    return folder / "bin/python"
