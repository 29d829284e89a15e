"""Recipes for running the bot, and what its surroundings are given."""
