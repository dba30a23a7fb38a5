"""One file a stage of training: text, image, audio, fusion; each starts from what the earlier ones saved."""
