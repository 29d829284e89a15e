"""Metrics for Prometheus: counted in a process, read from the store, and written for a scrape."""
