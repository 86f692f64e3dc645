"""Facts → plain values and back: what the journal keeps, the feed sends and a replay reads.

Every event, command and notice becomes a dict of `str`, `int`, `bool`, `None`, `list` and `dict` whose `kind` is the
name of its class; so does every dataclass inside it. The output is a function of the value alone (fields in the order
of the class, sets and mappings sorted), so that two runs of a replay can be compared as text.

The classes themselves are the schema: an encoder and a decoder are compiled once for each class from its type hints,
and a new class in one of the three unions is known without a word here. Decoding is strict, because a journal that is
half understood would be replayed into another truth; only a field that has a default may be missing, so that journals
outlive new fields.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from ivr_engine.core.commands import Command
from ivr_engine.core.events import Event
from ivr_engine.core.notices import Notice

Fact = Event | Command | Notice

_Encoder = Callable[[Any], Any]
_Decoder = Callable[[Any, str], Any]
"""From a plain value and the place where it stands; raises `CodecError`."""


class CodecError(ValueError):
    """A value is not the encoding of a fact, or no fact at all; `place` leads there: `SwitchSeen.legs[2].role`."""

    code = "codec"

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place
        self.problem = problem


def encode(fact: Fact) -> dict[str, Any]:
    """The fact as plain values. Raises CodecError if it is not an instance of an event, command or notice class."""
    encoder = _ENCODERS.get(type(fact))
    if encoder is None:
        raise CodecError(type(fact).__name__, "is no event, command or notice")
    return cast(dict[str, Any], encoder(fact))


def decode(value: Mapping[str, Any]) -> Fact:
    """The fact that `encode` made this of. Raises CodecError with the place of the first thing that does not fit."""
    kind = value.get("kind") if isinstance(value, Mapping) else None
    decoder = _DECODERS.get(kind) if isinstance(kind, str) else None
    if decoder is None:
        raise CodecError("fact", f"kind {kind!r} is no event, command or notice")
    return cast(Fact, decoder(value, cast(str, kind)))


# ── encoding ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _encoder_of(hint: Any) -> _Encoder | None:
    """How to encode a value of that type; None when it is plain already (the hot path then copies it)."""
    hint = _bare(hint)
    if hint in _PLAIN:
        return None
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _value_of
    if dataclasses.is_dataclass(hint):
        return _class_encoder(cast(type, hint))
    if get_origin(hint) in (Union, types.UnionType):
        only = _encoder_of(_besides_none(hint))
        return None if only is None else lambda value: None if value is None else only(value)
    return _container_encoder(hint)


def _container_encoder(hint: Any) -> _Encoder:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        return _list_encoder(_encoder_of(inner[0]))
    if origin is frozenset:
        return _sorted_encoder(_encoder_of(inner[0]))
    if origin is Mapping:
        return _mapping_encoder(_encoder_of(inner[0]), _encoder_of(inner[1]))
    raise TypeError(f"the codec knows no type {hint!r}: teach it, or keep the fact simpler")


def _class_encoder(cls: type) -> _Encoder:
    kind = cls.__name__
    hints = get_type_hints(cls)
    fields = tuple((field.name, _encoder_of(hints[field.name])) for field in dataclasses.fields(cls))

    def encode_class(fact: Any) -> dict[str, Any]:
        out: dict[str, Any] = {"kind": kind}
        for name, encoder in fields:
            value = getattr(fact, name)
            out[name] = value if encoder is None else encoder(value)
        return out

    return encode_class


def _value_of(member: Any) -> Any:
    return member._value_


def _list_encoder(item: _Encoder | None) -> _Encoder:
    return list if item is None else lambda values: [item(value) for value in values]


def _sorted_encoder(item: _Encoder | None) -> _Encoder:
    return sorted if item is None else lambda values: sorted(item(value) for value in values)


def _mapping_encoder(key: _Encoder | None, value: _Encoder | None) -> _Encoder:
    def encode_mapping(mapping: Any) -> dict[str, Any]:
        pairs = ((key(k) if key else k, value(v) if value else v) for k, v in mapping.items())
        return dict(sorted(pairs))

    return encode_mapping


# ── decoding ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _decoder_of(hint: Any) -> _Decoder:
    hint = _bare(hint)
    if hint in _PLAIN:
        return _plain_decoder(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum_decoder(hint)
    if dataclasses.is_dataclass(hint):
        return _class_decoder(cast(type, hint))
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        only = _decoder_of(_besides_none(hint))
        return lambda value, place: None if value is None else only(value, place)
    if origin is Mapping:
        return _mapping_decoder(_decoder_of(inner[0]), _decoder_of(inner[1]))
    return _list_decoder(tuple if origin is tuple else frozenset, _decoder_of(inner[0]))


def _class_decoder(cls: type) -> _Decoder:
    kind = cls.__name__
    hints = get_type_hints(cls)
    fields = {field.name: _decoder_of(hints[field.name]) for field in dataclasses.fields(cls)}
    required = [
        field.name
        for field in dataclasses.fields(cls)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]

    def decode_class(value: Any, place: str) -> Any:
        if not isinstance(value, Mapping):
            raise CodecError(place, f"{_shown(value)} is no {kind}")
        if value.get("kind") != kind:
            raise CodecError(place, f"kind {value.get('kind')!r} is no {kind}")
        arguments = {}
        for name, inner in value.items():
            if name == "kind":
                continue
            decoder = fields.get(name)
            if decoder is None:
                raise CodecError(f"{place}.{name}", f"{kind} has no such field; it has {', '.join(fields) or 'none'}")
            arguments[name] = decoder(inner, f"{place}.{name}")
        for name in required:
            if name not in arguments:
                raise CodecError(f"{place}.{name}", "is missing")
        return cls(**arguments)

    return decode_class


def _plain_decoder(wanted: type) -> _Decoder:
    def decode_plain(value: Any, place: str) -> Any:
        if type(value) is not wanted:  # bool is an int to isinstance, and must not be one here
            raise CodecError(place, f"{_shown(value)} is no {wanted.__name__}")
        return value

    return decode_plain


def _enum_decoder(enum: type[Enum]) -> _Decoder:
    members = {member.value: member for member in enum}

    def decode_enum(value: Any, place: str) -> Any:
        member = members.get(value) if isinstance(value, str | int) else None
        if member is None:
            raise CodecError(place, f"{_shown(value)} is none of {', '.join(map(str, members))}")
        return member

    return decode_enum


def _list_decoder(container: type, item: _Decoder) -> _Decoder:
    def decode_list(value: Any, place: str) -> Any:
        if not isinstance(value, list | tuple):
            raise CodecError(place, f"{_shown(value)} is no list")
        return container([item(inner, f"{place}[{index}]") for index, inner in enumerate(value)])

    return decode_list


def _mapping_decoder(key: _Decoder, value: _Decoder) -> _Decoder:
    def decode_mapping(mapping: Any, place: str) -> Any:
        if not isinstance(mapping, Mapping):
            raise CodecError(place, f"{_shown(mapping)} is no mapping")
        return {key(k, f"{place}[{k!r}]"): value(v, f"{place}[{k!r}]") for k, v in mapping.items()}

    return decode_mapping


def _shown(value: Any) -> str:
    """Short, because a place and a glimpse are enough and a whole configuration is not readable."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


# ── both ways ───────────────────────────────────────────────────────────────────────────────────────────────────────
_PLAIN = (str, int, bool)


def _bare(hint: Any) -> Any:
    """The type under a NewType."""
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    return hint


def _besides_none(hint: Any) -> Any:
    """The one type of a value that may be missing."""
    others = [member for member in get_args(hint) if member is not types.NoneType]
    if len(others) != 1:
        raise TypeError(f"the codec cannot tell the members of {hint!r} apart: make two fields of it")
    return others[0]


def _classes() -> tuple[type, ...]:
    classes = (*get_args(Event), *get_args(Command), *get_args(Notice))
    names = [cls.__name__ for cls in classes]
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise TypeError(
            f"two facts share a name, and a journal could not tell them apart: {', '.join(sorted(doubled))}"
        )
    return classes


_ENCODERS: dict[type, _Encoder] = {cls: _class_encoder(cls) for cls in _classes()}
_DECODERS: dict[str, _Decoder] = {cls.__name__: _class_decoder(cls) for cls in _classes()}
KINDS: tuple[str, ...] = tuple(_DECODERS)
"""The name of every kind of fact: events, then commands, then notices."""
