"""When and how the held-out part is measured."""

from __future__ import annotations

VALIDATION_LANES = 16


VALIDATION_SHARE = 0.04  # of the time of a run, at most


VALIDATIONS = 10  # in a run, at most, where the user did not say how often
