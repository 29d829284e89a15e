"""
What can go wrong with the job log.

* StateError
  + LeaseLost          another worker holds the lane now; nothing was written
  + ETagConflict       a document has changed since it was read; nothing was written
  + StoreError         the database
    - StoreUnusable    it does not open as configured: wrong path, no permission, a newer schema
    - StoreUnavailable it did not answer this time; the same turn may be tried again
"""


class StateError(Exception):
    """Base of this room's errors."""


class LeaseLost(StateError):
    """The lease ended and another worker claimed the lane, so the write was refused."""


class ETagConflict(StateError):
    """The document with this key has changed since it was read: read it and decide again."""


class StoreError(StateError):
    """The database."""


class StoreUnusable(StoreError):
    """The database cannot be used as configured. The message is one line that says what to do."""


class StoreUnavailable(StoreError):
    """
    The database failed; another attempt may succeed.

    Nothing was stored, unless the connection to a server broke: then the outcome is unknown. A retry is safe
    in both cases, because the changes of an activity are applied once.
    """
