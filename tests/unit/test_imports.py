"""Where a line lives: the rooms import one way, and each outside thing has one door."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Each may import those to its right, and nothing of ours else.
ROOMS = ["app", "config", "web", "bot", "delivery", "state", "wire"]

#: Ours, beside the rooms: who may import them.
BESIDE = {"telemetry": {"app", "web", "bot", "delivery", "state"}, "benchmarks": set()}

#: What may be imported by whom: files, or folders with a slash.
DOORS = {
    "botbuilder.core": {"app.py", "bot/", "state/job_state.py", "state/sql_storage.py"},
    "botbuilder.integration": set(),  # Built on the adapter that we replace; its middleware hides bugs.
    "botframework": {"app.py", "bot/"},
    "msal": {"bot/"},
    "requests": {"bot/"},
    "aiohttp.web": {"app.py", "web/"},
    "sqlite3": {"state/sqlite/"},
    "asyncpg": {"state/"},
    "sqlalchemy": {"state/", "config.py"},  # config.py: database URLs.
    "alembic": {"state/"},
    "os.environ": {"config.py"},
    "os.getenv": {"config.py"},
    "dotenv": {"config.py"},
    "pydantic_settings": {"config.py"},
}

FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for name in [*ROOMS, "telemetry"]
    for path in [*ROOT.glob(f"{name}.py"), *ROOT.glob(f"{name}/**/*.py")]
)


def used(file: str) -> Iterator[str]:
    """Yield the full name of all that *file* imports, wherever in it, and of what it takes from `os`."""
    for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                assert node.level == 0, f"{file} imports by a relative name"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            case ast.Attribute(value=ast.Name(id="os")):
                yield f"os.{node.attr}"


def starts_with(name: str, prefix: str) -> bool:
    return f"{name}.".startswith(f"{prefix}.")


def room_of(file: str) -> str:
    return file.partition("/")[0].removesuffix(".py")


def test_there_is_something_to_look_at():
    assert {room_of(file) for file in FILES} == {*ROOMS, "telemetry"}


@pytest.mark.parametrize("file", FILES)
def test_imports_flow_one_way(file):
    room = room_of(file)
    allowed = set(ROOMS[ROOMS.index(room) :]) if room in ROOMS else {room}
    allowed |= {name for name, rooms in BESIDE.items() if room in rooms}
    ours = {room_of(name.replace(".", "/")) for name in used(file)} & {*ROOMS, *BESIDE, "tests", "jobctl"}
    assert ours <= allowed


@pytest.mark.parametrize("name", DOORS)
def test_what_comes_from_outside_comes_in_by_one_door(name):
    doors = DOORS[name]
    users = {file for file in FILES if any(starts_with(each, name) for each in used(file))}
    strays = {file for file in users if not any(file == door or file.startswith(door) for door in doors)}
    assert strays == set()


def test_one_idea_a_file():
    """Past some length a file has two; and a name that says nothing invites anything."""
    lengths = {file: len((ROOT / file).read_text("utf-8").splitlines()) for file in FILES}
    assert {file: length for file, length in lengths.items() if length > 300} == {}
    stems = {Path(file).stem for file in FILES}
    assert stems.isdisjoint({"utils", "util", "helpers", "base", "common", "misc"})
