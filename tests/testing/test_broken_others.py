"""Optimizers, trackers, exporters and likelihoods that break their contract in one way each."""

from __future__ import annotations

import pytest
import torch

from rnngen.components.optimizers import SGD, AdamW, AdamWOptions, SGDOptions
from rnngen.engines.exporters.onnx import Onnx
from rnngen.testing import exporters, optimizers, trackers
from rnngen.testing.plugins import plugin_checks

# Optimizers --------------------------------------------------------------------------------------


def sgd(parameters, rate):
    return torch.optim.SGD([parameter for _, parameter in parameters], lr=rate)


def first_alone(parameters, rate):
    return torch.optim.SGD([next(iter(parameters))[1]], lr=rate)


def none(parameters, rate):
    return None


class OwnRate(torch.optim.SGD):
    """It reads the rate once, and so ignores the schedule."""

    def __init__(self, parameters, rate):
        super().__init__([parameter for _, parameter in parameters], lr=rate)
        self.rate = rate

    def step(self, closure=None):
        for group in self.param_groups:
            group["lr"] = self.rate
        return super().step()


class Uphill(torch.optim.SGD):
    def __init__(self, parameters, rate):
        super().__init__([parameter for _, parameter in parameters], lr=rate, maximize=True)


class Forgetful(torch.optim.SGD):
    """What a step depends on is not in its state."""

    def __init__(self, parameters, rate):
        super().__init__([parameter for _, parameter in parameters], lr=rate)
        self.steps = 0

    def step(self, closure=None):
        self.steps += 1
        with torch.no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        parameter -= group["lr"] * self.steps * parameter.grad


class Unsaved(torch.optim.SGD):
    def __init__(self, parameters, rate):
        super().__init__([parameter for _, parameter in parameters], lr=rate)

    def state_dict(self):
        return {**super().state_dict(), "name": len}


OPTIMIZERS = {
    none: ("has_every_parameter_once", "gives a NoneType"),
    first_alone: ("has_every_parameter_once", "is 0 times among its parameters"),
    OwnRate: ("follows_its_rate", "moves although the rate was set to 0"),
    Uphill: ("learns", "the loss is"),
    Forgetful: ("resumes_where_it_was", "is another after saving and loading"),
    Unsaved: ("resumes_where_it_was", "only tensors and JSON can be saved"),
}


@pytest.mark.parametrize("build", OPTIMIZERS, ids=lambda build: build.__name__)
def test_a_broken_optimizer_is_found_and_told(build):
    check, sentence = OPTIMIZERS[build]
    with pytest.raises(AssertionError, match=sentence):
        optimizers.CHECKS[check](build)


@pytest.mark.parametrize(
    "build",
    [sgd, lambda p, r: AdamW(p, r, AdamWOptions()), lambda p, r: SGD(p, r, SGDOptions(0.9))],
    ids=["plain", "adamw", "sgd"],
)
def test_a_good_optimizer_passes_every_check(build):
    optimizers.check_optimizer(build)


# Trackers ----------------------------------------------------------------------------------------


class Csv:
    mode = "a"

    def __init__(self, folder):
        self.file = (folder / "log.csv").open(self.mode)

    def log(self, step, metrics):
        self.file.write("".join(f"{step},{name},{value}\n" for name, value in metrics.items()))

    def close(self):
        self.file.close()


class Overwrites(Csv):
    mode = "w"

    def log(self, step, metrics):
        super().log(step, metrics if step < 2 else {})


class Elsewhere(Csv):
    def log(self, step, metrics):
        with open("stray.csv", "a") as file:
            file.write(f"{step}\n")


class Empties(Csv):
    def log(self, step, metrics):
        metrics.clear()


class Whole(Csv):
    def log(self, step, metrics):
        self.file.write(str({name: int(value) for name, value in metrics.items()}))


class Prints(Csv):
    def log(self, step, metrics):
        print(step)


class Draws(Csv):
    def log(self, step, metrics):
        torch.rand(1)


TRACKERS = {
    Overwrites: ("can_go_on_in_the_same_folder", "open files to append"),
    Elsewhere: ("writes_into_the_folder_alone", "outside of the run's folder"),
    Empties: ("leaves_the_metrics", "copy them first"),
    Whole: ("takes_what_a_run_says", "OverflowError|ValueError"),
    Prints: ("prints_nothing", "it printed"),
    Draws: ("leaves_random_numbers", "random numbers"),
}


@pytest.mark.parametrize("build", TRACKERS, ids=lambda build: build.__name__)
def test_a_broken_tracker_is_found_and_told(build):
    check, sentence = TRACKERS[build]
    with pytest.raises(AssertionError, match=sentence):
        trackers.CHECKS[check](build)


def test_a_good_tracker_passes_every_check():
    trackers.check_tracker(Csv)


# Exporters ---------------------------------------------------------------------------------------


class Writes:
    def export(self, bundle, path):
        path.write_bytes(b"whole")


class Nothing:
    def export(self, bundle, path):
        return None


class Bundled:
    def export(self, bundle, path):
        path.write_bytes(b"whole")
        (bundle.path / "note.txt").write_text("exported")


class Changes:
    def export(self, bundle, path):
        path.write_bytes(b"whole")
        with torch.no_grad():
            next(bundle.model.parameters()).mul_(2)


class Numbered:
    """It never replaces what is there."""

    def export(self, bundle, path):
        path = path.with_name(f"{len(list(path.parent.iterdir()))}-{path.name}")
        path.write_bytes(b"whole")
        return [path]


EXPORTERS = {
    Nothing: ("writes_what_it_names", "did not write it"),
    Bundled: ("writes_nowhere_else", "changed the bundle's own files"),
    Changes: ("leaves_the_model", "it changed the tensor"),
    Numbered: ("replaces_what_is_there", "and then"),
}


@pytest.mark.parametrize("build", EXPORTERS, ids=lambda build: build.__name__)
def test_a_broken_exporter_is_found_and_told(build):
    check, sentence = EXPORTERS[build]
    with pytest.raises(AssertionError, match=sentence):
        exporters.CHECKS[check](build)


@pytest.mark.parametrize("build", [Writes, Onnx])
def test_a_good_exporter_passes_every_check(build):
    exporters.check_exporter(build)


# Whole plugins -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["likelihood", "decoder", "domain", "exporter", "tracker"])
def test_a_class_without_its_methods_is_found_in_a_plugin(make_plugin, kind):
    make_plugin(
        "wrong",
        "class Empty: pass\n@rnngen.hookimpl\n"
        f"def register_{kind}s(register): register('empty', Empty, summary='nothing')\n",
    )
    (check,) = (
        each
        for each in plugin_checks("wrong")
        if each.name == "components_have_what_their_contract_asks"
    )
    with pytest.raises(AssertionError, match=f"{kind} `empty` lacks `"):
        check()
