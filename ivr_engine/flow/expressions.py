"""Expressions: what operators write to compare, count and ask for the time, typed before any citizen calls.

    now.time between 09:00 and 18:00 and now.weekday in mon..fri
    caller.mobile or caller starts_with '02'
    agency in [mapo, jung] and tries < 2

No code is evaluated: a tokenizer (`expressions_lexis`), a Pratt parser (`expressions_grammar`), types
(`expressions_types`) and closures (`expressions_run`). Every name that an expression may use has a type beforehand:
`expressions_contact` has those of the contact, a flow adds its variables.
"""

from dataclasses import dataclass, field

from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.expressions_grammar import grow
from ivr_engine.flow.expressions_lexis import Problem, tokens
from ivr_engine.flow.expressions_run import Run, Values, compiled
from ivr_engine.flow.expressions_tree import Tree, Type, Value, names_used, written
from ivr_engine.flow.expressions_types import Types, typed
from ivr_engine.flow.source import Text

__all__ = ["Expression", "ExpressionErrors", "Types", "Value", "Values", "evaluate", "parse", "read", "type_of"]


@dataclass(frozen=True, slots=True)
class Expression:
    """One that was accepted. Equal when it means the same, however it was spaced."""

    tree: Tree
    type: Type
    text: str = field(default="", compare=False)
    """As it was written."""
    names: frozenset[str] = field(default=frozenset(), compare=False)
    """Every name that the answer depends on."""
    run: Run = field(default=lambda _: None, repr=False, compare=False)

    def __str__(self) -> str:
        return written(self.tree)


class ExpressionErrors(Exception):  # noqa: N818  (several at once is the point)
    """This is no expression. `problems` are all that is wrong with it."""

    code = "expression_errors"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{one.at + 1}: {one.message}" for one in problems))


def parse(text: str, types: Types, wanted: Type | None = None) -> Expression:
    """The expression that a text is. `wanted` is the type that its place needs, None for any.

    Raises ExpressionErrors, and nothing else, whatever the text.
    """
    problems: list[Problem] = []
    tree = grow(tokens(text, problems), problems)
    found = typed(tree, types, problems) if tree is not None else None
    if found is not None and wanted is not None and found[1] != wanted:
        problems.append(Problem(0, "type", f"a {wanted} is wanted here, this is a {found[1]}"))
    if problems or found is None:
        raise ExpressionErrors(tuple(problems))
    tree, of = found
    return Expression(tree, of, text, names_used(tree), compiled(tree))


def read(text: Text, types: Types, diagnostics: Diagnostics, wanted: Type | None = None) -> Expression | None:
    """The expression in a document, or None after a diagnostic for each mistake, at its very column."""
    try:
        return parse(text.value, types, wanted)
    except ExpressionErrors as errors:
        for one in errors.problems:
            diagnostics.error(
                place_in(text, one.at), one.code, one.message, found=one.found, allowed=one.allowed, hint=one.hint
            )
        return None


def place_in(text: Text, at: int) -> Place:
    """Where one character of a value stands in its file; its beginning where escapes or line breaks lie between."""
    if not text.as_written:
        return text.place
    return Place(text.place.file, text.place.line, text.place.column + at + (1 if text.quoted else 0))


def type_of(expression: Expression) -> Type:
    """What its answer is."""
    return expression.type


def evaluate(expression: Expression, values: Values) -> Value:
    """Its answer now. Never raises when each value has the type that the expression was read with."""
    value: Value = expression.run(values)
    return value
