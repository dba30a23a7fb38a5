"""What keeps the vectors."""
