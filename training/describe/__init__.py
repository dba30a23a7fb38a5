"""Pictures to sentences: a decoder that learns a catalogue's own texts on top of a finished image encoder."""
