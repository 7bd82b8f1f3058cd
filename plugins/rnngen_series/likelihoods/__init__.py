"""Likelihoods of the rows of a time series."""
