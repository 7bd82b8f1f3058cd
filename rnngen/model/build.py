"""Builds a model from options or a manifest, and grows its vocabulary."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from rnngen.components.likelihoods.categorical import Categorical
from rnngen.contracts.errors import BundleError, UsageError
from rnngen.contracts.likelihood import Likelihood
from rnngen.contracts.options import build as build_options
from rnngen.contracts.steps import DTYPES, ConditionShape
from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.model import Model


def build(size: int, options: ModelOptions, cell_options: Mapping[str, Any]) -> Model:
    """A model of tokens with fresh weights, for `size` different ones."""
    return Model(Categorical(size), options, cell_options)


def make_likelihood(name: str, options: Mapping[str, Any]) -> Likelihood:
    """The likelihood with that name.

    Raises:
        UsageError: there is none with that name.
        PluginError: its plugin failed.
    """
    made: Likelihood = get_catalog().find("likelihood", name).build(**options)
    return made


def grow(model: Model, size: int) -> Model:
    """The model with room for `size` different steps, at least as many as it has.

    Old steps keep their weights. A new step starts as improbable as the least probable old one:
    its readout row is zero and its bias the lowest there is; its vector is drawn like the others.
    """
    old = model.likelihood.size
    if size == old or not isinstance(model.likelihood, Categorical):
        return model
    grown = Model(
        Categorical(size),
        model.options,
        model.cell_options,
        model.condition,
        model.conditioner_options,
    )
    own = grown.tensors()
    for name, tensor in model.tensors().items():
        own[name][: len(tensor)].copy_(tensor)
    with torch.no_grad():
        spread = float(model.embedding.weight.std())
        if not math.isfinite(spread):
            raise BundleError(
                "the model's embedding has numbers that are not finite, so no new token can be "
                "added",
                hint="use an earlier copy of the folder",
            )
        grown.embedding.weight[old:].normal_(std=spread)
        if not model.options.tied:
            grown.readout.weight[old:].zero_()
        grown.readout.bias[old:].fill_(float(model.readout.bias.min()))
    return grown.train(model.training)


def from_manifest(description: Mapping[str, Any], likelihood: Likelihood) -> Model:
    """The model that `Model.describe` described, with fresh weights.

    Args:
        description: what `Model.describe` gave.
        likelihood: the model's.

    Raises:
        BundleError: the description is not one of a model.
        PluginError: its cell comes from a plugin that is not installed.
    """
    values = dict(description)
    try:
        cell_options = values.pop("cell_options")
        size = values.pop("size")
        count = values.pop("parameters")
        condition = _condition(values.pop("condition", None))
        conditioner_options = values.pop("conditioner_options", {})
    except KeyError as missing:
        raise BundleError(f"the description of the model lacks {missing}") from None
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise BundleError(f"the model has {size!r} numbers in an output, expected one or more")
    if size != likelihood.size:
        raise BundleError(
            f"the model has {size} numbers in an output, but its likelihood needs {likelihood.size}"
        )
    try:
        options = build_options(ModelOptions, values, "the bundle's model")
        cell_options = _checked("cell", options.cell, cell_options)
        if condition is not None:
            conditioner_options = _checked("conditioner", options.conditioner, conditioner_options)
    except UsageError as error:
        raise BundleError(
            f"the bundle describes a model that can't be built: {error.message}", hint=error.hint
        ) from None
    model = Model(likelihood, options, cell_options, condition, conditioner_options)
    if model.parameter_count != count:
        raise BundleError(
            f"the bundle says {count} parameters, but its description makes {model.parameter_count}"
        )
    return model


def _checked(kind: str, name: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of a component, as a manifest gives them, in the types that it expects."""
    component = get_catalog().find(kind, name)
    chosen = component.load_options()
    return values if chosen is None else asdict(build_options(chosen, values, str(component)))


def _condition(value: Any) -> ConditionShape | None:
    if value is None:
        return None
    try:
        shape = ConditionShape(**{**value, "element": tuple(value.get("element", ()))})
    except (AttributeError, TypeError):
        raise BundleError(f"the model's condition is {value!r}, expected its shape") from None
    symbols = () if shape.symbols is None else (shape.symbols,)
    numbers = (*symbols, *shape.shape)
    if not all(isinstance(n, int) and 0 < n < 2**31 for n in numbers) or not (
        isinstance(shape.pace, int | float) and 0 < shape.pace < math.inf
    ):
        raise BundleError(f"the model's condition is {value!r}, expected positive numbers")
    if shape.dtype not in DTYPES:
        raise BundleError(
            f"the model's condition has the type {shape.dtype!r}, expected {' or '.join(DTYPES)}"
        )
    return shape
