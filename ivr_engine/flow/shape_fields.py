"""The kinds of fields that steps have: what may stand there, and what it is read as.

Each field is one value of one of these classes in the tables of verbs (`shape_asking`, `shape_deciding`,
`shape_outside`); the same tables are the JSON Schema that editors use. A field that is wrong becomes a diagnostic and
is read as something harmless.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ivr_engine.flow.expressions import Expression
from ivr_engine.flow.expressions_tree import Type
from ivr_engine.flow.form import Form
from ivr_engine.flow.shape_reader import NO_KEY, NOTHING, StepReader
from ivr_engine.flow.source import Table, Text
from ivr_engine.flow.steps import PromptId, Target

KEYS = tuple("1234567890*#")
BELOW, PERSON, REQUIRED = "the step below", "person", ""
"""Where a target leads that is not written; any other word is the field whose target it shares."""


class Field(Protocol):
    """One field of a verb."""

    @property
    def required(self) -> bool:
        """It has to be written."""

    def read(self, step: StepReader, form: Form, key: str) -> Any:
        """The value of the field, or of its default where it is not written."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """One prompt or a list of them."""

    required: bool = False

    def read(self, step: StepReader, form: Form, key: str) -> tuple[PromptId, ...]:
        names = form.names(key, required=self.required)
        form.check_names(key, names, step.known.prompts, "prompt")
        return tuple(map(PromptId, names))


@dataclass(frozen=True, slots=True)
class To:
    """Where to go on. `default` is one of BELOW, PERSON, REQUIRED, or another field that was read before."""

    default: str = BELOW

    @property
    def required(self) -> bool:
        return self.default == REQUIRED

    def read(self, step: StepReader, form: Form, key: str) -> Target | None:
        if form.has(key):
            return step.target(form, key)
        if self.required:
            form.missing(key)
        if self.default not in (BELOW, PERSON, REQUIRED) and form.has(self.default):
            return step.target(form, self.default)
        return None if self.default in (PERSON, REQUIRED) else step.following


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""

    lowest: int
    highest: int
    default: int
    required: bool = False

    def read(self, step: StepReader, form: Form, key: str) -> int:
        return form.whole(key, self.lowest, self.highest, self.lowest) if form.has(key) else self.default


@dataclass(frozen=True, slots=True)
class Seconds:
    """A duration, written in seconds and read as milliseconds."""

    lowest_ms: int
    highest_ms: int
    default_ms: int
    required: bool = False

    def read(self, step: StepReader, form: Form, key: str) -> int:
        return form.seconds_as_ms(key, self.lowest_ms, self.highest_ms, self.default_ms)


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`."""

    default: bool
    required: bool = False

    def read(self, step: StepReader, form: Form, key: str) -> bool:
        return form.truth(key, default=self.default)


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few words. None as default: it has to be written."""

    words: tuple[str, ...]
    default: str | None = None

    @property
    def required(self) -> bool:
        return self.default is None

    def read(self, step: StepReader, form: Form, key: str) -> str:
        return form.one_of(key, self.words, self.default) or self.words[0]


@dataclass(frozen=True, slots=True)
class Name:
    """A name: of a thing of the kind `of` that must exist, or a new one where that is empty."""

    of: str = ""
    required: bool = True
    instead: str = ""
    """A word that may stand in the place of such a name."""

    def read(self, step: StepReader, form: Form, key: str) -> str:
        name = form.name(key, None if self.required else "")
        if self.instead and name == self.instead:
            return name
        if self.of and name:
            form.check_names(key, [name], _known(step, self.of), self.of)
        elif name in step.reserved:
            form.error(key, "reserved", "this name means something else in expressions")
        return name


@dataclass(frozen=True, slots=True)
class Names:
    """A list of names of the kind `of`: queues, skills, variables. Empty: whoever builds the step looks them up."""

    of: str
    required: bool = False

    def read(self, step: StepReader, form: Form, key: str) -> tuple[str, ...]:
        names = form.names(key, required=self.required)
        if self.of:
            form.check_names(key, names, _known(step, self.of), self.of)
        return names


@dataclass(frozen=True, slots=True)
class Shown(Names):
    """Variables that people will see, so none of them may be secret."""

    of: str = "variable"

    def read(self, step: StepReader, form: Form, key: str) -> tuple[str, ...]:
        names = Names.read(self, step, form, key)
        for name in names:
            if name in step.known.variables.secrets:
                form.diagnostics.error(
                    form.name_place(key, name), "secret", f"'{name}' is secret and cannot be shown to anybody"
                )
        return names


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression. `shown` says what makes its value visible, where something does; `default` is one, too."""

    wanted: Type | None = None
    shown: str = ""
    default: str | None = None

    @property
    def required(self) -> bool:
        return self.default is None

    def read(self, step: StepReader, form: Form, key: str) -> Expression:
        if form.has(key):
            return step.expression(form, key, self.wanted, shown=self.shown)
        if self.default is None:
            form.missing(key)
            return NOTHING
        text = Text(self.default, form.table.place)
        return step.expression_of(form, text, self.wanted) or NOTHING


