"""The words that every room shares: errors, vectors, choices. Knows no transport and no framework."""
