"""Encoding by the million: the gateway's own encoding as a Ray Data job that writes an archive."""
