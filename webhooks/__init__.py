"""Webhooks: events that the bot posts to job systems, and what it makes of their answers."""
