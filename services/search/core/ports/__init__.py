"""What the search service needs from outside."""
