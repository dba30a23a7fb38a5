"""The command line: `triptych …`."""
