"""The decoder `constrained`: every sequence satisfies all constraints, and ends within the length.

Only the written text is constrained, not the prompt. What can't be satisfied is an error
before the first step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rnngen import (
    INFINITE,
    Constraint,
    Context,
    Decoder,
    Emission,
    Engine,
    Machine,
    Request,
    SampleOptions,
    UsageError,
    Vocabulary,
    check_request,
    each_prompt,
    roll_out,
)
from rnngen_constrained.decoder.beam import Search, search
from rnngen_constrained.decoder.chosen import chosen
from rnngen_constrained.decoder.explain import Forbidden, explain
from rnngen_constrained.decoder.finished import TRIES, Checks, Draw, checked
from rnngen_constrained.decoder.masked import MaskedChooser, Weights
from rnngen_constrained.decoder.options import Options
from rnngen_constrained.decoder.sampling import ExactDraws
from rnngen_constrained.decoder.unused import check_options, check_rules
from rnngen_constrained.decoder.vocabulary import vocabulary_of
from rnngen_constrained.errors import TooShort, Unspellable
from rnngen_constrained.machines.compose import Part, compose
from rnngen_constrained.machines.make import each, make_learned
from rnngen_constrained.machines.rows import PerSequence
from rnngen_constrained.machines.strangers import as_constraint, as_machine
from rnngen_constrained.machines.table import TableMachine
from rnngen_constrained.machines.without import without

Note = Callable[[str], None]
FEW = 8
"""Rows up to which masks that are remembered by state are faster than those of a table."""


def _silent(text: str) -> None:
    pass


class Constrained(Decoder):
    """Decodes sequences that satisfy constraints.

    `attach` tells it what the steps of the model mean; call it before `decode`.

    Args:
        constraints: further ones, already made.
        options: as the user set them.
    """

    complete = True
    explains = True

    def __init__(
        self, constraints: Sequence[Constraint] = (), options: Options | None = None
    ) -> None:
        self.options = options or Options()
        check_options(self.options)
        self.searches = self.options.base == "beam"
        self.repeats = self.options.base != "sample" or self.options.temperature == 0
        self._exact = ExactDraws(self.options)
        self._logs: list[float] = []
        self._rejected = 0
        self._constraints = [*each(chosen(self.options)), *map(as_constraint, constraints)]
        check_rules(self.options)
        self._checks: dict[frozenset[int], Checks] = {}
        self._note: Note = _silent
        self._vocabulary: Vocabulary | None = None
        self._machines: dict[frozenset[int], tuple[Machine, Machine]] = {}
        self.weights: Weights | None = None
        """The weights of the last request, if sequences were drawn from what is allowed."""

    def attach(self, context: Context) -> None:
        """Learns what a model's steps mean, and takes its domain's constraint if none was named.

        Raises:
            UsageError: none was named, and the domain has none.
        """
        self.bind(vocabulary_of(context.codec), context.note)
        if self._constraints:
            return
        kind = context.default_constraint()
        if kind is None:
            raise UsageError(
                "no constraints were given, and this model has no default one",
                hint="name a rule, `-o rule=...`; see `rnngen list constraints`",
            )
        self._constraints = make_learned(kind, context)

    def bind(self, vocabulary: Vocabulary, note: Note = _silent) -> None:
        """The same for a vocabulary."""
        self._vocabulary = vocabulary
        self._note = note
        self._machines = {}

    @property
    def names(self) -> list[str]:
        """The constraints, as the user wrote them."""
        return [constraint.name for constraint in self._constraints]

    def decode(self, engine: Engine, request: Request) -> Iterator[Emission]:
        """Emissions of all rows.

        Raises:
            ConstraintError: the constraints can't be satisfied within the length.
        """
        check_request(request, engine.size)
        if not request.prompts or request.length < 1:
            return
        machine, quick = self._machine(request)
        needed = int(machine.needed(machine.start(1))[0])
        if needed > request.length:
            raise self._too_short(needed, machine.exact, request.length)
        end = machine.vocabulary.end
        ends = end in request.ends
        options = self.options
        checks = self._checks[_forbidden(request, end)]
        own = replace(request, ends=request.ends | {end}, forbidden=frozenset())
        if options.base == "beam":
            how = Search(options.width, options.n_best, options.length_penalty)
            emissions = search(engine, own, machine, ends, how, checks)
        elif options.sampling == "exact" and options.base == "sample":
            emissions = checked(self._exactly(engine, machine, ends), own, checks)
        else:
            few = len(request.prompts) <= FEW
            emissions = self._masked(engine, own, quick if few else machine, ends, checks)
        for emission in emissions:
            # Where the model knows no end, the constraints alone decide it: then it is certain.
            certain = emission.end and not ends
            yield replace(emission, log_probability=0.0) if certain else emission

    def explain(
        self, engine: Engine, request: Request, row: int, steps: Sequence[int]
    ) -> list[Forbidden]:
        """Where the model's favourite was forbidden while `steps` of a row were written."""
        _, machine = self._machine(request)
        ends = machine.vocabulary.end in request.ends
        return explain(engine, machine, request.prompts[row], steps, request.length, ends)

    def _exactly(self, engine: Engine, machine: Machine, ends: bool) -> Draw:
        def draw(request: Request, row: int | None) -> Iterator[Emission]:
            if row is None:
                return self._exact.draw(engine, request, machine, ends, self._note)
            return ExactDraws(self.options).draw(engine, request, machine, ends, _silent)

        return draw

    def _masked(
        self, engine: Engine, request: Request, machine: Machine, ends: bool, checks: Checks
    ) -> Iterator[Emission]:
        options = self.options
        how = None
        if options.base == "sample":
            how = SampleOptions(options.temperature, options.top_k, options.top_p, options.min_p)
        if request.first == 0:
            self._logs, self._rejected = [], 0
        logs: dict[int, float] = {}

        def draw(one: Request, row: int | None) -> Iterator[Emission]:
            self._rejected += row is not None

            def write(part: Request) -> Iterator[Emission]:
                chooser = MaskedChooser(machine, part, ends, how)
                yield from roll_out(engine, part, chooser)
                if chooser.weighted:
                    before = part.first - one.first + (row or 0)
                    logs.update(enumerate(chooser.log_weights, before))

            return each_prompt(one, write)

        greedy = how is None or how.temperature == 0
        yield from checked(draw, request, checks, 1 if greedy else TRIES)
        self._logs += [logs[row] for row in sorted(logs)]
        if self._logs and not request.more:
            self.weights = Weights(self._logs, self._rejected)
            self._note(_worth(self.weights))

    def _machine(self, request: Request) -> tuple[Machine, Machine]:
        """The machine of all constraints, and one that is faster for few rows."""
        vocabulary = self._vocabulary
        if vocabulary is None:
            raise UsageError(
                "the decoder `constrained` was not told what the model's steps mean",
                hint="call `attach(context)` or `bind(vocabulary)` first",
            )
        forbidden = _forbidden(request, vocabulary.end)
        if forbidden not in self._machines:
            parts: list[Part] = [as_machine(part.bind(vocabulary)) for part in self._constraints]
            self._checks[forbidden] = Checks(self._constraints, parts, vocabulary, forbidden)
            names = self.names
            if forbidden or not parts:
                parts.append(without(forbidden, vocabulary))
                names = [*names, "forbidden steps"]
            machine = compose(names, parts)
            self._machines[forbidden] = machine, _quick(machine)
        return self._machines[forbidden]

    def _too_short(self, needed: int, exact: bool, length: int) -> TooShort | Unspellable:
        names = " and ".join(f"`{name}`" for name in self.names)
        if needed >= INFINITE:
            return Unspellable(f"the model can't write anything that satisfies {names}")
        least = f"{needed} tokens" if exact else f"{needed} tokens, as far as known"
        return TooShort(
            f"the shortest sequence that satisfies {names} has {least}; the length is {length}",
            hint=f"use `--length {needed}` or more",
        )


def _forbidden(request: Request, end: int) -> frozenset[int]:
    """Steps that are never written: other ends, which would end a sequence before it is valid."""
    return frozenset((request.forbidden | request.ends) - {end})


def _quick(machine: Machine) -> Machine:
    """The machine that is fastest for few rows."""
    return PerSequence(machine.single()) if isinstance(machine, TableMachine) else machine


def _worth(weights: Weights) -> str:
    """What masked sequences are worth, in a line."""
    count, effective = len(weights.log_weights), weights.effective
    text = f"masked sampling: log P(constraint) is about {weights.log_probability:.2f}"
    if count == 1:
        return f"{text}; the distribution is distorted, see `-o sampling=exact`"
    return (
        f"{text}; the {count} sequences are worth {effective:.1f} exact ones (effective sample "
        "size); the distribution is distorted, see `-o sampling=exact`"
    )
