"""From judgements to curves: how probably a product that a search finds is relevant, or is what a photo shows."""
