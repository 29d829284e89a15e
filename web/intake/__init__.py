"""Checks of a request before its turn begins."""
