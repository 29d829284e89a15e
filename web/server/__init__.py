"""The HTTP server: runs the application and answers failures with problem documents."""
