"""What the documents name exists: tests by their exact names, files, and the README's example."""

import ast
import re
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
)

#: ``path.py::test_name``, ``::test_name`` of the file named last, ``path.py``, or ``test_name`` alone.
_FOLDERS = "|".join(sorted(path.name for path in TESTS.iterdir() if path.is_dir()))
_NAMED = re.compile(
    rf"(?P<file>(?:tests/)?(?:{_FOLDERS})/[\w/]+\.py)?::(?P<test>\w+)"
    rf"|(?P<file_alone>(?:tests/)?(?:{_FOLDERS})/[\w/]+\.py)"
    r"|(?P<test_alone>\btest_\w+\b)(?!\.py)"
)


@cache
def names_in(file: Path) -> frozenset[str]:
    """Names of the test functions in *file*, those of its classes too."""
    tree = ast.parse(file.read_text("utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


@cache
def every_name() -> frozenset[str]:
    return frozenset().union(*(names_in(file) for file in TESTS.glob("**/test_*.py")))


def missing(text: str) -> list[str]:
    """Return what *text* names that is not there."""
    gone, file = [], None
    for match in _NAMED.finditer(text):
        if path := match["file"] or match["file_alone"]:
            file = TESTS / path.removeprefix("tests/")
            if not file.is_file():
                gone.append(path)
                file = None
                continue
        if match["test"] and (file is None or match["test"] not in names_in(file)):
            gone.append(match[0])
        if match["test_alone"] and match["test_alone"] not in every_name():
            gone.append(match[0])
    return gone


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_test_that_a_document_names_exists_by_that_very_name(document):
    assert missing((ROOT / document).read_text("utf-8")) == []


def test_the_documents_that_promise_something_name_tests():
    for document in ("docs/explanation/threat-model.md", "docs/explanation/delivery.md"):
        names = list(_NAMED.finditer((ROOT / document).read_text("utf-8")))
        assert len(names) > 15, document


@pytest.mark.parametrize(
    "text, gone",
    [
        ("`unit/test_documents.py::test_every_test`", ["unit/test_documents.py::test_every_test"]),
        ("`unit/test_documents.py`, `::test_no_such`", ["::test_no_such"]),
        ("`::test_of_no_file`", ["::test_of_no_file"]),
        ("`tests/unit/test_gone.py`", ["tests/unit/test_gone.py"]),
        ("(`test_every_test_that_a_document`)", ["test_every_test_that_a_document"]),
        ("`unit/test_documents.py::test_the_example_in_the_readme_is_the_test_that_it_names`", []),
    ],
)
def test_a_name_that_is_only_nearly_right_is_found(text, gone):
    assert missing(text) == gone


def test_the_example_in_the_readme_is_the_test_that_it_names():
    blocks = re.findall(
        r"^ *```python\n(.*?)^ *```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    [example] = [dedent(block) for block in blocks if "def test_" in block]
    source = (TESTS / "unit" / "test_readme_example.py").read_text("utf-8")
    assert source.endswith(f"\n\n\n{example}")
