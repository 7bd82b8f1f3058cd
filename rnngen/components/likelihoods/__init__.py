"""Likelihoods: what turns a model's output into the probability of the next step."""
