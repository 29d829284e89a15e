"""Every link of every document leads somewhere: to a file, a folder, or a heading that is there."""

import re
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
_NOT_OURS = {".venv", "node_modules", "artifacts"}
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.glob("**/*.md")
    if not any(part in _NOT_OURS or part.startswith(".") for part in path.relative_to(ROOT).parts)
)

_FENCED = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]+`")
_LINKS = re.compile(
    r"\]\(<?([^)>\s]+)>?\)"  # [text](target)
    r"|^\[[^\]]+\]: (\S+)"  # [label]: target
    r"|(?:src|href)=\"([^\"]+)\""
    r"|<(https?://[^>]+)>",
    re.MULTILINE,
)
_HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)


def without_code(text: str) -> str:
    """Return *text* without what only looks like a link."""
    return _CODE.sub("", _FENCED.sub("", text))


@cache
def anchors(file: Path) -> frozenset[str]:
    """Return the anchors that GitHub gives the headings of *file*."""
    seen: dict[str, int] = {}
    found = []
    for heading in _HEADING.findall(_FENCED.sub("", file.read_text("utf-8"))):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        times = seen[anchor] = seen.get(anchor, -1) + 1
        found.append(f"{anchor}-{times}" if times else anchor)
    return frozenset(found)


def broken(text: str, folder: Path, own: frozenset[str] = frozenset()) -> list[str]:
    """Return the links in *text*, a document in *folder* with its *own* anchors, that lead nowhere."""
    wrong = []
    for link in ("".join(groups) for groups in _LINKS.findall(without_code(text))):
        if re.match(r"[a-z]+:", link):
            url = urlsplit(link)
            if url.scheme not in ("http", "https") or not url.hostname:
                wrong.append(link)
            continue
        path, _, anchor = link.partition("#")
        target = folder / path
        known = own if not path else anchors(target) if target.suffix == ".md" and target.is_file() else None
        if not target.exists() or (anchor and known is not None and anchor not in known):
            wrong.append(link)
    return wrong


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document):
    file = ROOT / document
    assert broken(file.read_text("utf-8"), file.parent, anchors(file)) == []


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("[a](README.md) [b](docs) [c](README.md#the-tour) [d](https://example.org/x#y)", []),
        ("[a](REDME.md)", ["REDME.md"]),
        ("[a](README.md#the-detour)", ["README.md#the-detour"]),
        ("[a](#nowhere)", ["#nowhere"]),
        ("[a][b]\n\n[b]: docs/gone.md", ["docs/gone.md"]),
        ('<img src="docs/pictures/gone.png">', ["docs/pictures/gone.png"]),
        ("[a](htp://example.org) [b](https:///x)", ["htp://example.org", "https:///x"]),
        ("`[a](gone.md)`", []),
    ],
)
def test_a_link_that_is_only_nearly_right_is_found(text, wrong):
    assert broken(text, ROOT) == wrong


def test_every_document_is_linked_from_the_front_door():
    """A page that no other names is found by those alone who know that it is there."""
    front = {
        (ROOT / "docs" / "".join(groups).partition("#")[0]).resolve()
        for groups in _LINKS.findall((ROOT / "docs" / "README.md").read_text("utf-8"))
    }
    pages = [path for kind in ("tutorials", "how-to", "reference", "explanation") for path in kind_of(kind)]
    assert [page.name for page in pages if page not in front] == []
    assert len(pages) > 15


def kind_of(kind: str) -> list[Path]:
    return sorted((ROOT / "docs" / kind).glob("*.md"))


def test_paths_of_documents_in_code_and_settings_exist():
    """Comments, alerts and messages name pages by their paths from the root."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    gone = []
    for name in files.stdout.split():
        if name == "tests/unit/test_links.py" or not (ROOT / name).is_file():
            continue
        text = (ROOT / name).read_bytes().decode("utf-8", "replace")
        named = re.findall(r"(?<![\w/.-])docs/[\w/.-]+\.(?:md|json|png)\b", text)
        gone += [(name, path) for path in named if not (ROOT / path).exists()]
    assert gone == []
