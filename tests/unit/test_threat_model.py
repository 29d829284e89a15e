"""The threat model names tests; they exist."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "threat-model.md"


def test_every_test_that_the_threat_model_names_exists():
    file = None
    names = re.findall(r"`([a-z_/]+\.py)?(?:::(test_\w+))?`", DOCUMENT.read_text())
    named = [(path, test) for path, test in names if path or test]
    assert named
    for path, test in named:
        file = TESTS / path if path else file
        assert file is not None
        assert f"def {test}" in file.read_text(), f"{file.name}::{test}"
