"""
A turn's cost does not grow with the log: what it writes lies together, however many jobs there are.

* `once` says which activity started which job, for a while, in place of a unique index of all activities. A
  `slot` is ten minutes; `key` is a hash of lane and activity. On PostgreSQL `ring` is the day of the slot,
  modulo `RINGS`: a partition is emptied as a whole.
* `lanes` has a row only while something waits or is set; `idle_since` says since when it could go. The places
  of notices (`seq`) begin at the clock in a new row, so a place never comes twice.
* `moved` is where a conversation was last heard from, if that is not where its newest job was started. The
  references of jobs have that since this version, with the mark of who vouched for it.

Versions before this one need the unique index, and a row of `lanes` for each running job. A log with jobs
keeps both until none of those versions runs any more: see `state.store.succession`.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

#: Days of which `once` keeps entries at a time, one of them being emptied.
RINGS = 6

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_CONSTRAINT = "jobs_once_per_activity"
_INDEX = f"CREATE UNIQUE INDEX {_CONSTRAINT} ON jobs (lane, source_activity)"
_ATTENDED = "lane <> ':jobs'"

# Many rows are changed over and over in these tables, so dead rows are the most of them.
_BUSY = ("lanes", "notices")
_VACUUM_OFTEN = (
    "autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,"
    " autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1, fillfactor = 70"
)

_POSTGRESQL_TRIGGER = (
    """
CREATE FUNCTION keep_lane_of_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO lanes (lane, head, tail, service_url)
    VALUES (NEW.lane, 0, 0, substring(NEW.reference from '"serviceUrl": ?"([^"]*)"'))
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
""",
    f"""
CREATE TRIGGER keep_lane_of_job AFTER INSERT ON jobs FOR EACH ROW WHEN (NEW.{_ATTENDED})
EXECUTE FUNCTION keep_lane_of_job()
""",
)

_SQLITE_TRIGGER = f"""
CREATE TRIGGER keep_lane_of_job AFTER INSERT ON jobs WHEN NEW.{_ATTENDED} BEGIN
    INSERT INTO lanes (lane, head, tail, service_url) VALUES (NEW.lane, 0, 0,
        CASE WHEN json_valid(NEW.reference) THEN json_extract(NEW.reference, '$.serviceUrl') END)
    ON CONFLICT DO NOTHING;
