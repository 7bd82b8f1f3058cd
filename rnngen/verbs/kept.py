"""What a bundle keeps of the data of the person who trained it, in a sentence."""

from __future__ import annotations

from rnngen.bundles.manifest import Manifest
from rnngen.contracts.kept import Kept

TEXT = "categorical"
"""The likelihood of models whose steps are tokens."""


def sentence(manifest: Manifest) -> str:
    """What strategies keep of the data, for `rnngen show`."""
    parts = []
    for name, kept in manifest.kept_by_strategies().items():
        if kept.data:
            parts.append(f"{_amount(manifest, kept)} ({name} memory)")
        elif kept.data is None and kept.bytes:
            parts.append(
                f"{kept.bytes:,} bytes of `{name}`, which does not say whether they hold your data"
            )
    text = "keeps " + ", ".join(parts) if parts else _nothing(manifest)
    if manifest.left_out:
        names = " and ".join(f"`{name}`" for name in manifest.left_out)
        text += f"; exported without what {names} kept"
    return text


def _amount(manifest: Manifest, kept: Kept) -> str:
    if kept.characters is None:
        kind = "tokens" if manifest.likelihood.name == TEXT else "steps"
        return f"{kept.steps:,} {kind} of your data"
    about = "" if kept.characters == kept.steps else "about "
    return f"{about}{kept.characters:,} characters of your texts"


def _nothing(manifest: Manifest) -> str:
    if manifest.domain.name == "text":
        return "keeps no text of yours beyond its vocabulary"
    return "keeps no data of yours"
