"""ONNX: one step of the model as a graph, with its state as explicit inputs and outputs.

    tokens [batch] int64, state_0 .. state_n  ->  logits [batch, K], next_state_0 .. next_state_n

A program feeds `next_state_i` back as `state_i`. Beside `FILE.onnx` stands `FILE.json`: the tokens
by id, and every state's shape, type and initial value. What was written is run by ONNX Runtime,
where that is installed, and compared with the model.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from rnngen.contracts.cell import Cell, State, map_state, tensors
from rnngen.contracts.errors import PluginError, RunError, UsageError
from rnngen.contracts.options import option
from rnngen.contracts.output import Exporter
from rnngen.files.atomic import saving, write_atomically

if TYPE_CHECKING:
    from rnngen.bundles.bundle import Bundle
    from rnngen.model.model import Model

FORMAT = 1
TOLERANCE = 1e-4
"""Tolerance of logits against the model's, relative to the largest if that is above 1."""
CHECKED_STEPS = 8


@dataclass(frozen=True)
class Options:
    """One step of the model as ONNX."""

    opset: int = option(17, "version of the ONNX operators", min=13, max=20)


class Step(nn.Module):
    """One step of a model, with a flat state, as it is traced.

    Args:
        model: in evaluation mode.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, *flat: Tensor) -> tuple[Tensor, ...]:
        """`tokens [B]` and the tensors of the state to logits `[B,K]` and those of the next."""
        model = self.model
        state = unflatten(model.initial_state(1), flat)
        x = model.embedding(tokens)
        after: list[State] = []
        for layer, cell in enumerate(model.cells):
            y, cell_state = cast(Cell, cell).step(x, state[layer])
            y = model.norms[layer](y)
            x = y + x if model.adds_input(layer) else y
            after.append(cell_state)
        return model.readout(x), *flatten(after)


def flatten(state: State) -> list[Tensor]:
    """The tensors of a state, in order."""
    return [tensor for _, tensor in tensors(state)]


def unflatten(like: State, flat: tuple[Tensor, ...]) -> State:
    """A state of the structure of `like` with the tensors of `flat`."""
    rest = iter(flat)
    return map_state(lambda _: next(rest), like)


class Onnx(Exporter):
    """Writes ONNX.

    Args:
        options: None: the defaults.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.opset = (options or Options()).opset

    def export(self, bundle: Bundle, path: Path) -> list[Path]:
        """Writes `path` and a JSON file with the same name; returns both.

        Raises:
            UsageError: the model's steps are not tokens, or are conditioned on something.
            PluginError: onnx is not installed, or the cell uses what ONNX can't say.
            RunError: it can't be written, or does not compute what the model computes.
        """
        beside = path.with_suffix(".json")
        if path == beside:
            raise UsageError(f"`{path}` ends in `.json`, expected a name like `model.onnx`")
        model = bundle.model
        if model.likelihood.step_shape or model.condition is not None:
            raise UsageError(
                f"the exporter `onnx` writes models of tokens, and `{bundle.path}` is one of "
                + ("vectors" if model.likelihood.step_shape else "conditioned sequences"),
                hint="use the model with `rnngen generate`, or from Python with `rnngen.load`",
            )
        graph = self._graph(model)
        _check(graph, model)
        description = json.dumps(_describe(bundle, path.name), ensure_ascii=False, indent=1)
        for file, data in ((path, graph), (beside, description.encode())):
            with saving(file, "the model was not exported"):
                file.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(file, data)
        return [path, beside]

    def _graph(self, model: Model) -> bytes:
        try:
            import onnx  # noqa: F401 (torch.onnx imports it late, with a worse message)
        except ImportError as error:
            raise PluginError(
                "exporter `onnx` needs onnx, which is not installed",
                hint='`pip install "rnngen[onnx]"`',
            ) from error
        # Two rows: a batch of one is squeezed away by some operators.
        state = flatten(model.initial_state(2))
        names = [f"state_{place}" for place in range(len(state))]
        after = [f"next_{name}" for name in names]
        written = io.BytesIO()
        try:
            with _quiet(), torch.no_grad():
                torch.onnx.export(
                    # torch gives the model the mode back that the outermost module had.
                    Step(model).eval(),
                    (torch.zeros(2, dtype=torch.int64), *state),
                    cast(Any, written),
                    dynamo=False,
                    opset_version=self.opset,
                    input_names=["tokens", *names],
                    output_names=["logits", *after],
                    dynamic_axes={
                        name: {0: "batch"} for name in ("tokens", "logits", *names, *after)
                    },
                )
        except Exception as error:
            raise PluginError(
                f"cell `{model.options.cell}` can't be written as ONNX: "
                f"{type(error).__name__}: {' '.join(str(error).split())[:300]}",
                hint="its `step` has to be made of tensor operations alone",
            ) from error
        return written.getvalue()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences the torch exporter's advice to use its successor, which needs another package."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _check(graph: bytes, model: Model) -> None:
    """Compares the graph with the model step by step, for one row and for three."""
    try:
        from onnxruntime import InferenceSession
    except ImportError:
        return
    session = InferenceSession(graph, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    shape = (CHECKED_STEPS, 3)
    steps = torch.randint(model.likelihood.size, shape, generator=generator)
    for rows in (1, 3):
        with torch.no_grad():
            expected, _ = model(steps[:, :rows], model.initial_state(rows))
        state = [tensor.numpy() for tensor in flatten(model.initial_state(rows))]
        for at, tokens in enumerate(steps[:, :rows]):
            inputs = {f"state_{place}": part for place, part in enumerate(state)}
            logits, *state = session.run(None, {"tokens": tokens.numpy(), **inputs})
            wanted = expected[at]
            error = float((torch.from_numpy(logits) - wanted).abs().max())
            if not error <= TOLERANCE * max(1.0, float(wanted.abs().max())):
                raise RunError(
                    f"the ONNX graph of cell `{model.options.cell}` differs from the model by "
                    f"{error:.1e} at step {at} with {rows} rows; nothing was written",
                    hint="the cell's `step` may depend on Python values that change between steps",
                )


def _describe(bundle: Bundle, name: str) -> dict[str, Any]:
    """What a program needs besides the graph."""
    codec, model = bundle.codec, bundle.model
    steps = range(codec.size)
    described = {
        "format": FORMAT,
        "model": name,
        "boundary": codec.boundary,
        "tokens": [codec.token(step) for step in steps],
        "states": [_state(place, part) for place, part in enumerate(_fresh(model))],
    }
    if codec.spells_text:
        # `tokens` is for reading; half a character of UTF-8 can only be told in bytes.
        described["token_bytes"] = [codec.bytes_of(step).hex() for step in steps]
    return described


def _fresh(model: Model) -> list[Tensor]:
    with torch.no_grad():
        return flatten(model.initial_state(1))


def _state(place: int, fresh: Tensor) -> dict[str, Any]:
    row = fresh[0]
    return {
        "input": f"state_{place}",
        "output": f"next_state_{place}",
        "shape": ["batch", *row.shape],
        "type": str(row.dtype).removeprefix("torch."),
        "initial": row.tolist() if bool((row != 0).any()) else 0,
    }
