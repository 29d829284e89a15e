"""The store port, and its implementations on SQLite and PostgreSQL."""
