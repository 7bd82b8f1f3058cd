"""A matcher of a list of texts that, like a library's, also goes where no text does."""

from __future__ import annotations

from collections.abc import Sequence

from rnngen.contracts.constraint import Vocabulary


class Listed:
    def __init__(
        self, texts: Sequence[str], ends: Sequence[str], vocabulary: Vocabulary, text: str = ""
    ) -> None:
        self.texts, self.good, self.vocabulary, self.text = texts, ends, vocabulary, text

    def allowed(self) -> list[int]:
        tokens = [token.decode() for token in self.vocabulary.tokens]
        return [
            step
            for step, token in enumerate(tokens)
            if token and any(text.startswith(self.text + token) for text in self.texts)
        ]

    def final(self) -> bool:
        return self.text in self.good

    def after(self, step: int) -> Listed | None:
        text = self.text + self.vocabulary.tokens[step].decode()
        return Listed(self.texts, self.good, self.vocabulary, text)

    def ends(self, steps: Sequence[int]) -> bool:
        at: Listed | None = self
        for step in steps:
            at = at.after(step) if at is not None and step in at.allowed() else None
        return at is not None and at.final()
