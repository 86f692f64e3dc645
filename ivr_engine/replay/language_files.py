"""From a file to trees that stand for themselves: fragments put in, variables filled, one tree for each example.

A fragment is merged under the file that uses it: what the file says itself wins, and for one agent or citizen field by
field, so that a scenario can take two counsellors as they are and say only that the second one is silent.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.form import NAME, NAME_HINT
from ivr_engine.flow.source import DOCUMENT_BYTES, Items, Node, Table, Text, read
from ivr_engine.replay.language_people import CONDUCT_KEYS
from ivr_engine.replay.language_words import Page, beside, listed, texts

FRAGMENTS = 20
"""Fragments of one scenario; who needs more cannot see any longer what the scenario is."""

SHARED = ("queues", "agents", "officials", "citizens", "let")
"""What a fragment may hold, besides other fragments."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass(slots=True)
class Gathered:
    """One file with its fragments: the tree before variables are filled, the variables, and the rows of its table."""

    table: Table
    variables: Mapping[str, str]
    rows: tuple["Row", ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One example: the value of each column."""

    values: Mapping[str, str]
    place: Place


def gather(path: Path, keys: tuple[str, ...], told: Diagnostics) -> Gathered | None:
    """Read a scenario file (with top-level `keys`) and all that it uses; None when nothing can be made of it."""
    node = document(path, told)
    page = Page.at(node, told, "a scenario", keys)
    if page is None:
        return None
    fragments = _Fragments(told)
    fragments.use(page, path, (path.resolve(),))
    table = fragments.under(page.table)
    variables = _variables(table, told)
    return Gathered(table, variables, tuple(_rows(page, told)))


def document(path: Path, told: Diagnostics) -> Node | None:
    """The tree of one file, or None after a diagnostic."""
    place = Place(path.as_posix())
    try:
        if path.exists() and not path.is_file():  # opening a named pipe would wait for ever
            told.error(place, "unreadable", "this is not a file")
            return None
        with path.open("rb") as opened:
            content = opened.read(DOCUMENT_BYTES + 1)
    except (OSError, ValueError) as error:
        told.error(place, "unreadable", f"cannot read this file: {getattr(error, 'strerror', None) or error}")
        return None
    return read(place.file, content, told)


@dataclass(slots=True)
class _Fragments:
    """What the fragments say, by section; a later one wins over an earlier one."""

    told: Diagnostics
    sections: dict[str, Table] = field(default_factory=dict)
    read: int = 0

    def use(self, page: Page, path: Path, above: tuple[Path, ...]) -> None:
        """Take in the fragments that a file names. `above` are the files that led here, this one last."""
        for name in texts(page.listed("use"), self.told, "each of 'use'"):
            self._one(name, path.parent, above)

    def _one(self, name: Text, home: Path, above: tuple[Path, ...]) -> None:
        path, resolved = home / name.value, beside(home, name.value)
        self.read += 1
        if resolved in above:
            circle = " → ".join(one.name for one in (*above[above.index(resolved) :], resolved))
            self.told.error(name.place, "circle", f"these files use each other: {circle}")
        elif self.read > FRAGMENTS:
            self.told.error(name.place, "too_many_files", f"more than {FRAGMENTS} fragments", found=name.value)
        elif resolved is None or not resolved.is_file():
            near_by = sorted(one.name for one in home.iterdir() if one.name.endswith(".fragment.yaml"))
            self.told.error(name.place, "unknown_fragment", "there is no such file", found=name.value, allowed=near_by)
        else:
            page = Page.at(document(path, self.told), self.told, "a fragment", ("use", *SHARED))
            if page is not None:
                self.use(page, path, (*above, resolved))
                for key in SHARED:
                    section = page.table.entries.get(key)
                    if isinstance(section, Table):
                        self.sections[key] = merged(self.sections.get(key), section)
                    elif section is not None:
                        Page.at(section, self.told, key, None)

    def under(self, table: Table) -> Table:
        """The file's own tree with the fragments below it."""
        entries, keys = dict(table.entries), dict(table.keys)
        for key, section in self.sections.items():
            own = table.entries.get(key)
            if own is None or isinstance(own, Table):
                entries[key] = merged(section, own)
                keys.setdefault(key, section.place)
        return Table(entries, keys, table.place)


def merged(below: Table | None, above: Table | None) -> Table:
    """Two sections as one: `above` wins, for an entry that both have field by field."""
    if below is None or above is None:
        found = above or below
        assert found is not None, "nothing to merge"
        return found
    entries, keys = dict(below.entries), dict(below.keys)
    for key, own in above.entries.items():
        shared = below.entries.get(key)
        entries[key] = _entry(shared, own) if isinstance(shared, Table) and isinstance(own, Table) else own
        keys[key] = above.keys[key]
    return Table(entries, keys, above.place)


def _entry(shared: Table, own: Table) -> Table:
    says_conduct = not CONDUCT_KEYS.isdisjoint(own.keys)
    kept = {key for key in shared.keys if not (says_conduct and key in CONDUCT_KEYS)}
    entries = {key: node for key, node in shared.entries.items() if key in kept} | own.entries
    keys = {key: place for key, place in shared.keys.items() if key in kept} | own.keys
    return Table(entries, keys, own.place)


# ── variables ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _variables(table: Table, told: Diagnostics) -> dict[str, str]:
    page = Page.at(table.entries.get("let"), told, "let", None)
    return _values(page.table, told, "variable") if page is not None else {}


def _values(table: Table, told: Diagnostics, what: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for key, node in table.entries.items():
        if not NAME.fullmatch(key):
            told.error(table.keys[key], "name", f"this is no name of a {what}", found=key, hint=NAME_HINT)
        elif not isinstance(node, Text):
            told.error(node.place, "not_a_value", f"a {what} must be one value")
        elif not node.quoted and node.value.isdecimal() and node.value.startswith("0") and node.value != "0":
            told.error(
                node.place,
                "unquoted",
                "digits must stand in quotes",
                found=node.value,
                hint=f'write "{node.value[:20]}"',
            )
        else:
            values[key] = node.value
    return values


def _rows(page: Page, told: Diagnostics) -> Iterator[Row]:
    """The table of examples; its first row names the columns."""
    node = page.node("examples")
    if node is None:
        return
    if not isinstance(node, Items) or not node.items:
        page.error("examples", "empty", "'examples' must be a list of rows, each {column: value}")
        return
    columns: tuple[str, ...] = ()
    for item in listed(node, told):
        row = Page.at(item, told, "an example", columns or None)
        if row is None:
            continue
        columns = columns or tuple(row.table.keys)
        lacking = [column for column in columns if column not in row.table.keys]
        if not row.table.keys:
            told.error(row.table.place, "empty", "this example says nothing")
        elif lacking:
            told.error(row.table.place, "missing", f"this example lacks: {', '.join(lacking)}", hint="the first has it")
        else:
            values = _values(row.table, told, "column")
            yield Row({key: value for key, value in values.items() if key in columns}, row.table.place)


def filled(table: Table, variables: Mapping[str, str], told: Diagnostics) -> Table:
    """The tree with every `${name}` replaced, in keys and values; an unknown name is told and left standing."""
    entries: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    for key, node in table.entries.items():
        name = _fill(key, table.keys[key], variables, told)
        if name in keys:
            told.error(table.keys[key], "doubled_key", "filled in, this key stands twice", found=name)
            continue
        entries[name] = _filled(node, variables, told)
        keys[name] = table.keys[key]
    return Table(entries, keys, table.place)


def _filled(node: Node, variables: Mapping[str, str], told: Diagnostics) -> Node:
    match node:
        case Text() if "${" in node.value:
            return replace(node, value=_fill(node.value, node.place, variables, told), quoted=True)
        case Text():
            return node
        case Items():
            return Items(tuple(_filled(item, variables, told) for item in node.items), node.place)
        case Table():
            return filled(node, variables, told)


def _fill(word: str, place: Place, variables: Mapping[str, str], told: Diagnostics) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] in variables:
            return variables[match[1]]
        told.error(place, "unknown_variable", "no such variable", found=match[1], allowed=sorted(variables))
        return match[0]

    return _VARIABLE.sub(value, word)
