"""Who may do what at the gateway, and how often."""
