"""YAML with places: every word as it was written, with file, line and column, and none of YAML's surprises.

`safe_load` reads `0120` as 80, `12:30` as 750, `no` as False and keeps the last of two equal keys. Here every value
stays the text that was written; which field wants a number is known by whoever reads the field (`form`). The tree is
built from libyaml's events without recursion, so that depth, size and aliases are counted while they are read:
a document of a million brackets or a few nested anchors costs nothing and ends in a diagnostic.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.syntax_words import Slip, syntax_words

DOCUMENT_BYTES = 1_000_000
"""A hundred times the largest document that people write by hand."""

DEPTH = 20
"""Ours need 6; more is a mistake or an attack."""

NODES = 50_000
"""Values in one document, aliases counted in full: 1 MB of real YAML has fewer, a bomb of aliases has billions."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Text:
    """A value: what was written, quotes and escapes taken off, never interpreted."""

    value: str
    place: Place
    quoted: bool = field(default=False, compare=False)
    """Written in quotes: what other readers of YAML take for a word too, and not for a number."""
    as_written: bool = field(default=True, compare=False)
    """Its letters stand in the file one after the other, without escapes or line breaks between them."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple["Node", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping in the order written; keys are unique. `keys` tells where each key stands."""

    entries: dict[str, "Node"]
    keys: dict[str, Place]
    place: Place


Node = Text | Items | Table


class _Refused(Exception):  # noqa: N818  (a way out of the builder, never seen by anybody)
    """This document cannot be read on."""


def read(file: str, content: bytes, diagnostics: Diagnostics) -> Node | None:
    """The tree of one document, or None when it cannot be read. Mistakes are added to `diagnostics`; raises nothing.

    A doubled key or a tag is an error and reading goes on, so that the operator sees the other mistakes too.
    """
    text = _decoded(file, content, diagnostics)
    if text is None:
        return None
    try:
        return _Builder(file, diagnostics).build(_events(text))
    except _Refused:
        return None
    except yaml.YAMLError as error:
        _syntax(file, text, error, diagnostics)
        return None


def _decoded(file: str, content: bytes, diagnostics: Diagnostics) -> str | None:
    if len(content) > DOCUMENT_BYTES:
        diagnostics.error(
            Place(file),
            "too_large",
            f"the file has more than {DOCUMENT_BYTES} bytes",
            hint="split it: any section may stand in several files",
        )
        return None
    if wide := _wide_encoding(content):
        diagnostics.error(Place(file), "encoding", f"the file is {wide}", hint="save it as UTF-8")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        diagnostics.error(
            Place(file, before.count(b"\n") + 1, column),
            "encoding",
            f"byte 0x{content[error.start]:02x} is not UTF-8",
            hint="it looks like CP949 (Korean Windows): save it as UTF-8" if _is_cp949(content) else "save it as UTF-8",
        )
        return None


def _wide_encoding(content: bytes) -> str:
    """UTF-16 and UTF-32 by their mark, or without one by the zeros beside ASCII letters; empty for anything else."""
    if content.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "UTF-32"
    head = content[:4]
    unmarked = len(head) == 4 and (head[0:4:2] == b"\0\0") != (head[1:4:2] == b"\0\0")
    return "UTF-16" if unmarked or content.startswith((b"\xff\xfe", b"\xfe\xff")) else ""


def _is_cp949(content: bytes) -> bool:
    try:
        return any("가" <= char <= "힣" for char in content.decode("cp949"))
    except UnicodeDecodeError:
        return False


def _events(text: str) -> Iterator[Any]:
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    return events


def _syntax(file: str, text: str, error: yaml.YAMLError, diagnostics: Diagnostics) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None and (control := _control(file, text)):
        place, char = control
        diagnostics.error(
            place, "control_character", f"the invisible character U+{ord(char):04X} stands here", hint="delete it"
        )
        return
    place = Place(file) if mark is None else Place(file, mark.line + 1, mark.column + 1)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error).splitlines()[0]
    context = getattr(error, "context_mark", None)
    began = None if context is None else Place(file, context.line + 1, context.column + 1)
    message, hint = syntax_words(Slip(problem, place, began), text)
    diagnostics.error(place, "syntax", message, hint=hint)


