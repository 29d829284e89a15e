"""Hostile and odd requests without end, against the real process. `python -m tests.fuzz` sends many."""
