"""Likelihoods of frames: which keys sound."""
