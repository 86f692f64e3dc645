"""YAML as it was written, and what is refused before anybody looks at its meaning."""

import time

import pytest
import yaml

from ivr_engine.flow import source
from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.source import DEPTH, DOCUMENT_BYTES, NODES, Items, Node, Table, Text, read


def tree(content: str | bytes) -> Node:
    """The tree of a document that has no mistakes."""
    diagnostics = Diagnostics()
    node = read("a.yaml", content.encode() if isinstance(content, str) else content, diagnostics)
    assert diagnostics.in_order() == ()
    assert node is not None
    return node


def refused(content: str | bytes) -> tuple[str, str]:
    """Place and code of the one mistake of a document."""
    diagnostics = Diagnostics()
    read("a.yaml", content.encode() if isinstance(content, str) else content, diagnostics)
    (only,) = diagnostics.in_order()
    return str(only.place), only.code


def plain(node: Node) -> object:
    match node:
        case Text():
            return node.value
        case Items():
            return [plain(item) for item in node.items]
        case Table():
            return {key: plain(value) for key, value in node.entries.items()}


@pytest.mark.parametrize(
    "written",
    ["0120", "0o17", "0x1F", "12:30", "12:30:00", "no", "Yes", "on", "null", "~", "1e3", "1_000", "2024-01-01"],
)
def test_given_a_word_that_yaml_would_interpret_when_read_then_it_stays_as_written(written: str) -> None:
    assert plain(tree(f"{written}: {written}")) == {written: written}


def test_given_lists_and_mappings_when_read_then_every_word_has_its_place() -> None:
    root = tree("a: 1\nb:\n  - x\n  - {c: '두 낱말', d: \"\\n\"}\n")
    assert isinstance(root, Table)
    assert root.keys == {"a": Place("a.yaml", 1, 1), "b": Place("a.yaml", 2, 1)}
    assert plain(root) == {"a": "1", "b": ["x", {"c": "두 낱말", "d": "\n"}]}
    items = root.entries["b"]
    assert isinstance(items, Items)
    below = items.items[1]
    assert isinstance(below, Table)
    assert below.entries["d"].place == Place("a.yaml", 4, 20)


def test_given_an_alias_when_read_then_it_is_the_anchored_value() -> None:
    assert plain(tree("a: &x [1, 2]\nb: *x\n&k c: *k\n")) == {"a": ["1", "2"], "b": ["1", "2"], "c": "c"}


@pytest.mark.parametrize("content", ["\ufeffa: 1", "a: 1\r\nb: 2\r\n", "# note\na: 1", "---\na: 1\n...\n"])
def test_given_harmless_dressing_when_read_then_it_makes_no_difference(content: str) -> None:
    assert plain(tree(content))["a"] == "1"  # type: ignore[index]


@pytest.mark.parametrize(
    ("content", "place", "code"),
    [
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3:1", "doubled_key"),
        ("a:\n\tb: 1\n", "a.yaml:2:1", "syntax"),
        ("a: [1, 2\nb: 3\n", "a.yaml:2:2", "syntax"),
        ("a: b: c\n", "a.yaml:1:5", "syntax"),
        ("a: *gone\n", "a.yaml:1:4", "alias"),
        ("a: &x [*x]\n", "a.yaml:1:8", "alias"),
        ("a: &x 1\nb: &x [*x]\n", "a.yaml:2:8", "alias"),
        ("a: !!python/object:os.system x\n", "a.yaml:1:4", "tag"),
        ("[a, b]: 1\n", "a.yaml:1:1", "key"),
        ("&x [a]: 1\n", "a.yaml:1:1", "key"),
        ("a: &x [b]\n*x : 1\n", "a.yaml:2:1", "key"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2:1", "second_document"),
        ("", "a.yaml:1:1", "empty"),
        ("# nothing but a note\n", "a.yaml:1:1", "empty"),
        ("a: 1\nb: \x07\n", "a.yaml:2:4", "control_character"),
        ("a: 'x\x00'\n", "a.yaml:1:6", "control_character"),
        ("a: 1".encode("utf-16-le"), "a.yaml:1:1", "encoding"),
        ("a: 1".encode("utf-16-be"), "a.yaml:1:1", "encoding"),
        ("a: 1".encode("utf-32"), "a.yaml:1:1", "encoding"),
        ("a: 'café'".encode("latin-1"), "a.yaml:1:8", "encoding"),
        ("a: {b: [1, {b: *x}]}\n", "a.yaml:1:16", "alias"),
        ("a: &x {b: &y [*x]}\n", "a.yaml:1:15", "alias"),
        ("? [a]\n: 1\n", "a.yaml:1:3", "key"),
        ("a: |\n\tb\n", "a.yaml:2:1", "syntax"),
        ("%YAML 3.0\n---\na: 1\n", "a.yaml:1:1", "syntax"),
        ("가: 1\n나: ".encode() + b"\xff\n", "a.yaml:2:4", "encoding"),
        ("a: 1".encode("utf-16"), "a.yaml:1:1", "encoding"),
        ("가나다".encode("cp949"), "a.yaml:1:1", "encoding"),
        (b"#" * (DOCUMENT_BYTES + 1), "a.yaml:1:1", "too_large"),
        ("[" * (DEPTH + 1), f"a.yaml:1:{DEPTH + 1}", "too_deep"),
        ("- a\n" * (NODES + 1), f"a.yaml:{NODES}:3", "too_many_values"),
    ],
)
def test_given_a_trap_when_read_then_it_is_named_with_its_place(content: str | bytes, place: str, code: str) -> None:
    assert refused(content) == (place, code)


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("a: 가나다".encode("cp949"), "CP949"),
        ("a: 'é'".encode("latin-1"), "save it as UTF-8"),
        (b"x" * 10_000_000, "split it"),
        ("a:\n\tb: 1\n", "indent with spaces"),
        ("*: person\n", "quotes"),
    ],
)
def test_given_a_trap_when_read_then_it_is_said_how_to_mend_it(content: str | bytes, hint: str) -> None:
    diagnostics = Diagnostics()
    read("a.yaml", content.encode() if isinstance(content, str) else content, diagnostics)
    (only,) = diagnostics.in_order()
    assert hint in only.hint


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(letter)}: &{chr(letter)} [{','.join(['*' + chr(letter - 1)] * 9)}]\n" for letter in range(ord("b"), ord("k"))
)


@pytest.mark.parametrize(
    "content",
    [BOMB, "[" * 900_000, "{a: " * 200_000, "- " * 400_000, "? " * 400_000, "[a," * 300_000, "a" * 900_000 + ": b"],
    ids=["aliases", "lists", "mappings", "dashes", "questions", "keys", "one_key"],
)
def test_given_an_attack_when_read_then_it_is_refused_in_no_time(content: str) -> None:
    diagnostics = Diagnostics()
    begun = time.process_time()
    read("a.yaml", content.encode(), diagnostics)
    assert diagnostics.errors == 1
    assert time.process_time() - begun < 1.0


def test_given_no_libyaml_when_read_then_the_answers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    content = 'a: &x [1, "두 낱말"]\nb: {c: *x, "d": 0120}\n'
    with_libyaml = tree(content)
    monkeypatch.setattr(source, "_LOADER", yaml.SafeLoader)
    assert tree(content) == with_libyaml
