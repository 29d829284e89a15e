"""The databases: one port, and a store for SQLite and for PostgreSQL behind it."""
