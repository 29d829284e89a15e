"""Statements over kept answers."""

from datetime import timedelta

from state.store.postgres.database import Connection
from state.store.postgres.sql import NOW
from state.store.postgres.times import Times
from state.store.receipts import KEPT_FOR, SWEPT_TOGETHER, KeptReceipt

_OLDEST = f"{NOW} - {KEPT_FOR // timedelta(microseconds=1)}"

_FIND = f"SELECT digest, status, body FROM receipts WHERE key = $2 AND kept_at > {_OLDEST}"

_SWEEP = f"""
DELETE FROM receipts WHERE key IN (
    SELECT key FROM receipts WHERE kept_at <= {_OLDEST} ORDER BY kept_at LIMIT {SWEPT_TOGETHER}
    FOR UPDATE SKIP LOCKED)
"""

_KEEP = f"""
INSERT INTO receipts (key, digest, status, body, kept_at) VALUES ($2, $3, $4, $5, {NOW})
ON CONFLICT (key) DO NOTHING
"""


async def find_receipt(connection: Connection, key: str, times: Times) -> KeptReceipt | None:
    """Return the answer that was kept under *key*."""
    rows = await connection.fetch(_FIND, times.now, key)
    return KeptReceipt(*rows[0].values()) if rows else None


async def keep_receipt(connection: Connection, key: str, receipt: KeptReceipt, times: Times) -> KeptReceipt:
    """Keep *receipt* unless there is one; return the one that is kept."""
    await connection.execute(_SWEEP, times.now)
    await connection.execute(_KEEP, times.now, key, *receipt)
    return await find_receipt(connection, key, times) or receipt
