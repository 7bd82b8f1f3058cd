"""Which of Avalanche's strategies can learn sequences of tokens, and why the others can't."""

from __future__ import annotations

from rnngen import UsageError, suggest

SUPPORTED = ("naive", "ewc", "ewc-online", "si", "lwf", "mas", "rwalk", "agem", "gem", "replay")

ONE_CLASS = "it needs one class for each example, and a text has a token at every step"

REFUSED = {
    "bic": "it corrects the bias of a classifier towards new classes, and writes to a property "
    "that can't be written in 0.6.0",
    "cope": f"{ONE_CLASS}: it keeps a prototype of every class",
    "cwr": "it copies the weights of a classifier's last layer class by class",
    "der": f"{ONE_CLASS}: its buffer is balanced over classes",
    "fecam": "it replaces the model's last layer by the means and covariances of classes",
    "feature-distillation": "it needs a vision model that exposes its features",
    "gdumb": f"{ONE_CLASS}; it also trains another model than the run's own",
    "generative-replay": "it needs an image generator besides the model; `--plugin self-replay` "
    "lets a model rehearse what it writes itself",
    "gss": f"{ONE_CLASS}: its buffer holds vectors of real numbers",
    "icarl": "it classifies by the nearest mean of stored images",
    "lfl": "it needs a model that exposes its features, and freezes the last layer",
    "mir": f"{ONE_CLASS}: of tokens it selects nothing, and is the same as `naive`",
    "ncm": "it replaces the model's last layer by the means of classes",
    "rar": "it perturbs inputs by their gradient, and token ids have none",
}

ALIASES = {
    "a-gem": "agem",
    "cwr*": "cwr",
    "cwrstar": "cwr",
    "cwr-star": "cwr",
    "featuredistillation": "feature-distillation",
    "generativereplay": "generative-replay",
    "gss-greedy": "gss",
    "synaptic-intelligence": "si",
    "online-ewc": "ewc-online",
}


def read(text: str) -> tuple[str, ...]:
    """`replay+ewc` as names, in this order.

    Raises:
        UsageError: one can't be used here (with the reason), or is not known (with the nearest).
    """
    names = tuple(_named(part) for part in text.split("+"))
    families = [name.removesuffix("-online") for name in names]
    for family in families:
        if families.count(family) > 1:
            raise UsageError(f"`avalanche.strategy` is {text!r}, which has `{family}` twice")
    if "naive" in names and len(names) > 1:
        raise UsageError(
            f"`avalanche.strategy` is {text!r}, but `naive` protects nothing",
            hint="leave it out",
        )
    return names


def _named(part: str) -> str:
    word = part.strip().lower().replace("_", "-").replace(" ", "-")
    name = ALIASES.get(word, word)
    if name in SUPPORTED:
        return name
    known = f"it can be: {', '.join(SUPPORTED)}, or several with `+`"
    if name in REFUSED:
        raise UsageError(
            f"`avalanche.strategy={part.strip()}` can't learn sequences: {REFUSED[name]}",
            hint=known,
        )
    near = suggest(name, SUPPORTED)
    raise UsageError(
        f"`avalanche.strategy` has no `{part.strip()}`",
        hint=f"did you mean `{near}`?" if near else known,
    )
