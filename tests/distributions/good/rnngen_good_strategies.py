"""What `rnngen_good` registers; imported only when it is used."""

from dataclasses import dataclass

import rnngen


@dataclass(frozen=True)
class Options:
    """Steady."""

    strength: float = rnngen.option(0.5, "how much is added", min=0, max=10)


class Steady:
    """Adds a constant to the loss."""

    def __init__(self, strength: float = 0.5) -> None:
        self.strength = strength
        self.steps = 0

    @rnngen.hookimpl
    def loss_terms(self, run):
        import torch

        return {"constant": torch.tensor(self.strength, requires_grad=True)}

    @rnngen.hookimpl
    def step_finished(self):
        self.steps += 1

    def state_dict(self):
        return {"steps": self.steps}

    def load_state_dict(self, state):
        self.steps = state["steps"]


class Watcher:
    """Writes down every hook that is called, and with what."""

    def __init__(self) -> None:
        self.seen = []

    @rnngen.hookimpl
    def fit_started(self, run):
        self.seen.append(("fit_started", run))

    @rnngen.hookimpl
    def task_started(self, run, task):
        self.seen.append(("task_started", run, task))

    @rnngen.hookimpl
    def loss_terms(self, run, batch, output):
        self.seen.append(("loss_terms", run, batch, output))

    @rnngen.hookimpl
    def gradients_ready(self, run):
        self.seen.append(("gradients_ready", run))

    @rnngen.hookimpl
    def step_finished(self, run, metrics):
        self.seen.append(("step_finished", run, metrics))

    @rnngen.hookimpl
    def evaluated(self, run, split, metrics):
        self.seen.append(("evaluated", run, split, metrics))

    @rnngen.hookimpl
    def task_finished(self, run, task, batches):
        self.seen.append(("task_finished", run, task, batches))

    @rnngen.hookimpl
    def tasks_measured(self, run, nats):
        self.seen.append(("tasks_measured", run, nats))

    @rnngen.hookimpl
    def fit_finished(self, run, status):
        self.seen.append(("fit_finished", run, status))


class Fixed:
    """A stand-in."""

    def decode(self, engine, request):
        return iter(())
