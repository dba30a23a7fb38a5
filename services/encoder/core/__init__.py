"""The words, ports and verb of the encoder service; knows no transport and no framework."""
