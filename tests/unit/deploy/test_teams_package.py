"""The app package for Teams, within the limits of its schema; icons of the sizes that Teams wants."""

import json
import struct
import zipfile

import pytest

from bot.reading.commands import VERBS
from deploy.teams.__main__ import main, manifest

APP = "01234567-89ab-cdef-0123-456789abcdef"
GIVEN = ["--app-id", APP, "--domain", "bot.example"]


def build(path, *more):
    assert main([*GIVEN, "--output", str(path), *more]) == 0
    return zipfile.ZipFile(path)


def size_of(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_it_has_the_manifest_and_both_icons(tmp_path):
    with build(tmp_path / "a.zip", "--name", "Nightly", "--version", "1.2.3") as package:
        assert sorted(package.namelist()) == ["color.png", "manifest.json", "outline.png"]
        document = json.loads(package.read("manifest.json"))
        assert size_of(package.read("color.png")) == (192, 192)
        assert size_of(package.read("outline.png")) == (32, 32)
    assert (document["id"], document["bots"][0]["botId"], document["validDomains"]) == (
        APP,
        APP,
        ["bot.example"],
    )
    assert (document["name"]["short"], document["version"]) == ("Nightly", "1.2.3")


def test_the_same_arguments_make_the_same_file(tmp_path):
    for name in ("a.zip", "b.zip"):
        build(tmp_path / name).close()
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_texts_are_within_the_limits_and_commands_are_commands():
    document = manifest(APP, "bot.example", name="N" * 30, version="1.0.0")
    assert len(document["name"]["full"]) <= 100
    assert len(document["description"]["short"]) <= 80
    assert len(document["description"]["full"]) <= 4_000
    [listed] = document["bots"][0]["commandLists"]
    assert len(listed["commands"]) <= 10
    for command in listed["commands"]:
        assert command["title"] in VERBS
        assert len(command["title"]) <= 32
        assert len(command["description"]) <= 128


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--app-id", "jobs-bot", "--domain", "bot.example"], "take the app id from the bot's registration"),
        (["--app-id", APP, "--domain", "https://bot.example"], "write the name alone"),
        ([*GIVEN, "--name", "N" * 31], "30 characters at most"),
        ([*GIVEN, "--version", "1"], "three numbers"),
    ],
)
def test_what_teams_would_refuse_is_said_before(arguments, says, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
