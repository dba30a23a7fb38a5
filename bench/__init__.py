"""Measurements of the running suite: how well it finds (quality, real_data) and how fast (latency)."""
