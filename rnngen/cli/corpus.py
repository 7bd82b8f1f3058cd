"""`rnngen corpus`: texts by name, to learn from without looking for data first."""

from __future__ import annotations

import dataclasses
import json

import click


@click.group(name="corpus")
def command() -> None:
    """Corpora by name: list, show, fetch; learn from one with `rnngen fit corpus:NAME`."""


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def list_(as_json: bool) -> None:
    """All corpora: bundled, made from this Python, and recipes that are fetched."""
    from rnngen import corpora

    found = corpora.describe()
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(corpus) for corpus in found], indent=2))
        return
    width = max(len(corpus.name) for corpus in found)
    for corpus in found:
        default = " (the default)" if corpus.name == corpora.DEFAULT else ""
        click.echo(f"{corpus.name:{width}}  {corpus.kind:7}  {corpus.summary}{default}")


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """What is known of one corpus, and how it begins if it is here."""
    from rnngen import corpora

    corpus = corpora.corpus(name)
    size = None if corpus.size is None else f"{corpus.size:,} bytes"
    sums = [f"{file}  sha256 {known or 'not known'}" for file, known in corpus.checksums]
    rows = [("name", corpus.name), ("kind", corpus.kind), ("summary", corpus.summary)]
    rows += [("licence", corpus.licence), ("use", corpus.use), ("size", size or "")]
    rows += [("from", url) for url in corpus.urls] + [("file", line) for line in sums]
    for key, value in rows:
        if value:
            click.echo(f"{key:8} {value}")
    beginning = corpora.beginning(corpus.name)
    if beginning:
        click.echo(f"\n{beginning}")


@command.command()
@click.argument("name")
def fetch(name: str) -> None:
    """Fetches or makes a corpus, checks it, and keeps it in the cache folder.

    Says the SHA-256 of every file that was downloaded. A file put in place by hand is checked and
    used like a downloaded one.
    """
    from rnngen import corpora

    for source in corpora.sources(name, report=lambda line: click.echo(line, err=True)):
        click.echo(source.path)


@command.command()
@click.argument("name")
def path(name: str) -> None:
    """Prints the path of every file of a corpus, one a line; fetches or makes it first."""
    from rnngen import corpora

    for source in corpora.sources(name):
        click.echo(source.path)
