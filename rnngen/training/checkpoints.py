"""Everything a resumed run depends on, saved and restored."""

from __future__ import annotations

CHECKPOINT_SECONDS = 60.0
