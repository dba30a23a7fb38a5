"""The search service: products with their vectors in, the nearest products out."""
