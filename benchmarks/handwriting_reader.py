"""A recogniser of handwritten words, to read what a model wrote: a bidirectional GRU with CTC.

It is trained on the real words of the training writers alone, and sees the same steps as the model
that writes (Graves et al. 2006 for CTC; no language model). A word is read in two ways: letter by
letter, or as the word of a lexicon that is likeliest given the strokes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

BATCH = 32
POOL = 1024
LEARNING_RATE = 4e-3
SCORED = 512
"""Words of a lexicon scored at once."""

Strokes = NDArray[np.float32]
Word = tuple[Strokes, str]


class Reader(nn.Module):
    """Letters of strokes `[T,B,5]`: log-probabilities `[T,B,L+1]`, 0 the blank."""

    def __init__(self, letters: Sequence[str], hidden: int = 128) -> None:
        super().__init__()
        self.letters = list(letters)
        self.layers = nn.GRU(5, hidden, bidirectional=True)
        self.readout = nn.Linear(2 * hidden, len(self.letters) + 1)

    def forward(self, strokes: Tensor) -> Tensor:
        """`[T,B,5]` to `[T,B,L+1]`."""
        y, _ = self.layers(strokes)
        return self.readout(nn.functional.dropout(y, 0.3, self.training)).log_softmax(-1)

    def numbers(self, text: str) -> list[int]:
        """Letters by number, from 1."""
        return [self.letters.index(letter) + 1 for letter in text]


def train(words: Sequence[Word], seconds: float, seed: int = 0) -> Reader:
    """A reader of these words, trained for some processor time; each time they are varied."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    reader = Reader(sorted({letter for _, text in words for letter in text}))
    optimizer = torch.optim.AdamW(reader.parameters(), LEARNING_RATE, weight_decay=1e-4)
    start, epoch = time.process_time(), 0
    while (done := (time.process_time() - start) / seconds) < 1:
        order = random.permutation(len(words))
        pools = [order[at : at + POOL] for at in range(0, len(order), POOL)]
        total = 0.0
        for pool in pools:
            by_length = sorted(pool, key=lambda n: len(words[n][0]))
            batches = [by_length[at : at + BATCH] for at in range(0, len(pool), BATCH)]
            for number in random.permutation(len(batches)):
                done = min(1.0, (time.process_time() - start) / seconds)
                for group in optimizer.param_groups:
                    group["lr"] = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * done))
                chosen = [words[n] for n in batches[number]]
                loss = _loss(reader, [(_varied(s, random), text) for s, text in chosen])
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
                optimizer.step()
                total += loss.item() * len(chosen)
        epoch += 1
        print(f"reader: epoch {epoch}, loss {total / len(words):.3f}", flush=True)
    return reader.eval()


def _varied(strokes: Strokes, random: np.random.Generator) -> Strokes:
    slant = random.normal(0, 0.15)
    wide, high = random.normal(1, 0.1, 2)
    varied = strokes.copy()
    varied[:, 0] = (strokes[:, 0] - slant * strokes[:, 1]) * wide
    varied[:, 1] *= high
    return varied


def _batch(strokes: Sequence[Strokes]) -> tuple[Tensor, Tensor]:
    """Side by side `[T,B,5]`, zeros behind; and their lengths `[B]`."""
    lengths = torch.tensor([len(each) for each in strokes])
    together = torch.zeros(int(lengths.max()), len(strokes), 5)
    for column, each in enumerate(strokes):
        together[: len(each), column] = torch.from_numpy(each)
    return together, lengths


def _loss(reader: Reader, words: Sequence[Word]) -> Tensor:
    strokes, lengths = _batch([strokes for strokes, _ in words])
    targets = [reader.numbers(text) for _, text in words]
    return nn.functional.ctc_loss(
        reader(strokes),
        torch.tensor([number for target in targets for number in target]),
        lengths,
        torch.tensor([len(target) for target in targets]),
        zero_infinity=True,
    )


def read(reader: Reader, strokes: Strokes, lexicon: Sequence[str]) -> tuple[str, str]:
    """What is read letter by letter, and which word of a lexicon is likeliest."""
    with torch.inference_mode():
        logs = reader(torch.from_numpy(strokes).unsqueeze(1))
        best = logs[:, 0].argmax(-1).tolist()
        letters = [
            reader.letters[now - 1]
            for before, now in zip([0, *best[:-1]], best, strict=True)
            if now and now != before
        ]
        nats = []
        for at in range(0, len(lexicon), SCORED):
            part = [reader.numbers(word) for word in lexicon[at : at + SCORED]]
            nats += nn.functional.ctc_loss(
                logs.expand(-1, len(part), -1),
                torch.tensor([number for word in part for number in word]),
                torch.full((len(part),), len(logs)),
                torch.tensor([len(word) for word in part]),
                reduction="none",
            ).tolist()
    return "".join(letters), lexicon[int(np.argmin(nats))]


def right(
    reader: Reader, words: Sequence[Word], lexicon: Sequence[str]
) -> tuple[float, float, list[str]]:
    """Shares read right letter by letter and by lexicon, and what was read by lexicon."""
    found = [read(reader, strokes, lexicon) for strokes, _ in words]
    texts = [text for _, text in words]
    pairs = list(zip(found, texts, strict=True))
    return (
        sum(each[0] == text for each, text in pairs) / len(pairs),
        sum(each[1] == text for each, text in pairs) / len(pairs),
        [each[1] for each in found],
    )
