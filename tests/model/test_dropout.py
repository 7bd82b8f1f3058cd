"""Dropout: the share dropped, the mean kept, the random state that decides."""

import pytest
import torch
from scipy import stats

from rnngen.model.dropout import Dropout


@pytest.mark.parametrize("share", [0.1, 0.4, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_share_is_dropped_and_the_mean_kept(share, dtype):
    torch.manual_seed(1)
    y = Dropout(share)(torch.ones(400, 500, dtype=dtype)).float()
    dropped = int((y == 0).sum())
    rounded = round(share * 256) / 256
    assert stats.binomtest(dropped, y.numel(), rounded).pvalue > 1e-4
    assert y.max() == pytest.approx(1 / (1 - rounded), rel=0.01)
    assert y.mean() == pytest.approx(1.0, rel=0.02)


def test_neighbours_are_dropped_independently():
    torch.manual_seed(2)
    kept = (Dropout(0.5)(torch.ones(1000, 1000)) > 0).flatten()
    both = int((kept[:-1] & kept[1:]).sum())
    assert stats.binomtest(both, kept.numel() - 1, 0.25).pvalue > 1e-4


def test_the_gradient_passes_where_the_number_passed():
    torch.manual_seed(3)
    x = torch.randn(50, 60, requires_grad=True)
    y = Dropout(0.4)(x)
    y.sum().backward()
    torch.testing.assert_close(x.grad, (y / x).detach())


def test_torch_s_random_state_decides_and_moves_on():
    dropout, x = Dropout(0.3), torch.ones(100)
    torch.manual_seed(4)
    one, two = dropout(x), dropout(x)
    torch.manual_seed(4)
    assert torch.equal(dropout(x), one)
    assert not torch.equal(one, two)


def test_in_evaluation_and_at_share_0_nothing_happens():
    x = torch.randn(10)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x
