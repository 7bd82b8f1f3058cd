"""Text as it becomes certain: what is held back while it may still become a stop text."""

from __future__ import annotations

from collections.abc import Sequence


class StopTexts:
    """Passes text on until one of the stop texts appears; that one and what follows is cut off.

    Args:
        texts: none of them empty.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = tuple(texts)
        self._held = ""
        self.found = False

    def feed(self, text: str) -> str:
        """The text that became certain; sets `found` where a stop text is complete."""
        if self.found:
            return ""
        self._held += text
        places = [place for stop in self._texts if (place := self._held.find(stop)) >= 0]
        if places:
            self.found = True
            return self._pass_on(min(places))
        return self._pass_on(len(self._held) - self._unsettled())

    def flush(self) -> str:
        """What was held back, when no more text comes."""
        return "" if self.found else self._pass_on(len(self._held))

    def _unsettled(self) -> int:
        """How many characters at the end may be the beginning of a stop text."""
        longest = min(len(self._held), max((len(stop) for stop in self._texts), default=1) - 1)
        for count in range(longest, 0, -1):
            if any(stop.startswith(self._held[-count:]) for stop in self._texts):
                return count
        return 0

    def _pass_on(self, count: int) -> str:
        text, self._held = self._held[:count], self._held[count:]
        return text
