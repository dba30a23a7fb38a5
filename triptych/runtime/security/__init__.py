"""Who may connect: TLS with certificates that are followed, and what a room asks of its callers. See docs/security.md."""
