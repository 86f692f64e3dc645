"""The JSON Schema of a document, learnt from its reader: what it asks for is what may stand there.

A reader (`read_queues`, `read_hours`, …) is given a mapping that nobody wrote. Each question, such as
`form.whole("priority", 0, 9, 0)`, becomes the schema of that key, so that the reader stays the only list of keys,
bounds and words.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.form import NAME, TEXT_CHARACTERS, Asked, Form
from ivr_engine.flow.source import Node, Text

Schema = dict[str, Any]

ANY_NAMES = ("name", "120")
"""Keys that an operator chooses, one of each sort that readers know: a name and a number that is dialled."""

_PLACE = Place("schema")


def word_schema(words: Iterable[str]) -> Schema:
    """One of a few words; what YAML takes for a number may stand without quotes."""
    names = list(dict.fromkeys(map(str, words)))
    return {"enum": [*names, *(int(name) for name in names if name.isdigit() and str(int(name)) == name)]}


def text_schema() -> Schema:
    """One value as written: YAML may call it a number or a truth, the reader does not."""
    return {"type": ["string", "number", "boolean"], "maxLength": TEXT_CHARACTERS}


def name_schema() -> Schema:
    """A name of ours."""
    return {"type": "string", "pattern": f"^{NAME.pattern}$"}


def several(one: Schema) -> Schema:
    """One, or a list of them."""
    return {"anyOf": [one, {"type": "array", "items": one}]}


def whole_schema(lowest: int, highest: int) -> Schema:
    """A whole number within bounds."""
    return {"type": "integer", "minimum": lowest, "maximum": highest}


def seconds_schema(lowest_ms: int, highest_ms: int) -> Schema:
    """A duration written in seconds."""
    return {"type": "number", "minimum": lowest_ms / 1000, "maximum": highest_ms / 1000}


class _Entries(dict[str, Node]):
    """No key is written; whoever takes one all the same finds an empty word."""

    def __missing__(self, key: str) -> Node:
        return Text("", _PLACE)


class _Keys(dict[str, Place]):
    """Whoever walks through the keys takes what is there: none of them is required."""

    walked = False

    def __missing__(self, key: str) -> Place:
        return _PLACE

    def __iter__(self) -> Iterator[str]:
        self.walked = True
        return super().__iter__()


class AskedTable(Asked):
    """A mapping that collects a schema. `allowed` None: its keys are the operator's own."""

    def __init__(self, allowed: Iterable[str] | None = None) -> None:
        names = ANY_NAMES if allowed is None else tuple(allowed)
        super().__init__(_Entries(), _Keys.fromkeys(names, _PLACE), _PLACE)
        object.__setattr__(self, "_schema", object_schema(allowed))

    @property
    def schema(self) -> Schema:
        """What was learnt so far; one dict for the whole life of the table."""
        learnt: Schema = self.__dict__["_schema"]
        return learnt

    def form(self, what: str, allowed: Iterable[str] | None) -> Form:
        names = tuple(allowed) if allowed is not None else None
        schema = self.schema
        if names is not None:
            for name in names:
                schema["properties"].setdefault(name, {})
            schema["additionalProperties"] = False
        return _AskedForm(self, schema, what, names)


def object_schema(allowed: Iterable[str] | None) -> Schema:
    """A mapping with these keys, each with anything so far; with any keys where `allowed` is None."""
    if allowed is None:
        return {"type": "object", "properties": {}}
    return {"type": "object", "properties": {name: {} for name in allowed}, "additionalProperties": False}


class _AskedForm(Form):
    """Takes down every question. Everything is there, and has its default or the first word that is allowed."""

    def __init__(self, table: AskedTable, schema: Schema, what: str, allowed: tuple[str, ...] | None) -> None:
        super().__init__(table, Diagnostics(), what, None)
        self._schema = schema
        self._allowed = allowed
        self._below: dict[str, AskedTable] = {}
        self._optional: set[str] = set()

    def has(self, key: str) -> bool:
        """Whoever asks first takes what may be missing."""
        self._optional.add(key)
        return True

    def looks(self, key: str, schema: Mapping[str, Any]) -> None:
        """The last word about this field."""
        self._schema["properties"][key] = dict(schema)

    def is_word(self, key: str, word: str) -> bool:
        self._learn(key, word_schema([word]))
        return False

    def place(self, key: str) -> Place:
        return _PLACE

    def text(self, key: str, default: str | None = None, *, empty: bool = False) -> str:
        self._learn(key, text_schema() if empty else {**text_schema(), "minLength": 1}, required=default is None)
        return default or ""

    def name(self, key: str, default: str | None = None) -> str:
        self._learn(key, name_schema(), required=default is None)
        return default or ""

    def one_of(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        words = tuple(map(str, allowed))
        self._learn(key, word_schema(words), required=default is None)
        return words[0] if default is None else default

    def whole(self, key: str, lowest: int, highest: int, default: int) -> int:
        self._learn(key, whole_schema(lowest, highest))
        return default

    def seconds_as_ms(self, key: str, lowest_ms: int, highest_ms: int, default_ms: int) -> int:
        self._learn(key, seconds_schema(lowest_ms, highest_ms))
        return default_ms

    def truth(self, key: str, *, default: bool) -> bool:
        self._learn(key, {"type": "boolean"})
        return default

    def names(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        self._learn(key, several(name_schema()), required=required)
        return ()

    def texts(self, key: str) -> tuple[str, ...]:
        self._learn(key, several(text_schema()))
        return ()

    def below(self, key: str, what: str, allowed: Iterable[str] | None, *, required: bool = False) -> Form:
        table = self._table_below(key, allowed)
        self._learn(key, table.schema, required=required)
        return table.form(what, allowed)

    def forms(self, what: str, allowed: Iterable[str] | None) -> Iterator[tuple[str, Form]]:
        names = tuple(allowed) if allowed is not None else None
        for key in self.table.keys:
            table = self._table_below(key if self._allowed is not None else "", names)
            schema = table.schema
            if self._allowed is not None:
                self._learn(key, schema)
            else:
                self._schema["additionalProperties"] = schema
            yield key, table.form(what, names)

    def missing(self, key: str) -> None:
        """The reader itself says when."""

    def _table_below(self, key: str, allowed: Iterable[str] | None) -> AskedTable:
        return self._below.setdefault(key, AskedTable(allowed))

    def _learn(self, key: str, schema: Schema, *, required: bool = False) -> None:
        if self._allowed is None and key in ANY_NAMES:
            self._schema["additionalProperties"] = schema
            return
        known = self._schema["properties"].get(key)
        self._schema["properties"][key] = schema if not known or known == schema else _either(known, schema)
        walked = isinstance(self.table.keys, _Keys) and self.table.keys.walked
        if required and not walked and key not in self._optional and key not in self._schema.setdefault("required", []):
            self._schema["required"].append(key)


def _either(one: Schema, other: Schema) -> Schema:
    """A reader that asks twice takes both."""
    choices = one.get("anyOf", [one])
    return one if other in choices else {"anyOf": [*choices, other]}
