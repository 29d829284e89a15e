"""Single statements on PostgreSQL."""

from state.store.postgres.database import Database
from state.store.statements import Row, Statements


class PostgresStatements(Statements):
    """Runs each statement on a connection of the pool."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(self, statement: str, *values: object) -> list[Row]:
        query = statement.replace("?", "$")
        rows = await self._database.run(lambda connection: connection.fetch(query, *values))
        return [[*row.values()] for row in rows]

    write = fetch
