"""Persistent state: jobs, notices, lanes, and their stores. The only room with SQL."""
