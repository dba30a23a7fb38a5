"""The other rooms, as the ports of the core."""
