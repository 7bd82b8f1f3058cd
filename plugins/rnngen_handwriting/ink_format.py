"""What the numbers of an InkML trace mean: its channels, from formats and contexts.

InkML (W3C 2011), sections 3.2 and 4.2. A trace's format is that of its context, which a trace or
an enclosing group names by `contextRef`, or that of the last `context` before it; a context has a
format, or refers to one, to a source of ink or to another context.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from rnngen import DataError
from rnngen_handwriting.markup import children, kind, within

ID = "{http://www.w3.org/XML/1998/namespace}id"

MILLIMETRES = {"m": 1000.0, "cm": 10.0, "mm": 1.0, "in": 25.4, "pt": 25.4 / 72, "pc": 25.4 / 6}
"""Lengths of units; others are those of a device, and stay as they are."""

CHAIN = 10
"""Most contexts that refer to another in a row."""


@dataclass(frozen=True)
class Format:
    """Channels of a trace.

    Args:
        x: index of X.
        y: index of Y.
        fewest: values a point has at least, unless the last ones repeat.
        most: values a point has at most; 0 if unknown.
        scale: what X and Y are multiplied by, so that they grow right and downwards.
    """

    x: int = 0
    y: int = 1
    fewest: int = 2
    most: int = 0
    scale: tuple[float, float] = (1.0, 1.0)


class Formats:
    """The formats of a document.

    Args:
        root: its `ink`.
        file: its name, for messages.
    """

    def __init__(self, root: Element, file: str) -> None:
        self._file = file
        self._by_id = {str(each.get(ID) or each.get("id", "")): each for each in root.iter()}
        streamed = {
            each
            for context in children(root, "context")
            if context.get(ID) is None
            for each in context.iter()
        }
        found = [each for each in within(root, "traceFormat") if each not in streamed]
        named = [each for each in root.iter() if each.get("contextRef")]
        # Without contexts, the only format of a file is meant, wherever it stands.
        self.default = self._of(found[0]) if len(found) == 1 and not named else Format()
        direct = next(children(root, "traceFormat"), None)
        if direct is not None:
            self.default = self._of(direct)

    def of(self, element: Element, above: Format) -> Format:
        """The format of a trace or group, `above` if it does not change it.

        Raises:
            DataError: a format has no X or Y.
        """
        reference = element.get("contextRef", "")
        context = self.named(reference)
        return above if context is None else self.context(context, above)

    def context(self, context: Element, above: Format) -> Format:
        """The format of a `context`."""
        for _ in range(CHAIN):
            inline = next(children(context, "traceFormat"), None)
            if inline is None:
                inline = self.named(context.get("traceFormatRef", ""))
            source = next(children(context, "inkSource"), None)
            if source is None:
                source = self.named(context.get("inkSourceRef", ""))
            if inline is None and source is not None:
                inline = next(children(source, "traceFormat"), None)
            if inline is not None and kind(inline) == "traceFormat":
                return self._of(inline)
            further = self.named(context.get("contextRef", ""))
            if further is None:
                return above
            context = further
        return above

    def named(self, reference: str) -> Element | None:
        """The element with an id, given as `#id` or `id`; None if there is none."""
        name = reference.removeprefix("#")
        return self._by_id.get(name) if name else None

    def _of(self, element: Element) -> Format:
        regular = list(children(element, "channel"))
        sometimes = [
            channel
            for group in children(element, "intermittentChannels")
            for channel in children(group, "channel")
        ]
        names = [str(channel.get("name")).upper() for channel in regular]
        if not names:
            return Format()
        if "X" not in names or "Y" not in names:
            raise DataError(
                f"`{self._file}` has the channels {', '.join(names)}, expected at least X and Y"
            )
        x, y = names.index("X"), names.index("Y")
        scale = [
            (-1.0 if channel.get("orientation", "").lower() == "-ve" else 1.0)
            * MILLIMETRES.get(channel.get("units", "").lower(), 1.0)
            for channel in (regular[x], regular[y])
        ]
        return Format(x, y, len(names), len(names) + len(sometimes), (scale[0], scale[1]))
