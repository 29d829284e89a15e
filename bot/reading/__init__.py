"""From a message as a channel delivers it to what the person said: pure functions."""
