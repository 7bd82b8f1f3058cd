"""Random grammars as trees, written in every notation, and their languages by brute force."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Tree = tuple[Any, ...]
Trees = dict[str, Tree]
LETTERS = "a\"\\]-'é"
"""Those that some notation has to escape, or that are signs in a class."""


@st.composite
def grammars(draw: st.DrawFn, rules: str = "xyz") -> Trees:
    """Random grammars: choices, repetitions, classes and their complements, any recursion."""
    chars = st.sampled_from(LETTERS)
    leaf = st.one_of(
        st.tuples(st.just("text"), st.text(LETTERS, min_size=1, max_size=2)),
        st.tuples(st.just("class"), st.sets(chars, min_size=1, max_size=3)),
        st.tuples(st.just("not"), st.sets(chars, min_size=1, max_size=3)),
        st.tuples(st.just("rule"), st.sampled_from(rules)),
    )
    tree = st.recursive(
        leaf,
        lambda part: st.one_of(
            st.tuples(st.just("series"), part, part),
            st.tuples(st.just("either"), part, part),
            st.tuples(st.just("times"), part, st.sampled_from([(0, 1), (0, None), (1, None)])),
            st.tuples(st.just("times"), part, st.sampled_from([(2, 2), (1, 2), (0, 2), (2, None)])),
        ),
        max_leaves=4,
    )
    return {rule: draw(tree) for rule in rules}


def language(trees: Trees, start: str, longest: int) -> set[str]:
    """All texts up to a length, as a least fixpoint over sets of texts."""
    known: dict[str, set[str]] = {rule: set() for rule in trees}
    while True:
        after = {rule: _texts(tree, known, longest) for rule, tree in trees.items()}
        if after == known:
            return known[start]
        known = after


def _texts(tree: Tree, known: dict[str, set[str]], longest: int) -> set[str]:
    def joined(left: set[str], right: set[str]) -> set[str]:
        return {a + b for a in left for b in right if len(a) + len(b) <= longest}

    match tree:
        case ("text", text):
            return {text} if len(text) <= longest else set()
        case ("class", chars):
            return set(chars)
        case ("not", chars):
            return set(LETTERS) - chars
        case ("rule", rule):
            return known[rule]
        case ("series", left, right):
            return joined(_texts(left, known, longest), _texts(right, known, longest))
        case ("either", left, right):
            return _texts(left, known, longest) | _texts(right, known, longest)
        case ("times", part, (least, most)):
            once, power, found = _texts(part, known, longest), {""}, set[str]()
            for times in range((longest + least if most is None else most) + 1):
                found |= power if times >= least else set()
                power = joined(power, once)
            return found
    raise AssertionError(tree)


def as_lark(trees: Trees) -> str:
    """In Lark's notation; `start` is the first rule."""

    def written(tree: Tree) -> str:
        match tree:
            case ("text", text):
                return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
            case ("class" | "not" as kind, chars):
                inside = "".join(f"\\{char}" if char in '"\\]-' else char for char in sorted(chars))
                return f"/[{'^' * (kind == 'not')}{inside}]/"
            case ("times", part, (least, None)) if least > 1:
                return f"(({written(part)})~{least} ({written(part)})*)"
            case ("times", part, (least, most)) if (least, most) not in _SIGNS:
                return f"({written(part)})~{least}..{most}"
        return _shared(tree, written)

    return "\n".join(["start: x", *(f"{rule}: {written(tree)}" for rule, tree in trees.items())])


def as_gbnf(trees: Trees) -> str:
    """In GBNF; `root` is the first rule, and comes last."""

    def written(tree: Tree) -> str:
        match tree:
            case ("text", text):
                return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
            case ("class" | "not" as kind, chars):
                inside = "".join(f"\\x{ord(char):02x}" for char in sorted(chars))
                return f"[{'^' * (kind == 'not')}{inside}]"
            case ("times", part, (least, most)) if (least, most) not in _SIGNS:
                bounds = f"{least}" if least == most else f"{least},{'' if most is None else most}"
                return f"({written(part)}){{{bounds}}}"
        return _shared(tree, written)

    rules = [f"{rule} ::= {written(tree)} # {rule}" for rule, tree in trees.items()]
    return "\n".join([*rules, "root ::=\n  x"])


def as_w3c(trees: Trees) -> str:
    """In EBNF of the W3C; the first rule is `x`."""

    def written(tree: Tree) -> str:
        match tree:
            case ("text", text):
                return " ".join(f"'{char}'" if char != "'" else '"\'"' for char in text)
            case ("class" | "not" as kind, chars):
                inside = "".join(f"#x{ord(char):X}" for char in sorted(chars))
                return f"[{'^' * (kind == 'not')}{inside}]"
            case ("times", part, (least, most)) if (least, most) not in _SIGNS:
                return _written_out(written(part), least, most, "({})*", "({})?")
        return _shared(tree, written)

    rules = enumerate(trees.items(), 1)
    return "\n".join(f"[{n}] {rule} ::= ({written(tree)}) /* {n} */" for n, (rule, tree) in rules)


def as_ebnf(trees: Trees) -> str:
    """In EBNF of ISO 14977; the first rule is `x`."""

    def quoted(text: str) -> str:
        return ", ".join(f"'{char}'" if char != "'" else '"\'"' for char in text)

    def written(tree: Tree) -> str:
        match tree:
            case ("text", text):
                return f"({quoted(text)})"
            case ("class", chars):
                return f"({' | '.join(map(quoted, sorted(chars)))})"
            case ("not", chars):
                return f"(any letter - ({' | '.join(map(quoted, sorted(chars)))}))"
            case ("rule", rule):
                return str(rule)
            case ("series", left, right):
                return f"{written(left)}, {written(right)}"
            case ("either", left, right):
                return f"({written(left)} | {written(right)})"
            case ("times", part, (0, 1)):
                return f"[{written(part)}]"
            case ("times", part, (0, None)):
                return f"{{{written(part)}}}"
            case ("times", part, (least, most)) if least == most:
                return f"{least} * ({written(part)})"
            case ("times", part, (least, most)):
                out = _written_out(written(part), least, most, ", {{{}}}", ", [{}]")
                return out.replace(") (", "), (").replace(") ,", "),").strip(" ,")
        raise AssertionError(tree)

    rules = [f"{rule} = {written(tree)} ; (* {rule} *)" for rule, tree in trees.items()]
    return "\n".join([*rules, f"any letter = {' | '.join(map(quoted, LETTERS))};"])


_SIGNS = {(0, 1): "?", (0, None): "*", (1, None): "+"}


def _shared(tree: Tree, written: Any) -> str:
    match tree:
        case ("rule", rule):
            return str(rule)
        case ("series", left, right):
            return f"{written(left)} {written(right)}"
        case ("either", left, right):
            return f"({written(left)} | {written(right)})"
        case ("times", part, bounds):
            return f"({written(part)}){_SIGNS[bounds]}"
    raise AssertionError(tree)


def _written_out(part: str, least: int, most: int | None, many: str, maybe: str) -> str:
    rest = [many.format(part)] if most is None else [maybe.format(part)] * (most - least)
    return " ".join([f"({part})"] * least + rest)
