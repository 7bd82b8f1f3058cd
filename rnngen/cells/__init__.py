"""Recurrent cells: one file each, with its equations on top. To add one, copy `rnn.py`."""

from rnngen.cells.cell import Cell

__all__ = ["Cell"]
