"""The verb `chat`: a model that learned dialogues takes part in one, turn by turn.

    chat = Chat("runs/dialogue")
    chat.answer("I would like to find a place to eat.")

A dialogue is text in which each turn is a line that begins with its speaker: `USER: I am hungry.`
The state of the model is carried from turn to turn, so a turn costs only its own tokens, however
long the conversation is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.decoder import Request
from rnngen.contracts.engine import Engine, State
from rnngen.contracts.errors import UsageError
from rnngen.contracts.exact_text import exact, refuse_escaped
from rnngen.engines.choose import DEFAULT
from rnngen.kernel.blame import attributed
from rnngen.verbs.components import Given, parted
from rnngen.verbs.context import ModelContext
from rnngen.verbs.generate import generate
from rnngen.verbs.line_ends import line_end
from rnngen.verbs.read_as import read_as
from rnngen.verbs.start import engine_of, make_decoder, opened
from rnngen.verbs.writing import Framing, Listeners, line_by_line, write

TURN = re.compile(r"^([^\W\d][\w .'-]{0,23}:[ \t]?)", re.MULTILINE)
"""The speaker, at the beginning of a line."""

LISTENED = 1500
"""Tokens that the model writes to find out who speaks."""


class Chat:
    """A conversation with a model.

    Args:
        bundle: a bundle, or where it is.
        you: what stands before the turns of the person; None: found in what the model writes.
        other: what stands before the model's own turns; None: found in the same way.
        decoder: `sample`, `greedy`, or one of a plugin.
        options: of the decoder; those of the engine have its name: `{"ENGINE.option": 1}`.
        length: tokens per answer, at most.
        seed: the same seed and turns give the same answers.
        device: `auto`, `cpu`, `cuda`, `mps`.
        engine: `torch`, or one of a plugin.

    Raises:
        UsageError: the model did not learn dialogues, or the decoder can't stop at a turn's end.
        BundleError: the bundle is damaged.
    """

    @attributed()
    def __init__(
        self,
        bundle: Bundle | str | Path,
        *,
        you: str | None = None,
        other: str | None = None,
        decoder: str = "sample",
        options: Given = None,
        length: int = 300,
        seed: int = 0,
        device: str = "auto",
        engine: str = DEFAULT,
    ) -> None:
        bundle = opened(bundle)
        if not bundle.codec.spells_text:
            raise UsageError(
                f"`{bundle.path}` does not write text, so you can't chat with it",
                hint="choose a model that learned dialogues",
            )
        rest, domain_options = parted(options, bundle.manifest.domain.name)
        decoder_options, engine_options = parted(rest, engine)
        bundle = read_as(bundle, domain_options)
        self._decoder = make_decoder(decoder, decoder_options)
        if self._decoder.complete:
            raise UsageError(
                f"an answer ends with its line, but the decoder `{decoder}` writes whole documents",
                hint="use `--decoder sample`",
            )
        self._decoder.attach(ModelContext(bundle, lambda text: None))
        if you is None or other is None:
            you, other = speakers(
                bundle, you, other, device=device, engine=engine, options=engine_options
            )
        self.you, self.other = bundle.domain.spelled(you), bundle.domain.spelled(other)
        self._codec, self._remarks = bundle.codec, bundle.domain.remarks
        self.line_end = line_end(bundle, device, engine, engine_options)
        self._framing = Framing(bundle.codec, stops=line_by_line(("\n", self.line_end)))
        self._length = length
        self._seed = seed
        self._turns = 0
        self._engine = engine_of(bundle, device, name=engine, options=engine_options)
        self._state = self._engine.start(1)
        self._unread: list[int] = [self._codec.boundary]
        self.data = b""
        """The bytes of the last answer."""

    @attributed()
    def answer(
        self,
        text: str | bytes,
        stream: Callable[[str], None] | None = None,
        stream_bytes: Callable[[bytes], None] | None = None,
    ) -> str:
        """The model's next turn.

        Args:
            text: what was said to it, without a line end.
            stream: told the answer as it is written.
            stream_bytes: told the same as bytes, which of a model of bytes need not be UTF-8.

        Raises:
            DataError: something in it is unknown to the model; the conversation is as it was.
        """
        text = exact(text) if isinstance(text, bytes) else text
        if not self._codec.keeps_bytes:
            refuse_escaped(text, "what was said")
        self._remarks.clear()
        said: list[int] = self._codec.encode(
            f"{self.you}{' '.join(text.split())}{self.line_end}{self.other}"
        ).tolist()
        heard, last = [*self._unread, *said[:-1]], said[-1]
        with self._engine.threads(1):
            self._read(heard)
            request = Request(
                [[last]],
                self._length,
                seed=self._seed,
                first=self._turns,
                ends=frozenset({self._codec.boundary}),
                tell_end=True,
            )
            listeners = Listeners(
                None if stream is None else lambda row, part: stream(part),
                None if stream_bytes is None else lambda row, data: stream_bytes(data),
            )
            engine = _Continued(self._engine, self._state)
            with listeners as hear:
                (written,) = write(engine, self._decoder, request, self._framing, hear)
        answer = exact(written.data)
        self._unread = [last, *self._codec.encode(f"{answer}{self.line_end}").tolist()]
        self._turns += 1
        self.data = written.data
        return written.text

    def remarks(self) -> list[str]:
        """Sentences on what the model did not know of what was said last."""
        return list(self._remarks)

    def _read(self, steps: list[int]) -> None:
        if steps:
            tokens = torch.tensor(steps).unsqueeze(1)  # [T] -> [T,1]
            _, self._state = self._engine.read_prompt(tokens, self._state)


class _Continued(Engine):
    """An engine whose sequences begin in a given state of another one."""

    def __init__(self, engine: Engine, state: State) -> None:
        self.size, self.device, self.likelihood = engine.size, engine.device, engine.likelihood
        self._engine = engine
        self._state = state

    def start(self, batch: int) -> State:
        return self._engine.select(self._state, torch.zeros(batch, dtype=torch.int64))

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        return self._engine.step(tokens, state)

    def read(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        return self._engine.read(tokens, state)

    def read_prompt(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        return self._engine.read_prompt(tokens, state)

    def select(self, state: State, rows: Tensor) -> State:
        return self._engine.select(state, rows)


def speakers(
    bundle: Bundle,
    you: str | None,
    other: str | None,
    *,
    device: str = "auto",
    engine: str = DEFAULT,
    options: Given = None,
) -> tuple[str, str]:
    """Who speaks in what a model writes; the first speaker is `you`.

    Args:
        bundle: the model.
        you: if it is known already.
        other: if it is known already.
        device: where the model is computed.
        engine: what steps it.
        options: of the engine.

    Raises:
        UsageError: the model does not write dialogues.
    """
    (written,) = generate(
        bundle, length=LISTENED, documents=0, device=device, engine=engine, options=options
    )
    text = written.text
    found = Counter(TURN.findall(text))
    often = [name for name in found if found[name] > 1]  # in the order in which they appear
    others = [name for name in often if name not in (you, other)]
    wanted = [name for name in (you, other) if name is None]
    lines = [line for line in text.splitlines()[:-1] if line.strip()]
    spoken = sum(line.startswith(tuple(often)) for line in lines)
    if len(others) < len(wanted) or 2 * spoken < len(lines):
        raise UsageError(
            f"`{bundle.path}` does not write dialogues whose lines begin with their speaker",
            hint="name the speakers, as in `--you 'USER: ' --other 'SYSTEM: '`, or train a model "
            "on such dialogues",
        )
    return you or others.pop(0), other or others.pop(0)
