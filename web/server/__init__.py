"""The HTTP server: it runs the application, and answers failures as problem documents."""
