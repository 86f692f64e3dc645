"""Which variables there are, of what type, and which of them hold something secret: known before any step is read.

A variable is one name for the whole folder. Whoever gives it a value says its type: `collect` and `record` give text, a
survey whole numbers, a data dip and the head of a called flow what they declare, `set` and `with` the type of their
expression, which may need other variables first. A variable is secret when anything secret can get into it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr_engine.core.conversation import ValueType
from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.expressions import ExpressionErrors, parse
from ivr_engine.flow.expressions_contact import TYPES
from ivr_engine.flow.expressions_tree import TEXT, Type
from ivr_engine.flow.form import NAME, Form
from ivr_engine.flow.shape_reader import Variables, value_type
from ivr_engine.flow.source import Node, Table, Text
from ivr_engine.flow.steps import FlowId

VARIABLES = 200
"""In one folder. All that one citizen keeps has to fit on the citizen's channel; nobody needs more names."""

ROUNDS = 20
"""Variables made of variables made of variables: a longer chain than that is a mistake."""

Declared = Mapping[str, Mapping[str, ValueType]]
"""Flow → name → type: what it takes, or what it returns."""


@dataclass(slots=True)
class _Writer:
    """One place that gives a variable its value."""

    name: str
    place: Place
    type: Type | None = None
    expression: str = ""
    """What the type follows from, where it is not known yet."""
    secret: bool = False
    source: str = ""
    """The variable that it takes over, where it is one."""


def declared(flows: Mapping[FlowId, Node | None], key: str, diagnostics: Diagnostics) -> Declared:
    """What flows say in their heads that they take or return."""
    found: dict[str, dict[str, ValueType]] = {}
    for flow, node in flows.items():
        written = node.entries.get(key) if isinstance(node, Table) else None
        if written is None:
            continue
        form = Form.of(written, diagnostics, f"'{key}' of flow '{flow}'", None)
        if form is not None:
            names = [name for name in form.table.keys if form.key_is_name(name)]
            found[flow] = {name: ValueType(form.one_of(name, tuple(ValueType)) or ValueType.TEXT) for name in names}
    return found


def find_variables(
    flows: Mapping[FlowId, Node | None],
    contact: Mapping[str, Type],
    takes: Declared,
    returns: Declared,
    diagnostics: Diagnostics,
) -> Variables:
    """Every variable. Two types for one name are a mistake; what cannot be understood is told where it is read."""
    writers = [writer for flow, node in flows.items() for writer in _writers(flow, node, takes, returns)]
    types: dict[str, Type] = {}
    for writer in writers:
        if writer.type is not None:
            _settle(writer, writer.type, types, diagnostics)
    open_writers = [writer for writer in writers if writer.type is None]
    for _ in range(ROUNDS):
        before = len(open_writers)
        open_writers = [writer for writer in open_writers if not _inferred(writer, types, contact)]
        if len(open_writers) in (0, before):
            break
    for writer in open_writers:
        types.setdefault(writer.name, _by_itself(writer, types, contact))
    if len(types) > VARIABLES:
        last = writers[-1].place
        diagnostics.error(last, "too_long", f"{len(types)} variables, at most {VARIABLES} in one folder")
    return Variables(types, _secrets(writers, types, contact))


def _settle(writer: _Writer, of: Type, types: dict[str, Type], diagnostics: Diagnostics) -> None:
    known = types.setdefault(writer.name, of)
    if known != of:
        diagnostics.error(
            writer.place,
            "two_types",
            f"'{writer.name}' holds a {known} elsewhere and a {of} here",
            hint="take another name",
        )


def _inferred(writer: _Writer, types: dict[str, Type], contact: Mapping[str, Type]) -> bool:
    """Whether the type of what it is set to is known by now. Another type than before is told where it is read."""
    try:
        found = value_type(parse(writer.expression, {**contact, **types}).type)
    except ExpressionErrors:
        return False
    if found is not None:
        types.setdefault(writer.name, TYPES[found])
    return True


def _by_itself(writer: _Writer, types: Mapping[str, Type], contact: Mapping[str, Type]) -> Type:
    """Of what is worked out from itself alone (`rounds: rounds + 1`): the type that goes in and comes out."""
    for of in (TYPES[ValueType.WHOLE_NUMBER], TYPES[ValueType.TRUTH]):
        try:
            found = value_type(parse(writer.expression, {**contact, **types, writer.name: of}).type)
        except ExpressionErrors:
            continue
        if found is not None and TYPES[found] == of and writer.expression.strip() != writer.name:
            return of
    return TEXT


def _secrets(writers: list[_Writer], types: Mapping[str, Type], contact: Mapping[str, Type]) -> frozenset[str]:
    secrets = {writer.name for writer in writers if writer.secret}
    depends: dict[str, set[str]] = {}
    for writer in writers:
        if writer.source:
            depends.setdefault(writer.name, set()).add(writer.source)
        elif writer.expression:
            try:
                names = parse(writer.expression, {**contact, **types}).names
            except ExpressionErrors:
                continue
            depends.setdefault(writer.name, set()).update(names)
    grew = bool(secrets)
    while grew:
        reached = {name for name, names in depends.items() if name not in secrets and not names.isdisjoint(secrets)}
        secrets |= reached
        grew = bool(reached)
    return frozenset(secrets)


def _writers(flow: FlowId, node: Node | None, takes: Declared, returns: Declared) -> Iterator[_Writer]:
    head = node.entries if isinstance(node, Table) else {}
    for key, of_flow in (("takes", takes), ("returns", returns)):
        written = head.get(key)
        for name, of in of_flow.get(flow, {}).items():
            if isinstance(written, Table):
                yield _Writer(name, written.keys[name], TYPES[of])
    steps = head.get("steps")
    for step in steps.entries.values() if isinstance(steps, Table) else ():
        if isinstance(step, Table):
            yield from _of_step(step, returns)


def _of_step(step: Table, returns: Declared) -> Iterator[_Writer]:
    for key in ("collect", "record"):
        if name := _text(step, key):
            yield _Writer(name, step.entries[key].place, TEXT, secret=_text(step, "secret") == "true")
    if "survey" in step.entries:
        for name, place, _ in _entries(step, "questions"):
            yield _Writer(name, place, TYPES[ValueType.WHOLE_NUMBER])
    if "dip" in step.entries:
        for name, place, node in _entries(step, "outputs"):
            word = _text(node, "type") if isinstance(node, Table) else node.value if isinstance(node, Text) else ""
            yield _Writer(name, place, TYPES[ValueType(word)] if word in tuple(ValueType) else TEXT)
    for key in ("set", "with", "return"):
        for name, place, node in _entries(step, key):
            if isinstance(node, Text):
                yield _Writer(name, place, expression=node.value)
    if called := _text(step, "call"):
        for name, place, node in _entries(step, "into"):
            of = returns.get(called, {}).get(node.value) if isinstance(node, Text) else None
            if of is not None and isinstance(node, Text):
                yield _Writer(name, place, TYPES[of], source=node.value)


def _text(table: Table, key: str) -> str:
    node = table.entries.get(key)
    return node.value if isinstance(node, Text) else ""


def _entries(table: Table, key: str) -> Iterator[tuple[str, Place, Node]]:
    below = table.entries.get(key)
    if isinstance(below, Table):
        for name, node in below.entries.items():
            if NAME.fullmatch(name):
                yield name, below.keys[name], node
