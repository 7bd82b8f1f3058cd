"""Every registered decoder, with several options, keeps the contract."""

from __future__ import annotations

from typing import Any

import pytest

from rnngen.kernel.catalog import get_catalog
from rnngen.testing.decoders import CHECKS, check_decoder

VARIANTS: list[tuple[str, dict[str, Any]]] = [
    # `constrained` has to be told what steps mean: tests/constrained/test_decoder.py does.
    *((name, {}) for name in get_catalog().names("decoder") if name != "constrained"),
    ("sample", {"temperature": 0}),
    ("sample", {"temperature": 2.5}),
    ("sample", {"top_k": 3, "top_p": 0.9, "min_p": 0.05}),
    ("sample", {"repetition_penalty": 1.5, "repetition_window": 3}),
    ("sample", {"repetition_penalty": 1.5, "repetition_window": 0}),
    ("beam", {"width": 1}),
    ("beam", {"width": 6, "n_best": 3, "length_penalty": 0.7}),
]


def test_the_decoders_everybody_expects_are_registered() -> None:
    assert {"sample", "greedy", "beam"} <= {name for name, _ in VARIANTS}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=[f"{n}-{o}" for n, o in VARIANTS])
def test_registered_decoder_keeps_the_contract(
    name: str, options: dict[str, Any], check: Any
) -> None:
    component = get_catalog().find("decoder", name)
    check(lambda: component.build(**options))


def test_a_decoder_that_breaks_the_contract_is_found() -> None:
    import torch

    from rnngen.contracts.decoder import Emission

    class Global:
        def decode(self, engine, request):  # type: ignore[no-untyped-def]
            for row in range(len(request.prompts)):
                for _ in range(request.length):
                    yield Emission(row, int(torch.randint(engine.size, ())), -1.0)

    with pytest.raises(AssertionError):
        check_decoder(Global)
    for name in ("repeatable", "no_global_random_state", "log_probabilities_of_model"):
        with pytest.raises(AssertionError):
            CHECKS[name](Global)
