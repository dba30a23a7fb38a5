"""The local suite: a real Milvus, a real Triton and the five rooms on one machine."""
