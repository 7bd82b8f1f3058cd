"""Grammars import from Lark's library and from their own folder, and from nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnngen_constrained.errors import BadSyntax, Hostile, Unsupported
from rnngen_constrained.kinds.grammar import Grammar, Options
from tests.plugins.rnngen_constrained.grammars import characters

WORDS = characters("ab ")


def written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return str(path)


def test_relative_imports_come_from_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "g/letters.lark", 'A: "a"\n%import .deep.more.B -> C\nb: C')
    written(tmp_path, "g/deep/more.lark", "%import .most.B\n")
    written(tmp_path, "g/deep/most.lark", 'B: "b"')
    written(tmp_path, "elsewhere/letters.lark", 'A: "b"')
    monkeypatch.chdir(tmp_path / "elsewhere")
    main = written(tmp_path, "g/main.lark", "start: A b\n%import .letters (A, b)")
    grammar = Grammar(main)
    machine = grammar.bind(WORDS)
    assert machine.ending(machine.start()) == [1, 2]
    assert grammar.fault(machine, [1, 2]) is None
    assert grammar.fault(machine, [2, 2]) is not None


def test_imports_never_leave_the_folder(tmp_path: Path) -> None:
    outside = written(tmp_path, "outside.lark", 'A: "a"')
    main = written(tmp_path, "g/main.lark", "start: A\n%import .linked.A")
    (tmp_path / "g" / "linked.lark").symlink_to(outside)
    with pytest.raises(BadSyntax, match=r"main.lark: the import `linked.lark` is outside"):
        Grammar(main)
    (tmp_path / "g" / "sub").symlink_to(tmp_path)
    with pytest.raises(BadSyntax, match="outside of the folder"):
        Grammar(written(tmp_path, "g/main.lark", "start: A\n%import .sub.outside.A"))
    with pytest.raises(BadSyntax, match="line 2 column 9"):
        Grammar(written(tmp_path, "g/main.lark", "start: A\n%import ..outside.A"))


def test_an_absolute_import_is_of_the_library_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "letters.lark", 'A: "a"')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadSyntax, match="library has no such grammar") as caught:
        Grammar(written(tmp_path, "main.lark", "start: A\n%import letters.A"))
    assert caught.value.hint == (
        "for the file `letters.lark` beside the grammar, write `%import .letters`"
    )
    Grammar(written(tmp_path, "main.lark", "start: INT\n%import common.INT"))


def test_what_is_wrong_in_an_import_is_refused_by_the_name_of_its_file(tmp_path: Path) -> None:
    main = written(tmp_path, "main.lark", "start: A\n%import .other.A")
    with pytest.raises(BadSyntax, match=r"`.*other.lark` can't be read: no such file"):
        Grammar(main)
    written(tmp_path, "other.lark", '\n A "a"')
    with pytest.raises(BadSyntax, match=r"other.lark, line 2 column 4: ") as caught:
        Grammar(main)
    assert str(tmp_path) not in str(caught.value)
    written(tmp_path, "other.lark", "%declare A")
    with pytest.raises(Unsupported, match=r"other.lark, line 1 column 1: terminal `A`"):
        Grammar(main)


def test_files_that_import_each_other_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "a.lark", 'A: "a"\n%import .b.B')
    written(tmp_path, "b.lark", 'B: "b"\n%import .a.A')
    with pytest.raises(Hostile, match=r"main.lark has more than 50 imports"):
        Grammar(written(tmp_path, "main.lark", "start: A\n%import .a.A"))


def test_the_kind_takes_a_notation_and_a_first_rule(tmp_path: Path) -> None:
    path = written(tmp_path, "g.txt", r'root ::= "a" [b]' + "\n" + r'other ::= "b"')
    first = Grammar(path).bind(WORDS)
    assert first.ending(first.start()) == [1, 2]
    other = Grammar(path, Options(notation="w3c", start_rule="other")).bind(WORDS)
    assert other.ending(other.start()) == [2]
    with pytest.raises(BadSyntax, match="line 1 column 7"):
        Grammar(path, Options(notation="lark"))
