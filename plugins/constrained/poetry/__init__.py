"""Poems by rule: rhyme, syllables and metre, from a pronouncing dictionary the user supplies."""
