"""The generated demonstration catalogue."""