def _control(file: str, text: str) -> tuple[Place, str] | None:
    """libyaml tells no line for a control character; the first one is the culprit."""
    for line_number, line in enumerate(text.split("\n"), start=1):
        for column, char in enumerate(line, start=1):
            if not (char.isprintable() or char in "\t\r\x85\xa0\ufeff\u2028\u2029"):
                return Place(file, line_number, column), char
    return None


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end was not seen yet."""

    place: Place
    anchor: str | None
    begun_at: int
    items: list[Node]
    entries: dict[str, Node]
    keys: dict[str, Place]
    key: str | None = None
    key_expected: bool = False
    is_table: bool = False


class _Builder:
    """Events in, one tree out. An explicit stack instead of recursion: the depth is ours to limit."""

    def __init__(self, file: str, diagnostics: Diagnostics) -> None:
        self._file = file
        self._diagnostics = diagnostics
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._nodes = 0
        self._root: Node | None = None
        self._documents = 0

    def build(self, events: Iterator[Any]) -> Node | None:
        for event in events:
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self._open(event)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._close()
                case yaml.AliasEvent():
                    self._alias(event)
                case yaml.DocumentStartEvent():
                    self._document(event)
                case _:
                    pass
        if self._root is None:
            self._refuse(Place(self._file), "empty", "the file says nothing")
        return self._root

    def _place(self, event: Any) -> Place:
        return Place(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _refuse(self, place: Place, code: str, message: str, *, found: str | None = None, hint: str = "") -> None:
        self._diagnostics.error(place, code, message, found=found, hint=hint)
        raise _Refused

    def _count(self, place: Place, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > NODES:
            self._refuse(
                place,
                "too_many_values",
                f"more than {NODES} values in one file",
                hint="aliases (*name) count as often as they are used",
            )

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(self._place(event), "second_document", "one document a file", hint="take out the line '---'")

    def _untagged(self, event: Any, place: Place) -> None:
        if event.tag is not None:
            self._diagnostics.error(place, "tag", "tags are not used here", found=str(event.tag))

    def _scalar(self, event: Any) -> None:
        place = self._place(event)
        self._untagged(event, place)
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.key_expected:
            self._key(frame, event.value, place)
            if event.anchor is not None:
                self._anchors[event.anchor] = (Text(event.value, place), 1)
            return
        self._count(place, 1)
        quoted = event.style in ("'", '"')
        begin, end = event.start_mark, event.end_mark
        letters = len(event.value) + (2 if quoted else 0)
        as_written = begin.line == end.line and end.column - begin.column == letters
        self._put(Text(event.value, place, quoted, as_written), event.anchor, 1)

    def _key(self, frame: _Open, key: str, place: Place) -> None:
        self._count(place, 1)
        frame.key_expected = False
        if key in frame.keys:
            first = frame.keys[key]
            self._diagnostics.error(
                place,
                "doubled_key",
                f"this key stands already at {first.line}:{first.column}",
                found=key,
                hint="only one of the two can be meant",
            )
        else:
            frame.keys[key] = place
        frame.key = key

    def _open(self, event: Any) -> None:
        place = self._place(event)
        self._untagged(event, place)
        if len(self._stack) >= DEPTH:
            self._refuse(place, "too_deep", f"more than {DEPTH} levels, one inside the other")
        if self._stack and self._stack[-1].key_expected:
            self._refuse(place, "key", "a key must be one word, not a list or a mapping")
        self._count(place, 1)
        is_table = isinstance(event, yaml.MappingStartEvent)
        self._stack.append(
            _Open(place, event.anchor, self._nodes, [], {}, {}, key_expected=is_table, is_table=is_table)
        )

    def _close(self) -> None:
        frame = self._stack.pop()
        node: Node
        if frame.is_table:
            node = Table(frame.entries, frame.keys, frame.place)
        else:
            node = Items(tuple(frame.items), frame.place)
        self._put(node, frame.anchor, self._nodes - frame.begun_at + 1)

    def _alias(self, event: Any) -> None:
        place = self._place(event)
        inside = any(frame.anchor == event.anchor for frame in self._stack)
        if inside or event.anchor not in self._anchors:
            message = "this alias stands inside the value that it repeats" if inside else "no such anchor before here"
            self._refuse(place, "alias", message, found=f"*{event.anchor}", hint='a key "*" needs quotes')
        node, nodes = self._anchors[event.anchor]
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.key_expected:
            if not isinstance(node, Text):
                self._refuse(place, "key", "a key must be one word, not a list or a mapping")
            else:
                self._key(frame, node.value, place)
            return
        self._count(place, nodes)
        self._put(node, None, nodes)

    def _put(self, node: Node, anchor: str | None, nodes: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (node, nodes)
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        if not frame.is_table:
            frame.items.append(node)
            return
        if frame.key is not None:
            frame.entries[frame.key] = node
        frame.key = None
        frame.key_expected = True
