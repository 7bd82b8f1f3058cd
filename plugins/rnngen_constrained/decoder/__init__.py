"""The decoder `constrained`: options, masked and exact sampling, beam, particles, reasons."""
