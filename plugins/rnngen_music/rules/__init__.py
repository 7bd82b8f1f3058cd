"""Rules of music over event tokens: key, range, bars, leaps, cadence and motif."""
