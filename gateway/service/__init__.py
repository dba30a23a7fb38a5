"""The public services: translate, call the core, translate back; a file per service."""
