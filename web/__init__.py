"""The HTTP edge: routes, checks of requests, error responses."""
