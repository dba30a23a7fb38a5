"""Answering in time: what stages take, and what is left out when there is no time for them."""
