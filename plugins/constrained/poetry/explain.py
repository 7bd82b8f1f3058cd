"""Why a poem can't go on with a step, in the poet's words."""

from __future__ import annotations
