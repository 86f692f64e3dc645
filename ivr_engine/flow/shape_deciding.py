"""The fields of the steps that decide and move on without a word: language, hours, switch, set, goto, call, return."""

import re
from collections.abc import Mapping
from typing import Any

from ivr_engine.core.conversation import Value, ValueType
from ivr_engine.flow.expressions_contact import TYPES
from ivr_engine.flow.expressions_tree import Kind, Type
from ivr_engine.flow.prompts import LANGUAGES
from ivr_engine.flow.shape_fields import REQUIRED, Cases, Field, Formula, Formulas, Name, Pairs, To, Word
from ivr_engine.flow.shape_reader import StepReader, value_type
from ivr_engine.flow.source import Text
from ivr_engine.flow.steps import (
    CallStep,
    FlowId,
    GotoStep,
    HoursId,
    HoursStep,
    LanguageStep,
    ReturnStep,
    SetStep,
    SwitchStep,
    Target,
)

OF_NUMBER = "number"
"""Written for the calendar of the number that was dialled."""

LANGUAGE: Mapping[str, Field] = {"language": Word(LANGUAGES), "next": To()}
HOURS: Mapping[str, Field] = {
    "hours": Name("calendar", instead=OF_NUMBER),
    "open": To(),
    "closed": To(REQUIRED),
    "holiday": To("closed"),
    "emergency": To("closed"),
}
SWITCH: Mapping[str, Field] = {"switch": Formula(), "cases": Cases(), "otherwise": To()}
SET: Mapping[str, Field] = {"set": Formulas(required=True), "next": To()}
GOTO: Mapping[str, Field] = {"goto": To(REQUIRED)}
CALL: Mapping[str, Field] = {"call": Name("flow"), "with": Formulas(), "into": Pairs(), "next": To()}
RETURN: Mapping[str, Field] = {"return": Formulas(required=True, may_be_empty=True)}

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})", re.ASCII)


def language(_step: StepReader, read: Mapping[str, Any]) -> LanguageStep:
    return LanguageStep(read["language"], read["next"])


def hours(_step: StepReader, read: Mapping[str, Any]) -> HoursStep:
    calendar = "" if read["hours"] == OF_NUMBER else read["hours"]
    return HoursStep(HoursId(calendar), read["open"], read["closed"], read["holiday"], read["emergency"])


def switch(step: StepReader, read: Mapping[str, Any]) -> SwitchStep:
    value, form = read["switch"], step.form
    of = value.type
    if value_type(of) is None:
        form.error("switch", "type", f"a {of} has no cases to name", hint="compare it, as in now.time < 12:00")
    if of.kind is not Kind.TRUTH and (secret := step.secret_in(value)):
        form.error(
            "switch", "secret", f"the cases of '{secret}' would tell a secret", hint="compare it: only true or false"
        )
    cases: dict[Value, Target | None] = {}
    below = form.below("cases", "cases", None)
    for written, target in read["cases"].items():
        case = _case(of, written)
        if case is None and below is not None:
            allowed = ("true", "false") if of.kind is Kind.TRUTH else of.words
            form.diagnostics.error(
                below.table.keys[written], "case", f"this can never be a {of}", found=written, allowed=allowed
            )
        elif case is not None:
            cases[case] = target
    return SwitchStep(value, cases, read["otherwise"])


def _case(of: Type, written: str) -> Value | None:
    match of.kind:
        case Kind.TRUTH:
            return {"true": True, "false": False}.get(written)
        case Kind.WHOLE:
            return int(written) if _WHOLE.fullmatch(written) else None
        case Kind.WORD:
            return written if written in of.words else None
        case _:
            return written


def set_(step: StepReader, read: Mapping[str, Any]) -> SetStep:
    below = step.form.below("set", "set", None)
    for name, expression in read["set"].items():
        _check_type(step, below, name, expression, step.known.variables.types.get(name))
    if below is not None:
        step.check_variables(below, read["set"])
    return SetStep(read["set"], read["next"])


def goto(_step: StepReader, read: Mapping[str, Any]) -> GotoStep:
    return GotoStep(read["goto"])


def call(step: StepReader, read: Mapping[str, Any]) -> CallStep:
    flow, form = read["call"], step.form
    takes = step.known.takes.get(flow, {})
    given = form.below("with", f"the arguments of flow '{flow}'", takes if flow in step.known.flows else None)
    for name, expression in read["with"].items():
        _check_type(step, given, name, expression, _type(takes.get(name)))
    for name in takes:
        if name not in read["with"]:
            form.error("with" if form.has("with") else "call", "missing", f"flow '{flow}' needs '{name}'")
    returned = step.known.returns.get(flow, {})
    below = form.below("into", "into", None)
    for name, text in read["into"].items():
        if below is not None and flow in step.known.flows and text.value not in returned:
            below.error(name, "unknown_result", f"flow '{flow}' returns no such thing", allowed=sorted(returned))
    results = {name: text.value for name, text in read["into"].items()}
    return CallStep(FlowId(flow), read["next"], read["with"], results)


def return_(step: StepReader, read: Mapping[str, Any]) -> ReturnStep:
    returns = step.known.returns.get(step.flow, {})
    node = step.form.table.entries.get("return")
    below = None if isinstance(node, Text) else step.form.below("return", "what this flow returns", returns)
    for name, expression in read["return"].items():
        _check_type(step, below, name, expression, _type(returns.get(name)))
    for name in returns:
        if name not in read["return"]:
            step.form.error("return", "missing", f"flow '{step.flow}' says that it returns '{name}'")
    return ReturnStep(read["return"])


def _type(of: ValueType | None) -> Type | None:
    return TYPES[of] if of is not None else None


def _check_type(step: StepReader, form: Any, name: str, expression: Any, wanted: Type | None) -> None:
    """A variable has one type, and a time or a date is none of them."""
    found = value_type(expression.type)
    if form is None or found is None or wanted is None:
        if form is not None and found is None:
            form.error(name, "type", f"a {expression.type} cannot be kept", hint="text, a whole number or a truth can")
        return
    if TYPES[found] != wanted:
        form.error(name, "type", f"'{name}' holds a {wanted}, this is a {expression.type}")
