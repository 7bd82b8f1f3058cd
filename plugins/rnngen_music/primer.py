"""Music prompts: a file to continue."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnngen import Source, UsageError
from rnngen_music.events import EventCodec
from rnngen_music.frames import FrameCodec
from rnngen_music.options import Options
from rnngen_music.read import read_one


def primer(prompt: str, codec: EventCodec | FrameCodec, options: Options) -> Sequence[Any]:
    """The steps of a file, or of its first beats: `song.mid:16`.

    Raises:
        UsageError: the file does not exist.
        DataError: it can't be read as music.
    """
    path, beats = _named(prompt), None
    cut = re.fullmatch(r"(.+):(\d+(?:\.\d+)?)", prompt)
    if cut and not path.exists():
        path, beats = _named(cut[1]), float(cut[2])
    if not path.is_file():
        link = f": it is a link to `{os.readlink(path)}`" if path.is_symlink() else ""
        raise UsageError(
            f"the prompt file `{path}` does not exist{link}",
            hint="a prompt is a music file, `song.mid`, or its first beats, `song.mid:16`",
        )
    # The model's own grid, whatever the training options are now.
    content = read_one(Source(str(path), path), replace(options, grid=codec.grid), beats)
    steps = codec.encode(content)
    return list(map(tuple, steps.tolist())) if steps.ndim > 1 else steps.tolist()


def _named(text: str) -> Path:
    """A path with `~` as the user's home; `~nobody` stays as it is where there is no such user."""
    return Path(os.path.expanduser(text))
