"""Checks on what comes in, before a turn begins."""
