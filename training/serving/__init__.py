"""What runs inside Triton: the share of work that the four models of a pack have in common."""
