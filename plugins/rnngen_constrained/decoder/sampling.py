"""`sampling=exact`: adaptive rejection, or sequential Monte Carlo where valid text is too rare."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

from rnngen import Emission, Engine, Machine, Request, check_memory
from rnngen_constrained.decoder import exact, smc
from rnngen_constrained.decoder.conditional import Conditional
from rnngen_constrained.decoder.exact import Exact
from rnngen_constrained.decoder.options import Options
from rnngen_constrained.decoder.smc import Particles


class ExactDraws:
    """What exact sampling remembers, from one request to the next that continues it.

    A large request comes in parts. Sequence 5 is drawn after sequences 0 to 4, so without their
    trie each part would draw again all that came before.

    Args:
        options: of the decoder.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._engine: Engine | None = None
        self._key: tuple[object, ...] = ()
        self._samplers: dict[tuple[int, ...], Exact] = {}
        self._clouds: dict[tuple[int, ...], Particles] = {}
        self._logs: list[float] = []
        self._next = 0

    def draw(
        self,
        engine: Engine,
        request: Request,
        machine: Machine,
        ends: bool,
        note: Callable[[str], None],
    ) -> Iterator[Emission]:
        """Emissions of all rows, one sequence after another.

        Args:
            engine: of the model.
            request: what to write.
            machine: of all constraints.
            ends: whether the model knows ends of documents.
            note: called with a line about the result.
        """
        self._begin(engine, request, machine, ends)
        end = machine.vocabulary.end
        for row in range(len(request.prompts)):
            drawn = self._drawn(engine, request, machine, ends, row)
            cut = False
            for step, log in zip(drawn.steps, drawn.logs, strict=True):
                yield Emission(row, step, log)
                if request.stop is not None and request.stop(row, step):
                    cut = True
                    break
            if request.tell_end and drawn.end is not None and not cut:
                yield Emission(row, end, drawn.end, end=True)
        self._next = request.first + len(request.prompts)
        if not request.more:
            note(self._result())

    def _begin(self, engine: Engine, request: Request, machine: Machine, ends: bool) -> None:
        key = (request.seed, request.length, ends, id(machine))
        if engine is self._engine and key == self._key and request.first == self._next > 0:
            return
        self._engine, self._key, self._next = engine, key, 0
        self._samplers, self._clouds, self._logs = {}, {}, []

    def _drawn(
        self, engine: Engine, request: Request, machine: Machine, ends: bool, row: int
    ) -> exact.Drawn | smc.Drawn:
        """The sequence of a row."""
        options, prompt = self._options, request.prompts[row]
        key = tuple(prompt)
        target = Conditional(engine, machine, prompt, request.length, ends, options.temperature)
        if key not in self._samplers:
            self._samplers[key] = Exact(target, request.seed, options.effort)
        number = request.first + row
        drawn = self._samplers[key].draw(number)
        if drawn is not None:
            return drawn
        if key not in self._clouds:
            check_particles(engine, request, options.particles)
            self._clouds[key] = Particles(target, options.particles)
        close = self._clouds[key].draw(request.seed, number)
        self._logs.append(close.log_probability)
        return close

    def _result(self) -> str:
        """What one should know of the sequences."""
        if not self._logs:
            most = max(sampler.log_probability for sampler in self._samplers.values())
            return f"exact sampling: log P(constraint) is about {_rounded(most)}"
        return (
            f"exact sampling: valid sequences are too rare; {len(self._logs)} of {self._next} "
            f"are from sequential Monte Carlo with {self._options.particles} particles, which is "
            f"close to exact; log P(constraint) is about {_rounded(statistics.fmean(self._logs))}"
        )


def check_particles(engine: Engine, request: Request, particles: int) -> None:
    """Raises UsageError where the particles would need more memory than there is."""
    check_memory(
        f"{particles:,} particles of up to {request.length:,} steps of {engine.size:,} kinds",
        particles * (16 * request.length + 40 * engine.size),
        hint="use fewer, `-o particles=...`, or a smaller `--length`",
    )


def _rounded(log: float) -> str:
    """`-487.90`; `-4.9e+38` at a temperature near 0."""
    return f"{log:.2f}" if abs(log) < 1e6 else f"{log:.1e}"
