"""What reading one step needs: its form, the names that it may use, and where the words for a target lead."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ivr_engine.core.conversation import ValueType
from ivr_engine.flow.expressions import Expression, read
from ivr_engine.flow.expressions_contact import TYPES
from ivr_engine.flow.expressions_tree import KEYWORDS, TEXT, Kind, Literal, Type
from ivr_engine.flow.form import Form
from ivr_engine.flow.source import Text
from ivr_engine.flow.steps import PERSON_KEY, FlowId, Target

PERSON = "person"
"""The target that every flow has: the queue of the flow, or of the number that was dialled."""

OTHER_FLOW = "flow:"
"""`flow:english` goes on at the beginning of another document."""

NO_KEY = "none"
"""Written for a person key where there shall be none."""

NOTHING = Expression(Literal(TEXT, ""), TEXT, run=lambda _: "")
"""Stands where an expression could not be read; nobody uses a folder with errors."""


@dataclass(frozen=True, slots=True)
class Variables:
    """What steps may keep: each name's type, and which hold something secret."""

    types: Mapping[str, Type] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """The names that steps may use; None when the document that lists them could not be read."""

    prompts: frozenset[str] | None = None
    queues: frozenset[str] | None = None
    skills: frozenset[str] | None = None
    flows: frozenset[str] = frozenset()
    hours: frozenset[str] | None = None
    contact: Mapping[str, Type] = field(default_factory=dict)
    """What expressions may ask of the contact."""
    variables: Variables = field(default_factory=Variables)
    takes: Mapping[str, Mapping[str, ValueType]] = field(default_factory=dict)
    """Flow → the arguments that it needs."""
    returns: Mapping[str, Mapping[str, ValueType]] = field(default_factory=dict)


class StepReader:
    """One step that is being read."""

    def __init__(
        self,
        flow: FlowId,
        labels: tuple[str, ...],
        following: str | None,
        known: Known,
        form: Form,
        person_key: str = PERSON_KEY,
    ) -> None:
        self.flow = flow
        self.known = known
        self.form = form
        self.person_key = person_key
        """The flow's own, "" for none."""
        self._labels = labels
        self.following = Target(flow, following) if following is not None else None

    def expression(self, form: Form, key: str, wanted: Type | None = None, *, shown: str = "") -> Expression:
        """The expression of a field; NOTHING after a diagnostic.

        `shown` names what makes its value visible, where it does: a secret cannot stand there.
        """
        node = form.table.entries.get(key)
        if not isinstance(node, Text):
            form.error(key, "not_a_value", f"'{key}' must be one expression")
            return NOTHING
        return self.expression_of(form, node, wanted, shown=shown) or NOTHING

    def expression_of(
        self, form: Form, text: Text, wanted: Type | None = None, *, shown: str = ""
    ) -> Expression | None:
        """The expression that a text is, or None after a diagnostic."""
        types = {**self.known.contact, **self.known.variables.types}
        found = read(text, types, form.diagnostics, wanted)
        if found is not None and shown and (secret := self.secret_in(found)):
            form.diagnostics.error(
                text.place, "secret", f"'{secret}' is secret and cannot be {shown}", hint="secrets go only into a dip"
            )
        return found

    def secret_in(self, expression: Expression) -> str:
        """The first secret that an expression depends on, or nothing."""
        return min(expression.names & self.known.variables.secrets, default="")

    def target(self, form: Form, key: str) -> Target | None:
        """Where the word of a field leads; a person after a diagnostic."""
        node = form.table.entries.get(key)
        if not isinstance(node, Text):
            hint = "another flow is written flow:NAME, without a space" if node is not None else ""
            form.error(key, "not_a_value", f"'{key}' must name one step", hint=hint)
            return None
        word, flows = node.value, self.known.flows
        if word == PERSON:
            return None
        if word.startswith(OTHER_FLOW):
            name = word.removeprefix(OTHER_FLOW)
            if name in flows:
                return Target(FlowId(name), "")
            allowed = [f"{OTHER_FLOW}{known}" for known in sorted(flows)]
            form.error(key, "unknown_flow", "no such flow", allowed=allowed)
            return None
        if word in self._labels:
            return Target(self.flow, word)
        if word in flows:
            hint = f"to go on in the other flow write {OTHER_FLOW}{word}"
        elif word.startswith("queue:"):
            hint = f"a queue is a step of its own: desk: {{queue: {word.partition(':')[2].strip() or 'NAME'}}}"
        else:
            hint = ""
        form.error(
            key, "unknown_step", f"no such step in flow '{self.flow}'", allowed=(*self._labels, PERSON), hint=hint
        )
        return None

    def check_variables(self, form: Form, names: Iterable[str]) -> None:
        """Each key of a form becomes a variable: it must be a name that is free."""
        for name in names:
            if form.key_is_name(name) and name in self.reserved:
                form.diagnostics.error(
                    form.table.keys[name], "reserved", "this name means something else in expressions", found=name
                )

    @property
    def reserved(self) -> frozenset[str]:
        """Names that no variable can have."""
        return KEYWORDS.union(self.known.contact)


def value_type(of: Type) -> ValueType | None:
    """The type that a variable has which is given such a value."""
    if of.kind is Kind.WORD:
        return ValueType.TEXT
    return next((name for name, kept in TYPES.items() if kept == of), None)
