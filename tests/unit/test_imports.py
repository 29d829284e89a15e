"""The layout: rooms import one way, and each outside dependency is imported in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Each may import those to its right, and nothing of ours else.
ROOMS = [
    "operate",
    "app",
    "compose",
    "config",
    "web",
    "bot",
    "webhooks",
    "channel",
    "identity",
    "delivery",
    "state",
    "jobs",
    "wire",
]

#: Small modules beside the rooms: who may import them. They import nothing of ours, but for leaves as said.
LEAVES = {
    "file_modes": {"app", "state"},
    "instants": {"compose", "web", "bot", "state", "jobs"},
    "log_context": {"web", "delivery", "observe"},
    "lru_map": {"web", "bot", "webhooks", "channel", "identity", "delivery"},
    "network_names": {"config", "settings", "web", "channel", "delivery"},
    "observe": {"app", "compose"},
    "settings": {"app", "config"},
    "single_flight": {"channel", "identity", "observe"},
    "time_zones": {"bot", "jobs"},
    "text": {"web", "bot", "channel", "identity", "delivery", "state", "jobs", "observe"},
    "version": {"app", "compose", "web"},
}

#: Beside the product, like the settings of gunicorn; nothing in it imports them.
BESIDE = {"benchmarks", "deploy", "examples", "jobctl", "reference", "tests"}

#: What may be imported by whom: files, or folders with a slash.
DOORS = {
    "botbuilder.core": {"compose/", "bot/", "channel/", "state/job_state.py", "state/sql_storage.py"},
    "botbuilder.integration": set(),  # Built on the adapter that we replace; its middleware hides bugs.
    "botframework": {"compose/", "bot/", "channel/", "identity/"},
    "msal": {"channel/token_sources.py"},
    "requests": {"channel/token_sources.py"},
    "aiohttp.web": {"app.py", "web/"},
    "prometheus_client": {"observe/metrics/"},
    "opentelemetry": {
        "compose/surroundings.py",
        "observe/",
        "web/intake/tracing.py",
        "channel/tracing.py",
        "delivery/tracing.py",
        "jobs/tracing.py",
    },
    "opentelemetry.sdk": {"observe/tracing/exporting.py"},  # It may not be installed.
    "sqlite3": {"state/store/sqlite/"},
    "asyncpg": {"state/store/postgres/"},
    "sqlalchemy": {"state/store/"},
    "alembic": {"state/store/"},
    "os.environ": {"config.py"},
    "os.getenv": {"config.py"},
    "jinja2": {"web/board/pages.py"},
    "itsdangerous": {"identity/operators.py"},
    "dotenv": {"config.py"},
    "pydantic_settings": {"config.py", "settings/"},  # There: how a list is written.
}

FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.glob("**/*.py")
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    and path.relative_to(ROOT).parts[0] not in {*BESIDE, "gunicorn.conf.py"}
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


def test_every_file_at_the_top_is_a_room_or_a_leaf():
    assert {room_of(file) for file in FILES} == {*ROOMS, *LEAVES}


@pytest.mark.parametrize("file", FILES)
def test_imports_flow_one_way(file):
    room = room_of(file)
    allowed = set(ROOMS[ROOMS.index(room) :]) if room in ROOMS else {room}
    allowed |= {leaf for leaf, importers in LEAVES.items() if room in importers}
    ours = {room_of(name.replace(".", "/")) for name in used(file)} & {*ROOMS, *LEAVES, *BESIDE}
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
