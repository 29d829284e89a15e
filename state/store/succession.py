"""
While versions before this one may still serve the same log, it keeps what they need.

They start no job without a unique index of activities, and end none in a conversation without a row of
`lanes`. So a log that migration 0015 met in use has the index, and a trigger that adds the row; and no row
goes when its lane is empty. An hour after a process of this version first looked, that ends: replicas are
replaced within it, and until then each of them serves.
"""

from datetime import timedelta

#: The key of the document that says so; its `since` is when a process of this version first looked.
SHARED = "ProactiveBot.SharedWithOlder"

#: An SQL condition: versions before may still serve.
IS_SHARED = f"EXISTS (SELECT 1 FROM documents WHERE key = '{SHARED}')"

#: How long replicas have to be replaced, in microseconds.
SHARED_FOR = timedelta(hours=1) // timedelta(microseconds=1)

#: How long an empty lane keeps its row for the sake of its pace, in microseconds: no channel counts longer.
PACED_FOR = timedelta(hours=2) // timedelta(microseconds=1)
