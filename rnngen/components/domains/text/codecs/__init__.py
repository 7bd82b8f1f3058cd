"""The codecs of text: fit one by kind, or load the one in a bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from rnngen.components.domains.text.codecs.base import FILE, expect, read_content
from rnngen.components.domains.text.codecs.base import TextCodec as TextCodec
from rnngen.components.domains.text.codecs.byte import ByteCodec
from rnngen.components.domains.text.codecs.char import CharCodec
from rnngen.components.domains.text.codecs.subword import BpeCodec, UnigramCodec
from rnngen.components.domains.text.codecs.word import WordCodec
from rnngen.components.domains.text.options import Tokens
from rnngen.contracts.errors import BundleError
from rnngen.contracts.steps import Piece

KINDS: tuple[type[TextCodec], ...] = (CharCodec, ByteCodec, WordCodec, BpeCodec, UnigramCodec)
CODECS = {codec.kind: codec for codec in KINDS}

LONGEST_SEPARATOR = 16


def fit(
    tokens: Tokens,
    pieces: Callable[[], Iterable[Piece]],
    separator: str,
    *,
    replace: bool = False,
) -> TextCodec:
    """A codec of the requested kind, fitted on the pieces."""
    if tokens.kind == "char":
        return CharCodec.fit(pieces(), separator, replace=replace)
    if tokens.kind == "word":
        return WordCodec.fit(pieces(), separator, tokens.number)
    if tokens.kind == "bpe":
        return BpeCodec.fit(pieces, separator, tokens.number)
    if tokens.kind == "unigram":
        return UnigramCodec.fit(pieces, separator, tokens.number)
    return ByteCodec(separator)


def load(files: Mapping[str, bytes]) -> TextCodec:
    """The codec that `TextCodec.files` wrote.

    Raises:
        BundleError: `codec.json` is missing, damaged, foreign or makes no sense.
    """
    content = read_content(files)
    kind = expect(content, "kind", str)
    if kind not in CODECS:
        raise BundleError(
            f"`{FILE}` is of kind `{kind:.40}`, expected one of {', '.join(CODECS)}",
            hint="a newer version of rnngen may have written it",
        )
    separator = expect(content, "separator", str)
    if len(separator) > LONGEST_SEPARATOR:
        raise BundleError(f"the separator in `{FILE}` has {len(separator)} characters")
    return CODECS[kind].from_content(content, separator)
