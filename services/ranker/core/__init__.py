"""What ranking is, without any framework."""
