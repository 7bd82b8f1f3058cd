"""Avalanche's own training loop over the same data, for comparison with the bridge.

It is the stock `SupervisedTemplate`, with its own order of events. It overrides only what a
model of text needs: where the batches come from, and the state that is carried between them.
"""

from __future__ import annotations

import torch
from avalanche.training.plugins import EvaluationPlugin
from avalanche.training.templates import SupervisedTemplate

from rnngen.contracts.cell import map_state
from rnngen.metrics.task_history import measure
from rnngen.training.plan import Plan
from rnngen_avalanche import windows
from rnngen_avalanche.fake_template import token_loss
from rnngen_avalanche.randomness import apart


class Template(SupervisedTemplate):
    """The loop, over the tasks of a plan."""

    def __init__(self, *, plan: Plan, view, optimizer, plugins, clock) -> None:
        super().__init__(
            model=view,
            optimizer=optimizer,
            criterion=token_loss,
            train_epochs=1,
            plugins=list(plugins.values()),
            evaluator=EvaluationPlugin(),
        )
        self.plugins[-1] = self.clock = clock
        self.plan = plan
        self.lanes = None

    def make_train_dataloader(self, **kwargs):
        batches = self.batches
        count = round(self.plan.train.epochs) * len(batches)
        self.dataloader = [batches.batch(*divmod(place, len(batches))) for place in range(count)]
        self.lanes = None

    def make_optimizer(self, **kwargs):
        self.optimizer.state.clear()

    def model_adaptation(self, model=None):
        return self.model

    def _unpack_minibatch(self):
        self.model.chunk.read(self.mbatch, self.mbatch.inputs.shape[1])
        chunk = self.model.chunk
        self.mbatch = [chunk.x, chunk.y, torch.zeros(len(chunk.x), dtype=torch.int64)]

    def forward(self):
        batch, net = self.model.chunk.batch, self.model.net
        state = self.lanes or net.initial_state(batch.inputs.shape[1])
        output, state = net(batch.inputs, state, batch.resets)
        self.lanes = [map_state(torch.Tensor.detach, layer) for layer in state]
        return output.transpose(0, 1).flatten(0, 1)

    def _before_training_iteration(self, **kwargs):
        super()._before_training_iteration(**kwargs)
        self.model.train()

    def _after_backward(self, **kwargs):
        super()._after_backward(**kwargs)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.plan.train.clip)

    def _after_training_exp(self, **kwargs):
        self.model.chunk.close()
        with apart(self.plan.train.seed, self.clock.train_exp_counter), windows.quiet():
            super()._after_training_exp(**kwargs)
        self.model.train()

    def learn(self, most: int) -> list[list[float]]:
        """The rows of the task matrix, in nats per token."""
        plan = self.plan

        def row():
            return measure(
                plan.model,
                plan.measured,
                plan.place.device,
                plan.train.validate_tokens,
            )

        rows = [row()]
        for number, task in enumerate(plan.tasks):
            self.batches = task.batches
            self.train_mb_size = task.batches.lanes
            dataset = windows.of_task(task.batches, most, number)
            self.train(windows.experience(dataset, number), eval_streams=[])
            rows.append(row())
        return rows
