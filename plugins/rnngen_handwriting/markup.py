"""XML files, read without entities, which can blow up or reach outside of a file."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from rnngen import DataError, PluginError, Source


def parse(source: Source) -> Element:
    """The root element.

    Raises:
        DataError: the file is not XML, or defines entities.
        PluginError: defusedxml is not installed.
    """
    try:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import parse as parse_safely
    except ImportError:
        raise PluginError(
            f"`{source.name}` is read with `defusedxml`, which is not installed",
            hint='pip install "rnngen[handwriting]"',
        ) from None
    try:
        with source.open() as stream:
            root: Element = parse_safely(stream).getroot()
            return root
    except ParseError as error:
        raise DataError(f"`{source.name}` is not XML: {error}") from None
    except DefusedXmlException as error:
        raise DataError(
            f"`{source.name}` is refused: {type(error).__name__}, since it defines entities or "
            "refers to other files",
            hint="write the file again without them",
        ) from None


def kind(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """The children with a given name, in any namespace."""
    return (child for child in element if kind(child) == name)


def within(element: Element, name: str) -> Iterator[Element]:
    """All descendants with a given name."""
    return (each for each in element.iter() if kind(each) == name)


def text_of(element: Element | None) -> str | None:
    """The text in an element without surrounding spaces; None if there is none."""
    text = "".join(element.itertext()).strip() if element is not None else ""
    return text or None
