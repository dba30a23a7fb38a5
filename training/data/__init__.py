"""What the networks are trained on: texts, pictures and speech, cached where they are dear."""
