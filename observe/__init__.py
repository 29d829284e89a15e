"""Logging of the running bot."""
