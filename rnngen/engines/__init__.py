"""Ways to execute one step of a model."""
