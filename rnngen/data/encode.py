"""From pieces to a store: encoded in blocks, each document with its boundary before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen.contracts.codec import Codec
from rnngen.contracts.steps import Piece, step_shape
from rnngen.data.store import StoreWriter

BLOCK_LENGTH = 1 << 20
BLOCK_PIECES = 1 << 15
"""What is encoded at a time: so much content, or so many pieces."""

CONTINUATION = bytes(range(0x80, 0xC0))
"""Bytes of UTF-8 that do not begin a character."""


def writer(codec: Codec, folder: Path) -> StoreWriter:
    """A writer of steps of this codec."""
    probe = getattr(codec, "dtype", np.dtype(np.int32))
    shape = step_shape(codec)
    ids = codec.size if np.dtype(probe).kind in "iu" else 0
    condition = getattr(codec, "condition", None)
    return StoreWriter(
        folder,
        probe,
        step_shape=shape,
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
        steps, lengths = _encode_many(codec, [piece.content for piece in block])
        offsets = np.cumsum([0, *lengths[:-1]])
        starts, conditions = [], []
        for number, piece in enumerate(block):
            if begins:
                starts.append(number)
                if store.condition_length:
                    conditions.append(codec.encode_condition(piece.condition))  # type: ignore[attr-defined]
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

    A codec whose tokens are no bytes has one character, and one byte, to a step.
    """
    bytes_of = getattr(codec, "bytes_of", None)
    if bytes_of is None or store.steps == 0:
        steps = max(0, store.steps - 1)
        return steps, steps
    tokens = [bytes_of(step) for step in range(codec.size)]
    tokens[codec.boundary] = str(getattr(codec, "separator", "")).encode()
    repeats = store.counts.copy()
    repeats[codec.boundary] -= 1  # the one before the first document separates nothing
    sizes = np.array([len(token) for token in tokens])
    characters = np.array([len(token.translate(None, CONTINUATION)) for token in tokens])
    return int(repeats @ characters), int(repeats @ sizes)


def _encode_many(codec: Codec, contents: Sequence[Any]) -> tuple[NDArray[Any], list[int]]:
    together = getattr(codec, "encode_many", None)
    if together is not None:
        steps, lengths = together(contents)
        return steps, lengths
    parts = [codec.encode(content) for content in contents]
    return np.concatenate(parts), [len(part) for part in parts]


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
