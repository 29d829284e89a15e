"""Adaptive Cards: a small typed template for each, from elements that all hosts draw."""
