"""The HTTP edge: routes, checks of what comes in, answers when something is wrong."""
