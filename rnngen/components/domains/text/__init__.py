"""Text: files, lines or paragraphs, as characters, bytes, words or subwords.

Nothing heavy is imported here before it is used, for the options are read by `rnngen list`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.components.domains.text.options import Options, read_tokens
from rnngen.components.domains.text.separation import between, ended
from rnngen.contracts.codec import Codec
from rnngen.contracts.domain import Domain, Written
from rnngen.contracts.errors import DataError
from rnngen.contracts.steps import Piece
from rnngen.files.atomic import saving

if TYPE_CHECKING:
    from rnngen.components.domains.text.codecs import TextCodec
    from rnngen.contracts.context import Context
    from rnngen.files.source import Source

SEPARATORS = {"file": "\n", "line": "\n", "blank": "\n\n"}
"""Written between two documents."""


class TextDomain(Domain):
    """Reads text, fits codecs on it, and writes text.

    Raises:
        UsageError: there are no such tokens.
    """

    changeable = ("valid", "split", "unknown", "unseen", "binary")
    reading = ("unseen", "binary")
    formerly = {"line_ends": "keep"}  # noqa: RUF012
    takes_in_order = True

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.valid, self.split = self.options.valid, self.options.split
        self.tokens = read_tokens(self.options.tokens)
        self.separator = SEPARATORS[self.options.documents]
        self.between = between(self.options.documents)
        self.remarks = {}

    def read(self, sources: Sequence[Source]) -> Iterator[Piece]:
        """The documents of the sources in order, in pieces of about a megabyte.

        Pieces hold `str`, or `bytes` where tokens are bytes: then any file can be read.

        Raises:
            DataError: a file is empty, damaged, known not to be text, or not UTF-8 where it has to
                be.
        """
        from rnngen.components.domains.text.read import read

        return read(
            sources,
            self.options.documents,
            as_bytes=self._keeps_bytes,
            binary=self.options.binary,
            line_ends=self.options.line_ends,
        )

    def fit_codec(self, pieces: Callable[[], Iterable[Piece]]) -> TextCodec:
        """A codec of the kind that option `tokens` names, fitted on the pieces."""
        from rnngen.components.domains.text import codecs

        replace = self.options.unknown == "replace"
        return codecs.fit(self.tokens, pieces, self.separator, replace=replace)

    def load_codec(self, files: Mapping[str, bytes]) -> TextCodec:
        """The codec that `Codec.files` wrote; BundleError if it is incomplete."""
        from rnngen.components.domains.text import codecs

        return codecs.load(files).tolerant(self.options.unseen, self.remarks)

    def spelled(self, text: str) -> str:
        """The text with line ends as they were read."""
        if self._keeps_bytes or self.options.line_ends == "keep" or "\r" not in text:
            return text
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def likelihood(self, codec: Codec) -> tuple[str, dict[str, Any]]:
        """A softmax over the vocabulary."""
        return "categorical", {"size": codec.size}

    def default_constraint(self, context: Context) -> str:
        """By default, sentences made of words from the training text."""
        return "prose"

    def write(self, written: Sequence[Written], codec: Codec, path: Path) -> list[Path]:
        """One file with all sequences, or `0001.txt` and so on in a folder that exists.

        In one file, each ends its line, and `between` stands before the next.

        Returns:
            the files made.

        Raises:
            DataError: there is nothing to write.
            UsageError: the folder of the file does not exist.
            RunError: it can't be written.
        """
        if not len(written):
            raise DataError("no text was generated, so there is nothing to write")
        digits = max(4, len(str(len(written))))
        sequences = iter(written)
        # Before the file is opened: what fails at once leaves an old one as it was.
        first = next(sequences)
        with saving(path):
            if path.is_dir():
                files = []
                for number, part in enumerate(chain([first], sequences), 1):
                    files.append(path / f"{number:0{digits}}.txt")
                    files[-1].write_bytes(self._data(part))
                return files
            with path.open("wb") as file:
                data = self._data(first)
                # One sequence of a model of bytes may be any file, to which nothing is added.
                file.write(data if self._keeps_bytes and len(written) == 1 else ended(data))
                for part in sequences:
                    file.write(self.between.encode() + ended(self._data(part)))
            return [path]

    @property
    def _keeps_bytes(self) -> bool:
        return self.tokens.kind == "byte"

    def _data(self, part: Written) -> bytes:
        """The bytes of a sequence, its prompt included."""
        if self._keeps_bytes:
            return part.prompt_data + part.data
        return (part.prompt + part.text).encode()
