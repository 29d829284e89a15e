"""Statements over kept answers. Each runs inside the caller's transaction."""

from datetime import timedelta
from sqlite3 import Cursor

from state.store.receipts import KEPT_FOR, SWEPT_TOGETHER, KeptReceipt

_KEPT_FOR = KEPT_FOR // timedelta(microseconds=1)


def find_receipt(cursor: Cursor, key: str, now: int) -> KeptReceipt | None:
    """Return the answer that was kept under *key*."""
    row = cursor.execute(
        "SELECT digest, status, body FROM receipts WHERE key = ? AND kept_at > ?", (key, now - _KEPT_FOR)
    ).fetchone()
    return None if row is None else KeptReceipt(*row)


def keep_receipt(cursor: Cursor, key: str, receipt: KeptReceipt, now: int) -> KeptReceipt:
    """Keep *receipt* unless there is one; return the one that is kept."""
    old = "SELECT key FROM receipts WHERE kept_at <= ? ORDER BY kept_at LIMIT ?"
    cursor.execute(f"DELETE FROM receipts WHERE key IN ({old})", (now - _KEPT_FOR, SWEPT_TOGETHER))
    cursor.execute(
        "INSERT INTO receipts (key, digest, status, body, kept_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO NOTHING",
        (key, *receipt, now),
    )
    return find_receipt(cursor, key, now) or receipt
