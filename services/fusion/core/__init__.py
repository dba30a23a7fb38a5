"""What fusion is, without any framework."""
