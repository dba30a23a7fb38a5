"""The public API and the walk of a request through the rooms."""
