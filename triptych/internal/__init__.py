"""Generated stubs; see protos/ and scripts/protos.py."""
