"""The rooms behind the gateway; none imports another."""
