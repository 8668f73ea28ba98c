"""What the documents show is what there is."""

import ast
import re
import unittest
from pathlib import Path

import errand

PACKAGE = Path(__file__).parent.parent
README = (PACKAGE / "README.md").read_text()


class ReadmeTests(unittest.TestCase):
    def test_its_first_example_is_the_one_that_is_run(self) -> None:
        first = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
        self.assertEqual(first, (PACKAGE / "examples/resize.py").read_text())
        self.assertEqual(len(first.splitlines()), 10)

    def test_all_its_examples_are_python(self) -> None:
        for example in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
            ast.parse(example)

    def test_all_names_of_the_package_exist_and_those_of_handlers_are_explained(self) -> None:
        for name in errand.__all__:
            self.assertTrue(hasattr(errand, name), name)
        public = [name for name in vars(errand.RunningJob) if not name.startswith("_")]
        for name in [*public, "progress", "log", "is_cancelled", "fence", "checkpoint", "JobError", "Fatal"]:
            self.assertIn(name, README)
