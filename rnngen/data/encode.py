"""Encodes pieces into a store, in blocks, with a boundary before each document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from rnngen.contracts.codec import Codec
from rnngen.contracts.steps import Piece
from rnngen.data.store import StoreWriter

BLOCK_LENGTH = 1 << 20
BLOCK_PIECES = 1 << 15
"""Most content and most pieces encoded at a time."""

CONTINUATION = bytes(range(0x80, 0xC0))
"""UTF-8 bytes that do not start a character."""


def writer(codec: Codec, folder: Path) -> StoreWriter:
    """A writer of steps of this codec."""
    dtype, condition = np.dtype(codec.dtype), codec.condition
    ids = codec.size if dtype.kind in "iu" else 0
    return StoreWriter(
        folder,
        dtype,
        step_shape=codec.step_shape,
        boundary=codec.boundary,
        ids=ids,
        condition_length=0 if condition is None else condition.length,
    )


def encode(
    codec: Codec, pieces: Iterable[Piece], store: StoreWriter, progress: Callable[[int], None]
) -> int:
    """Encodes pieces into a store; `progress` gets the bytes read so far.

    Returns:
        The bytes of the original.
    """
    begins = True
    done = 0
    for block in _blocks(pieces):
        steps, lengths = codec.encode_many([piece.content for piece in block])
        offsets = np.cumsum([0, *lengths[:-1]])
        starts, conditions = [], []
        for number, piece in enumerate(block):
            if begins:
                starts.append(number)
                if store.condition_length:
                    conditions.append(codec.encode_condition(piece.condition))
            begins = piece.ends_document
        places = offsets[starts]
        store.append(
            np.insert(steps, places, codec.boundary, axis=0),
            places + np.arange(len(places)),
            np.stack(conditions) if conditions else None,
        )
        done += sum(piece.size for piece in block)
        progress(done)
    return done


def measure(codec: Codec, store: StoreWriter) -> tuple[int, int]:
    """Characters and bytes of the text in a store, separators included, from the counts of its ids.

    Where steps spell no text, there is one character, and one byte, to a step.
    """
    if not codec.spells_text or store.steps == 0:
        steps = max(0, store.steps - 1)
        return steps, steps
    tokens = [codec.bytes_of(step) for step in range(codec.size)]
    tokens[codec.boundary] = codec.separator.encode()
    repeats = store.counts.copy()
    repeats[codec.boundary] -= 1  # the one before the first document separates nothing
    sizes = np.array([len(token) for token in tokens])
    characters = np.array([len(token.translate(None, CONTINUATION)) for token in tokens])
    return int(repeats @ characters), int(repeats @ sizes)


def _blocks(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    block: list[Piece] = []
    length = 0
    for piece in pieces:
        block.append(piece)
        length += len(piece.content)
        if length >= BLOCK_LENGTH or len(block) >= BLOCK_PIECES:
            yield block
            block, length = [], 0
    if block:
        yield block
