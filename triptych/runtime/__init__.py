"""The one way to serve: server, health, errors, deadlines, logs and metrics, the same for every room."""
