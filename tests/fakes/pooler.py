"""
PgBouncer in front of the PostgreSQL server that the tests use.

It gives a connection for a transaction at a time, and to consecutive ones of the same client different ones:
whatever counts on a session lasting fails.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from yarl import URL

from state.store.postgres.database import SERVER_SETTINGS
from tests.fakes.ports import free_port
from tests.fakes.schemas import SERVER, new_schema, run

# Accept every user, and log in to the server with the same name.
_SETTINGS = """
[databases]
{database} = host={host} port={port} auth_user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
auth_query = SELECT $1::text, '{password}'
pool_mode = transaction
default_pool_size = 3
server_round_robin = 1
server_idle_timeout = 2
"""

# What we would set by ourselves if we could, is the role's.
_NEW_ROLE = """
CREATE ROLE {name} LOGIN PASSWORD '{password}';
ALTER SCHEMA {name} OWNER TO {name};
ALTER ROLE {name} SET search_path = {name};
"""

_running: list[subprocess.Popen[bytes]] = []


def new_pooled_schema(*, settings: Mapping[str, str] = SERVER_SETTINGS) -> str:
    """
    Return the URL of a database with nothing in it, behind the pooler; skips the test where there is none.

    Its sessions have the *settings*.
    """
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("no PgBouncer is installed here")
    url = URL(new_schema())
    name = url.query["search_path"]
    run(_NEW_ROLE.format(name=name, password=SERVER.password or ""))
    for setting, value in settings.items():
        run(f"ALTER ROLE {name} SET {setting} = '{value}'")
    pooled = url.with_user(name).with_host("127.0.0.1").with_port(_started(program))
    return str(pooled.with_query(prepared_statement_cache_size=0))


def end_pooler() -> None:
    """Stop it."""
    for process in _running:
        process.terminate()
        process.wait()
    _running.clear()
    _started.cache_clear()


@cache
def _started(program: str) -> int:
    """Start it, and return its port."""
    port = free_port()
    directory = Path(tempfile.mkdtemp())
    settings, users = directory / "settings", directory / "users"
    user, password = SERVER.user or "postgres", SERVER.password or ""
    users.write_text(f'"{user}" "{password}"\n')
    settings.write_text(
        _SETTINGS.format(
            database=SERVER.path.removeprefix("/"),
            host=SERVER.host,
            port=SERVER.port or 5432,
            user=user,
            password=password,
            users=users,
            own_port=port,
        )
    )
    as_user = ()
    if os.geteuid() == 0:  # It refuses to run as root.
        as_user = ("runuser", "-u", "postgres", "--")
        shutil.chown(directory, "postgres")
        shutil.chown(settings, "postgres")
        shutil.chown(users, "postgres")
    _running.append(
        subprocess.Popen(  # noqa: S603
            [*as_user, program, str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    )
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "PgBouncer did not start"
            time.sleep(0.02)
        else:
            break
    shutil.rmtree(directory)
    return port
