"""One mapping of a document, read field by field: what may stand there is said where it is read.

A field that is missing or wrong becomes a diagnostic and reading goes on with a harmless value, so that one pass finds
every mistake. Nobody uses what was read from a folder with errors.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.source import Items, Node, Table, Text

_WORD = re.compile(r"[^ :]*")
NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
NAME_HINT = "names are small letters a-z, digits and _, begin with a letter, and have at most 32"

LIST_ITEMS = 100
"""Prompts of one step, skills of one requirement: nobody listens to more."""

TEXT_CHARACTERS = 1_000
"""One spoken sentence or one title."""

_WHOLE = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)
_SECONDS = re.compile(r"(0|[1-9][0-9]{0,3})(?:\.([0-9]{1,3}))?", re.ASCII)
_KINDS: dict[type, str] = {Text: "one value", Items: "a list", Table: "a mapping (key: value)"}


class Asked(Table):
    """A mapping that nobody wrote: it tells what readers ask of it, so that they are the only list of what may stand
    there (`schema_asked`)."""

    def form(self, what: str, allowed: Iterable[str] | None) -> "Form":
        """The form that takes the questions down."""
        raise NotImplementedError


class Form:
    """A mapping with the fields it may have. `what` names the thing in messages: "the menu step 'topic'"."""

    def __init__(self, table: Table, diagnostics: Diagnostics, what: str, allowed: Iterable[str] | None) -> None:
        self.table = table
        self.what = what
        self.diagnostics = diagnostics
        if allowed is not None:
            names = tuple(allowed)
            for key, place in table.keys.items():
                if key not in names:
                    diagnostics.error(place, "unknown_key", f"no such key in {what}", found=key, allowed=names)

    @classmethod
    def of(cls, node: Node | None, diagnostics: Diagnostics, what: str, allowed: Iterable[str] | None) -> "Form | None":
        """The form of a node, or None after a diagnostic when the node is no mapping."""
        if node is None:
            return None
        if isinstance(node, Asked):
            return node.form(what, allowed)
        if isinstance(node, Table):
            return cls(node, diagnostics, what, allowed)
        diagnostics.error(
            node.place,
            "not_a_mapping",
            f"{what} must be a mapping (key: value), not {_KINDS[type(node)]}",
            found=node.value or None if isinstance(node, Text) else None,
            hint="a colon and a space stand after a key"
            if isinstance(node, Text) and not _WORD.fullmatch(node.value)
            else "",
        )
        return None

    def place(self, key: str) -> Place:
        """Where the value of a field stands; the mapping itself when the field is missing."""
        node = self.table.entries.get(key)
        return node.place if node is not None else self.table.place

    def has(self, key: str) -> bool:
        """The field was written."""
        return key in self.table.keys

    def error(self, key: str, code: str, message: str, *, allowed: Iterable[str] = (), hint: str = "") -> None:
        """A mistake in the value of a field."""
        node = self.table.entries.get(key)
        found = (node.value or None) if isinstance(node, Text) else None
        self.diagnostics.error(self.place(key), code, message, found=found, allowed=allowed, hint=hint)

    def looks(self, key: str, schema: Mapping[str, Any]) -> None:
        """What editors are told of a field that its reader takes apart without us, as JSON Schema. Judges nothing."""

    def is_word(self, key: str, word: str) -> bool:
        """The value of a field is this one word, where it could be something else altogether too."""
        node = self.table.entries.get(key)
        return isinstance(node, Text) and node.value == word

    def text(self, key: str, default: str | None = None, *, empty: bool = False) -> str:
        """One value as written. Required when there is no default."""
        node = self._required(key, default)
        if node is None:
            return default or ""
        if not isinstance(node, Text):
            self.error(key, "not_a_value", f"'{key}' must be one value, not {_KINDS[type(node)]}")
        elif not node.value and not empty:
            self.error(key, "empty", f"'{key}' is empty")
        elif len(node.value) > TEXT_CHARACTERS:
            self.error(key, "too_long", f"'{key}' has more than {TEXT_CHARACTERS} characters")
        else:
            return node.value
        return default or ""

    def name(self, key: str, default: str | None = None) -> str:
        """A name of ours (queue, skill, flow, prompt, variable)."""
        value = self.text(key, default)
        if value and value != default and not NAME.fullmatch(value):
            self.error(key, "name", f"'{key}' is not a name", hint=NAME_HINT)
            return default or ""
        return value

    def one_of(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        """One of a few words."""
        value = self.text(key, default)
        names = tuple(allowed)
        if value and value not in names:
            self.error(key, "not_allowed", f"'{key}' cannot be this", allowed=names)
            return default or ""
        return value

    def whole(self, key: str, lowest: int, highest: int, default: int) -> int:
        """A whole number within bounds."""
        value = self.text(key, str(default))
        number = int(value) if _WHOLE.fullmatch(value) else -1
        if not lowest <= number <= highest:
            self.error(key, "number", f"'{key}' must be a whole number from {lowest} to {highest}")
            return default
        return number

    def seconds_as_ms(self, key: str, lowest_ms: int, highest_ms: int, default_ms: int) -> int:
        """A duration written in seconds (`5`, `2.5`), as milliseconds."""
        if not self.has(key):
            return default_ms
        match = _SECONDS.fullmatch(self.text(key, "0"))
        duration_ms = int(match[1]) * 1000 + int((match[2] or "0").ljust(3, "0")) if match else -1
        if not lowest_ms <= duration_ms <= highest_ms:
            self.error(key, "seconds", f"'{key}' must be seconds from {lowest_ms / 1000:g} to {highest_ms / 1000:g}")
            return default_ms
        return duration_ms

    def truth(self, key: str, *, default: bool) -> bool:
        """`true` or `false`, in these letters alone: `no` is also a country and `on` also a word."""
        return self.one_of(key, ("true", "false"), "true" if default else "false") == "true"

    def names(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of names; a single one needs no brackets. Doubled names are an error."""
        if not self.has(key):
            if required:
                self.missing(key)
            return ()
        node = self.table.entries[key]
        found: list[str] = []
        for item in self._listed(key, node):
            if not isinstance(item, Text):
                self.diagnostics.error(
                    item.place, "not_a_value", f"each of '{key}' must be one name, not {_KINDS[type(item)]}"
                )
            elif not NAME.fullmatch(item.value):
                self.diagnostics.error(
                    item.place, "name", f"each of '{key}' must be a name", found=item.value, hint=NAME_HINT
                )
            else:
                found.append(item.value)
        return tuple(found)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of values as they were written; a single one needs no brackets, and none is an empty list."""
        if not self.has(key):
            return ()
        found: list[str] = []
        for item in self._listed(key, self.table.entries[key]):
            if isinstance(item, Text):
                found.append(item.value)
            else:
                self.diagnostics.error(
                    item.place, "not_a_value", f"each of '{key}' must be one value, not {_KINDS[type(item)]}"
                )
        return tuple(found)

    def name_place(self, key: str, name: str) -> Place:
        """Where one name of a list stands."""
        node = self.table.entries.get(key)
        if isinstance(node, Items):
            for item in node.items:
                if isinstance(item, Text) and item.value == name:
                    return item.place
        return self.place(key)

    def check_names(self, key: str, names: Iterable[str], known: frozenset[str] | None, kind: str) -> None:
        """Each name of a field must exist. `known` None judges nothing: the document that lists them is broken."""
        for name in names:
            if known is not None and name not in known:
                self.diagnostics.error(
                    self.name_place(key, name), f"unknown_{kind}", f"no such {kind}", found=name, allowed=sorted(known)
                )

    def below(self, key: str, what: str, allowed: Iterable[str] | None, *, required: bool = False) -> "Form | None":
        """The mapping under a field, or None."""
        if not self.has(key):
            if required:
                self.missing(key)
            return None
        return Form.of(self.table.entries[key], self.diagnostics, what, allowed)

    def forms(self, what: str, allowed: Iterable[str] | None) -> "Iterator[tuple[str, Form]]":
        """Every value as a form with its key, for tables whose keys are names of the operator's."""
        names = tuple(allowed) if allowed is not None else None
        for key, node in self.table.entries.items():
            form = Form.of(node, self.diagnostics, f"{what} '{key}'", names)
            if form is not None:
                yield key, form

    def key_is_name(self, key: str) -> bool:
        """Check a key that the operator chose."""
        if NAME.fullmatch(key):
            return True
        self.diagnostics.error(self.table.keys[key], "name", "this is not a name", found=key, hint=NAME_HINT)
        return False

    def missing(self, key: str) -> None:
        """A field that must be there is not."""
        self.diagnostics.error(self.table.place, "missing", f"{self.what} needs '{key}'")

    def _required(self, key: str, default: str | None) -> Node | None:
        node = self.table.entries.get(key)
        if node is None and default is None:
            self.missing(key)
        return node

    def _listed(self, key: str, node: Node) -> tuple[Node, ...]:
        items = node.items if isinstance(node, Items) else (node,)
        if not items:
            self.error(key, "empty", f"'{key}' is an empty list")
        if len(items) > LIST_ITEMS:
            self.error(key, "too_long", f"'{key}' has {len(items)} items, at most {LIST_ITEMS}")
            return items[:LIST_ITEMS]
        return items
