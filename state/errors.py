"""
What can go wrong with the job log.

* StateError
  + LeaseLost          somebody else holds the lane by now; nothing was written
  + ETagConflict       a document has changed since it was read; nothing was written
  + StoreError         the database
    - StoreUnusable    it will not open as configured: wrong path, no rights, a newer schema
    - StoreUnavailable it did not answer this time; the turn may be tried again as it is
"""


class StateError(Exception):
    """Anything this room raises on purpose."""


class LeaseLost(StateError):
    """The lane was taken over after its lease ended: what we were about to write is not ours to say."""


class ETagConflict(StateError):
    """A document has changed since it was read: read it again, and decide again. Names its key."""


class StoreError(StateError):
    """The database."""


class StoreUnusable(StoreError):
    """The database cannot be used as configured. The message is one line that says what to do."""


class StoreUnavailable(StoreError):
    """
    The database did not do what was asked, and may do it next time.

    Nothing of it was stored, unless the connection to a server broke meanwhile: then nobody knows. Asking
    again is safe either way, for what an activity brings counts once.
    """
