"""Public messages ↔ the core's words: pure functions, a file per noun."""
