"""What is compared: strategies, combinations of them, and the three rows that are always there.

`naive` learns the tasks in a row and protects nothing, `joint` learns all of them at once, as if
there were no row, and `single` is a model for each task that learns nothing else. Everything else
is strategies joined by `+`: `replay+ewc` is `--plugin replay --plugin ewc` of `rnngen fit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import suggest
from rnngen.kernel.catalog import Catalog

NAIVE, JOINT, SINGLE = "naive", "joint", "single"
DEFAULT = "ewc,lwf,replay"


@dataclass(frozen=True)
class Method:
    """One way of learning the tasks.

    Args:
        name: what the user typed, and the row of the table.
        plugins: for `fit`, in order.
    """

    name: str
    plugins: tuple[str, ...]

    @property
    def in_a_row(self) -> bool:
        """Whether the tasks are learned one after the other, so that their order matters."""
        return self.name not in (JOINT, SINGLE)

    @property
    def is_baseline(self) -> bool:
        """Whether it is one of the rows that are always there."""
        return self.name in (NAIVE, JOINT, SINGLE)


def parse(compare: Sequence[str] | str, catalog: Catalog) -> list[Method]:
    """The methods in the order of the table: naive, those that were named, joint, single.

    Args:
        compare: names, or one text with commas between them; a name twice counts once.
        catalog: where strategies are.

    Raises:
        UsageError: there is no such method, or a combination makes no sense.
    """
    parts = compare.split(",") if isinstance(compare, str) else list(compare)
    names = ["+".join(part.strip() for part in name.split("+")) for name in parts]
    chosen = [_method(name, catalog) for name in dict.fromkeys(names)]
    # The plugin is named even where it does nothing, so that a configuration file's list of
    # plugins does not come in its place.
    naive, joint, single = (Method(name, (NAIVE,)) for name in (NAIVE, JOINT, SINGLE))
    return [naive, *(method for method in chosen if not method.is_baseline), joint, single]


def _method(name: str, catalog: Catalog) -> Method:
    parts = name.split("+")
    if "" in parts:
        raise UsageError(
            f"`{name}` in `--compare` is missing a strategy name",
            hint="write them as in `--compare ewc,replay,replay+ewc`",
        )
    for part in parts:
        _check_name(part, catalog)
        if len(parts) > 1 and part in (NAIVE, JOINT, SINGLE):
            raise UsageError(
                f"`{name}` makes no sense: `{part}` means learning without a strategy",
                hint=f"`{part}` is in the table anyway; combine strategies, as in `replay+ewc`",
            )
    if len(set(parts)) < len(parts):
        raise UsageError(f"`{name}` names a strategy twice", hint="name each once")
    return Method(name, tuple(parts))


def _check_name(name: str, catalog: Catalog) -> None:
    if ":" in name or name in (NAIVE, JOINT, SINGLE):
        return  # `plugin:strategy`; the catalog says what is wrong with it
    known = sorted({NAIVE, JOINT, SINGLE, *catalog.names("strategy")})
    if name in known or any(plugin.name == name for plugin in catalog.plugins):
        return
    near = suggest(name, known)
    raise UsageError(
        f"there is no method `{name}`",
        hint=(f"did you mean `{near}`? " if near else "")
        + f"there are {', '.join(known)}, and combinations such as `replay+ewc`",
    )