@dataclass(frozen=True, slots=True)
class Formulas:
    """A mapping of names to expressions. `may_be_empty`: nothing need stand behind the colon."""

    required: bool = False
    may_be_empty: bool = False

    def read(self, step: StepReader, form: Form, key: str) -> Mapping[str, Expression]:
        node = form.table.entries.get(key)
        if self.may_be_empty and isinstance(node, Text) and not node.value and not node.quoted:
            return {}
        below = form.below(key, f"'{key}' of {form.what}", None, required=self.required)
        if below is None:
            return {}
        if not below.table.keys and not self.may_be_empty:
            form.error(key, "empty", f"'{key}' names nothing")
        return {name: step.expression(below, name) for name in below.table.keys if below.key_is_name(name)}


@dataclass(frozen=True, slots=True)
class Pairs:
    """A mapping of new names to names; what those name is looked up by whoever builds the step."""

    required: bool = False

    def read(self, step: StepReader, form: Form, key: str) -> Mapping[str, Text]:
        below = form.below(key, f"'{key}' of {form.what}", None, required=self.required)
        if below is None:
            return {}
        step.check_variables(below, below.table.keys)
        names = ((name, node) for name, node in below.table.entries.items() if below.name(name))
        return {name: node for name, node in names if isinstance(node, Text)}


@dataclass(frozen=True, slots=True)
class Choices:
    """Keys of a telephone and where each leads."""

    required: bool = True

    def read(self, step: StepReader, form: Form, key: str) -> Mapping[str, Target | None]:
        below = form.below(key, f"the {key} of {form.what}", KEYS, required=True)
        if below is None:
            return {}
        if not below.table.keys:
            form.error(key, "empty", "a menu needs at least one choice")
        return {name: step.target(below, name) for name in below.table.keys if name in KEYS}


@dataclass(frozen=True, slots=True)
class PersonKey:
    """The key that brings a person, or `none`. Where digits are keyed it cannot be one of them."""

    digits: bool = False
    default: str | None = None
    """None: the flow's own."""
    required: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        return (*(("*", "#") if self.digits else KEYS), NO_KEY)

    def read(self, step: StepReader, form: Form, key: str) -> str:
        if form.has(key):
            word = form.one_of(key, self.words, NO_KEY)
        elif self.default is not None:
            word = self.default
        elif self.digits and step.person_key.isdigit():
            word = "*"
        else:
            word = step.person_key or NO_KEY
        return "" if word == NO_KEY else word


@dataclass(frozen=True, slots=True)
class Below:
    """A mapping of its own fields, read as their values by key; None where it is not written."""

    fields: Mapping[str, Field]
    required: bool = False

    def read(self, step: StepReader, form: Form, key: str) -> Mapping[str, Any] | None:
        below = form.below(key, f"'{key}' of {form.what}", self.fields, required=self.required)
        return read_fields(step, below, self.fields) if below is not None else None


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping of new names to mappings of the same fields."""

    fields: Mapping[str, Field]
    short: str = ""
    """The field that is meant where one word stands in the place of the mapping."""
    required: bool = True

    def read(self, step: StepReader, form: Form, key: str) -> Mapping[str, Mapping[str, Any]]:
        below = form.below(key, f"the {key} of {form.what}", None, required=self.required)
        if below is None:
            return {}
        if not below.table.keys:
            form.error(key, "empty", f"'{key}' names nothing")
        step.check_variables(below, below.table.keys)
        found = {}
        for name, node in below.table.entries.items():
            is_short = self.short and isinstance(node, Text)
            whole = Table({self.short: node}, {self.short: node.place}, node.place) if is_short else node
            entry = Form.of(whole, form.diagnostics, f"'{name}' of {form.what}", self.fields)
            if entry is not None:
                found[name] = read_fields(step, entry, self.fields)
        return found


@dataclass(frozen=True, slots=True)
class Written:
    """Text as it is written; a mapping of languages to texts where `languages` are given."""

    required: bool = True
    languages: tuple[str, ...] = ()

    def read(self, step: StepReader, form: Form, key: str) -> Mapping[str, Text]:
        if not self.languages:
            node = form.table.entries.get(key)
            form.text(key, None if self.required else "")
            return {"": node} if isinstance(node, Text) else {}
        below = form.below(key, f"'{key}' of {form.what}", self.languages, required=self.required)
        if below is None:
            return {}
        if not below.table.keys:
            form.error(key, "empty", f"'{key}' needs its text in at least one language")
        for language in below.table.keys:
            below.text(language)
        texts = below.table.entries.items()
        return {name: node for name, node in texts if isinstance(node, Text) and name in self.languages}


@dataclass(frozen=True, slots=True)
class Cases:
    """Values that are written, and where each leads; which values those are depends on what is compared."""

    required: bool = True

    def read(self, step: StepReader, form: Form, key: str) -> Mapping[str, Target | None]:
        below = form.below(key, f"the {key} of {form.what}", None, required=True)
        if below is None:
            return {}
        if not below.table.keys:
            form.error(key, "empty", "a switch needs at least one case")
        return {name: step.target(below, name) for name in below.table.keys}


def read_fields(step: StepReader, form: Form, fields: Mapping[str, Field]) -> dict[str, Any]:
    """Every field of a form, in the order of the table."""
    return {key: field.read(step, form, key) for key, field in fields.items()}


def _known(step: StepReader, of: str) -> frozenset[str] | None:
    known = step.known
    match of:
        case "queue":
            return known.queues
        case "skill":
            return known.skills
        case "calendar":
            return known.hours
        case "flow":
            return known.flows
        case _:
            return frozenset(known.variables.types)
