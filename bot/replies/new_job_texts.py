"""The texts of `new`, which asks for a title."""

from bot.replies.words import Words


def what_title(words: Words) -> str:
    """Ask for the title."""
    return words.say("What shall the job be called?")


def ways_out(words: Words) -> tuple[str, str]:
    """Return what may be said instead of a title: for a job without one, and for none."""
    return words.say("no title"), words.say("never mind")


def not_started(words: Words) -> str:
    """Say that it was left."""
    return words.say("All right, I started nothing.")
