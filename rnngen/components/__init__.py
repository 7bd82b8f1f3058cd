"""The built-in cells, conditioners, decoders, optimizers and so on, one file each."""
