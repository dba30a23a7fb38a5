"""Model upgrades: a catalogue's products are encoded anew by another pack while it is searched and written as always."""
