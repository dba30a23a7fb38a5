"""The encoder service: media in, vectors out."""
