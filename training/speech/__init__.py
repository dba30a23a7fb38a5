"""Speech to text: grammars and word sequences from a catalogue, recognisers, and what was meant in slots."""
