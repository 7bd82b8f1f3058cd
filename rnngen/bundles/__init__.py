"""A trained model on disk: manifest, weights, checkpoint, run folder; nothing in it executes."""
