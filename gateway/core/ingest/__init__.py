"""Streams of products: windows, batches, retries and how far a stream came."""
