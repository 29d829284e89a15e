"""The version is defined in one place, and the documents agree with it."""

import re
import tomllib
from datetime import date
from pathlib import Path

from version import VERSION

ROOT = Path(__file__).parents[2]


def released() -> list[tuple[tuple[int, ...], date]]:
    """Versions and dates of the changelog, newest first."""
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    parted = [heading.split(" — ") for heading in headings[1:]]
    return [(numbers(version), date.fromisoformat(day)) for version, day in parted]


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version).groups())


def test_the_metadata_takes_the_version_from_the_code():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "version.VERSION"}


def test_the_changelog_gives_versions_and_dates_newest_first():
    versions = released()
    assert versions
    assert versions == sorted(versions, reverse=True)


def test_the_version_is_the_newest_release_or_the_next_one_in_development():
    newest, _ = released()[0]
    number, _, development = VERSION.partition(".dev")
    if development:
        assert numbers(number) > newest
    else:
        assert numbers(number) == newest
