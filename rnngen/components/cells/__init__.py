"""Recurrent cells, one file each, with the equations on top. To add one, copy `rnn.py`."""
