"""Bots that are built on this one."""