END
"""

_SHARED = (
    "INSERT INTO documents (key, body, e_tag)"
    " VALUES ('ProactiveBot.SharedWithOlder', '{\"since\": null}', '0015')"
)


def upgrade() -> None:
    """Add the tables; take the unique index away from a log without jobs."""
    connection = op.get_bind()
    used = connection.scalar(sa.text("SELECT EXISTS (SELECT 1 FROM jobs) OR EXISTS (SELECT 1 FROM lanes)"))
    op.create_table(
        "moved",
        sa.Column("lane", _KEY, primary_key=True),
        sa.Column("service_url", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    if connection.dialect.name == "sqlite":
        _upgrade_sqlite(connection, used=bool(used))
    else:
        _upgrade_postgresql(used=bool(used))
    external = sa.text(r"lane = '\:jobs'")
    op.create_index(
        "jobs_by_external_id",
        "jobs",
        ["source_activity"],
        unique=True,
        sqlite_where=external,
        postgresql_where=external,
    )
    op.add_column("lanes", sa.Column("idle_since", sa.BigInteger))
    if used:
        _share(connection.dialect.name)


def _upgrade_sqlite(connection: sa.Connection, *, used: bool) -> None:
    op.create_table(
        "once",
        sa.Column("slot", sa.Integer, primary_key=True),
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("job_id", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    table = str(connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = 'jobs'")))
    without = re.sub(rf",\s*CONSTRAINT {_CONSTRAINT} UNIQUE \(lane, source_activity\)", "", table)
    if without == table:
        raise RuntimeError(f"the table of jobs is not as migration 0001 made it: {table}")
    try:
        _make_its_index_ordinary(connection, without)
    except sa.exc.DBAPIError:  # Some builds of SQLite do not allow that.
        _rebuild_jobs(connection, without)
    if not used:
        op.drop_index(_CONSTRAINT, "jobs")


def _make_its_index_ordinary(connection: sa.Connection, without: str) -> None:
    """
    Make an ordinary unique index of that of the constraint: the same pages, described otherwise.

    SQLite cannot drop a constraint. To copy the table takes twenty seconds for a million jobs, and much disk.
    Both descriptions change with one statement, so that they fit each other whatever happens.
    """
    automatic = connection.scalar(
        sa.text("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'jobs' AND sql IS NULL")
    )
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = CASE type WHEN 'table' THEN ? ELSE ? END,"
            " name = CASE type WHEN 'table' THEN name ELSE ? END"
            " WHERE (type = 'table' AND name = 'jobs') OR (type = 'index' AND name = ?)",
            (without, _INDEX, _CONSTRAINT, automatic),
        )
    finally:
        connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def _rebuild_jobs(connection: sa.Connection, without: str) -> None:
    """Copy the jobs into a table without the constraint."""
    of_jobs = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = 'jobs' AND type <> 'table'")
    indexes = [*filter(None, connection.scalars(of_jobs))]
    for statement in (
        re.sub(r'^CREATE TABLE "?jobs"?', "CREATE TABLE jobs_rebuilt", without),
        "INSERT INTO jobs_rebuilt SELECT * FROM jobs ORDER BY id",
        "DROP TABLE jobs",
        "ALTER TABLE jobs_rebuilt RENAME TO jobs",
        *indexes,
        _INDEX,
    ):
        connection.exec_driver_sql(statement)


def _upgrade_postgresql(*, used: bool) -> None:
    op.execute(
        "CREATE TABLE once (ring smallint NOT NULL, slot integer NOT NULL, key bigint NOT NULL,"
        " job_id bigint NOT NULL, PRIMARY KEY (ring, slot, key)) PARTITION BY LIST (ring)"
    )
    for ring in range(RINGS):
        op.execute(f"CREATE TABLE once_{ring} PARTITION OF once FOR VALUES IN ({ring})")
    for table in _BUSY:
        op.execute(f"ALTER TABLE {table} SET ({_VACUUM_OFTEN})")
    if not used:
        op.drop_constraint(_CONSTRAINT, "jobs")


def _share(dialect: str) -> None:
    """Keep what the versions before need, as the module says."""
    if dialect == "sqlite":
        op.get_bind().exec_driver_sql(_SQLITE_TRIGGER)
    else:
        for statement in _POSTGRESQL_TRIGGER:
            op.get_bind().exec_driver_sql(statement)
    op.get_bind().exec_driver_sql(_SHARED)


def downgrade() -> None:
    """Give the versions before what they need; which activities started the jobs so far is forgotten."""
    dialect = op.get_bind().dialect.name
    op.execute("DROP TRIGGER IF EXISTS keep_lane_of_job" + ("" if dialect == "sqlite" else " ON jobs"))
    if dialect == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS keep_lane_of_job")
        op.execute(f"ALTER TABLE jobs DROP CONSTRAINT IF EXISTS {_CONSTRAINT}")
    op.execute("DELETE FROM documents WHERE key = 'ProactiveBot.SharedWithOlder'")
    for statement in (
        f"INSERT INTO lanes (lane, head, tail) SELECT DISTINCT lane, 0, 0 FROM jobs WHERE {_ATTENDED}"
        " ON CONFLICT DO NOTHING",
        f"UPDATE jobs SET source_activity = NULL WHERE {_ATTENDED}",
    ):
        op.get_bind().exec_driver_sql(statement)
    op.execute(f"DROP INDEX IF EXISTS {_CONSTRAINT}")
    op.create_index(_CONSTRAINT, "jobs", ["lane", "source_activity"], unique=True)
    op.drop_index("jobs_by_external_id", "jobs")
    op.drop_column("lanes", "idle_since")
    op.drop_table("once")
    op.drop_table("moved")
