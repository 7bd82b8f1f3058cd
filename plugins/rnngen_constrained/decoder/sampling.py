"""`sampling=exact`: adaptive rejection, or sequential Monte Carlo where valid text is too rare."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

from rnngen import Emission, Engine, Machine, Request
from rnngen_constrained.decoder import exact, smc
from rnngen_constrained.decoder.conditional import Conditional
from rnngen_constrained.decoder.exact import Exact
from rnngen_constrained.decoder.options import Options
from rnngen_constrained.decoder.smc import Particles


def draw_exactly(
    engine: Engine,
    request: Request,
    machine: Machine,
    ends: bool,
    options: Options,
    note: Callable[[str], None],
) -> Iterator[Emission]:
    """Emissions of all rows, one sequence after another.

    Args:
        engine: of the model.
        request: what to write.
        machine: of all constraints.
        ends: whether the model knows ends of documents.
        options: of the decoder.
        note: called with a line about the result.
    """
    samplers: dict[tuple[int, ...], Exact] = {}
    clouds: dict[tuple[int, ...], Particles] = {}
    logs = []
    for row, prompt in enumerate(request.prompts):
        key = tuple(prompt)
        target = Conditional(engine, machine, prompt, request.length, ends, options.temperature)
        if key not in samplers:
            samplers[key] = Exact(target, request.seed, options.effort)
        sampler = samplers[key]
        number = request.first + row
        drawn: exact.Drawn | smc.Drawn | None = sampler.draw(number)
        if drawn is None:
            if key not in clouds:
                clouds[key] = Particles(target, options.particles)
            drawn = clouds[key].draw(request.seed, number)
            logs.append(drawn.log_probability)
        for step, log in zip(drawn.steps, drawn.logs, strict=True):
            yield Emission(row, step, log)
            if request.stop is not None and request.stop(row, step):
                break
    if logs:
        note(
            f"exact sampling: valid sequences are too rare; {len(logs)} of {len(request.prompts)} "
            f"are from sequential Monte Carlo with {options.particles} particles, which is close "
            f"to exact; log P(constraint) is about {statistics.fmean(logs):.2f}"
        )
    else:
        most = max(sampler.log_probability for sampler in samplers.values())
        note(f"exact sampling: log P(constraint) is about {most:.2f}")
