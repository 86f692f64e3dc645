"""Expressions: what they are worth, what is refused and where, and that nothing surprising can come out."""

from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ivr_engine.core.conversation import CallerCard, Moment, ValueType
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.expressions import Expression, ExpressionErrors, evaluate, parse, read, type_of
from ivr_engine.flow.expressions_contact import TYPES, contact_types, contact_values
from ivr_engine.flow.expressions_grammar import DEPTH
from ivr_engine.flow.expressions_lexis import CHARACTERS, LARGEST, TOKENS
from ivr_engine.flow.expressions_tree import (
    COMPARISONS,
    DATE,
    DEFAULTS,
    KEYWORDS,
    TEXT,
    TIME,
    TRUTH,
    WEEKDAY,
    WEEKDAYS,
    WHOLE,
    Among,
    Binary,
    Kind,
    Literal,
    Name,
    Range,
    Tree,
    Type,
    Unary,
    written,
)
from ivr_engine.flow.source import Table, Text
from ivr_engine.flow.source import read as read_yaml

MONDAY_NOON = Moment(1_767_582_000_000)
TYPE_NAMES = {
    **contact_types(("mapo", "jung"), ("ko", "en")),
    "account": TYPES[ValueType.TEXT],
    "amount": TYPES[ValueType.WHOLE_NUMBER],
    "paid": TYPES[ValueType.TRUTH],
}


def worth(
    text: str, caller: str = "01012345678", moment: Moment = MONDAY_NOON, **variables: str | int | bool
) -> object:
    card = CallerCard(ContactId("c"), "120", caller, moment=moment, visits=2, waited_seconds=30)
    values = contact_values(card, number="120", agency="mapo", language="ko", tries=1)
    return evaluate(parse(text, TYPE_NAMES), {**values, **variables})


def refused(text: str, wanted: Type | None = None) -> list[tuple[int, str]]:
    """Column from 1 and code of each mistake."""
    with pytest.raises(ExpressionErrors) as raised:
        parse(text, TYPE_NAMES, wanted)
    return [(one.at + 1, one.code) for one in raised.value.problems]


# ── worth ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1 + 2 * 3 - 4", 3),
        ("(1 + 2) * 3", 9),
        ("-7 / 2", -4),
        ("-7 % 3", 2),
        ("10 - 4 - 3", 3),
        ("- -5", 5),
        ("7 / (amount - amount)", 0),
        ("7 % amount", 0),
        (f"amount + {LARGEST}", LARGEST),
        ("true or paid and false", True),
        ("not paid and true", True),
        ("not (paid or true)", False),
        ("not 1 == 2", True),
        ("'it''s' == \"it's\"", True),
        ("account == ''", True),
        ("caller starts_with '010' and caller.mobile", True),
        ("caller.withheld or not caller.mobile", False),
        ("number == '120' and agency == mapo", True),
        ("agency in [jung, none]", False),
        ("language != 'en'", True),
        ("ko == language", True),
        ("visits == 2 and tries in 1..3 and waited_seconds >= 30", True),
        ("tries not in [0, 2..9]", True),
        ("tries between 1 and 1 and true", True),
        ("now.time == 12:00 and now.weekday == mon", True),
        ("now.weekday in sat..tue", True),
        ("now.weekday in tue..sat", False),
        ("now.date between 2026-01-05 and 2026-01-05", True),
        ("now.date > 2026-01-05", False),
        ("now.year * 10000 + now.month * 100 + now.day", 20260105),
        ("now.hour", 12),
        ("(1 < 2) == true", True),
    ],
)
def test_given_an_expression_when_evaluated_then_it_is_worth_what_it_says(text: str, answer: object) -> None:
    assert worth(text) == answer


@pytest.mark.parametrize(
    ("first", "last", "open_at", "closed_at"),
    [
        ("09:00", "18:00", (9 * 60, 17 * 60 + 59), (8 * 60 + 59, 18 * 60)),
        ("22:00", "06:00", (22 * 60, 0, 5 * 60 + 59), (6 * 60, 21 * 60 + 59)),
        ("00:00", "24:00", (0, 23 * 60 + 59), ()),
    ],
)
def test_given_a_time_between_two_others_when_evaluated_then_the_last_minute_is_outside(
    first: str, last: str, open_at: tuple[int, ...], closed_at: tuple[int, ...]
) -> None:
    expression = parse(f"now.time between {first} and {last}", TYPE_NAMES)
    assert all(evaluate(expression, {"now.time": minute}) for minute in open_at)
    assert not any(evaluate(expression, {"now.time": minute}) for minute in closed_at)


@pytest.mark.parametrize(
    ("caller", "mobile", "withheld"),
    [
        ("01012345678", True, False),
        ("+821012345678", True, False),
        ("0111234567", True, False),
        ("0212345678", False, False),
        ("01212345678", False, False),
        ("", False, True),
        ("anonymous", False, True),
    ],
)
def test_given_a_caller_when_asked_about_then_mobiles_and_withheld_numbers_are_known(
    caller: str, mobile: bool, withheld: bool
) -> None:
    assert (worth("caller.mobile", caller), worth("caller.withheld", caller)) == (mobile, withheld)


def test_given_a_name_without_a_value_when_evaluated_then_it_is_worth_nothing_of_its_type() -> None:
    assert evaluate(parse("account == '' and amount == 0 and not paid", TYPE_NAMES), {}) is True


def test_given_an_expression_when_asked_then_its_type_names_and_words_are_told() -> None:
    expression = parse(" amount*2  >= now.day and paid ", TYPE_NAMES)
    assert type_of(expression) == TRUTH
    assert expression.names == {"amount", "now.day", "paid"}
    assert str(expression) == "amount * 2 >= now.day and paid"
    assert expression == parse(str(expression), TYPE_NAMES)


def test_given_a_new_variable_called_like_a_word_when_parsed_then_old_expressions_mean_what_they_meant() -> None:
    assert parse("language == en", {**TYPE_NAMES, "en": TEXT}) == parse("language == en", TYPE_NAMES)


# ── refused ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("", [(1, "expression_grammar")]),
        ("1 +", [(4, "expression_grammar")]),
        ("(1", [(3, "expression_grammar")]),
        ("1)", [(2, "expression_grammar")]),
        ("tries 1", [(7, "expression_grammar")]),
        ("1 < tries < 3", [(11, "expression_grammar")]),
        ("tries in 1", [(11, "expression_grammar")]),
        ("tries in [1", [(12, "expression_grammar")]),
        ("tries between 1 or 2", [(17, "expression_grammar")]),
        ("[1] == 1", [(1, "expression_grammar")]),
        ("len(caller)", [(4, "expression_grammar")]),
        ("caller[0]", [(7, "expression_grammar")]),
        ("tries = 1", [(7, "expression_sign")]),
        ("paid && !paid || paid", [(6, "expression_sign"), (9, "expression_sign"), (15, "expression_sign")]),
        ("paid AND paid", [(6, "expression_sign")]),
        ("caller == 'x", [(11, "expression_sign")]),
        ("tries > 1.5", [(9, "expression_sign")]),
        ("tries > 1; 2", [(10, "expression_sign")]),
        ("account == 0120", [(12, "expression_number"), (12, "type")]),
        ("tries < 1000000000000000", [(9, "expression_number")]),
        (f"{LARGEST} + 1", [(17, "expression_number")]),
        ("now.time > 25:00", [(12, "expression_time")]),
        ("now.date > 2027-02-30", [(12, "expression_date")]),
        ("number == 120", [(11, "type")]),
        ("now.time > '09:00'", [(12, "type")]),
        ("not tries", [(5, "type")]),
        ("paid and tries and amount", [(10, "type"), (20, "type")]),
        ("tries + '1'", [(9, "type")]),
        ("paid < paid", [(6, "type")]),
        ("now.weekday < fri", [(13, "type")]),
        ("tries in [1, '2', 09:00]", [(14, "type"), (19, "type")]),
        ("caller in 'a'..'b'", [(11, "type")]),
        ("langage == ko", [(1, "unknown_name")]),
        ("caller.moble", [(1, "unknown_name")]),
        ("language == kr or agency in [mapoo]", [(13, "unknown_word"), (30, "unknown_word")]),
        ("amount / 0", [(8, "division")]),
        ("amount % (2 - 2)", [(8, "division")]),
        ("tries in 5..1", [(10, "empty_range")]),
        ("now.date in 2027-02-01..2027-01-01", [(13, "empty_range")]),
        ("x" * (CHARACTERS + 1), [(1, "expression_long")]),
        ("1" + "+1" * TOKENS, [(TOKENS + 1, "expression_long")]),
        ("(" * DEPTH + "1" + ")" * DEPTH, [(DEPTH + 1, "expression_grammar")]),
    ],
)
def test_given_a_mistake_when_parsed_then_it_is_told_at_its_column(text: str, mistakes: list[tuple[int, str]]) -> None:
    assert refused(text) == mistakes


def test_given_another_type_than_wanted_when_parsed_then_that_is_told() -> None:
    assert refused("tries + 1", TRUTH) == [(1, "type")]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("when: langage == ko", 7),
        ("when: language == ko and langage == ko", 26),
        ("when: 'langage == ko'", 8),
        ('when: "langage == ko"', 8),
        ('when: "\\x6canguage == ko and langage == ko"', 7),
        ("when: language == ko\n  and langage == ko", 7),
        ("when: >\n  language == ko and\n  langage == ko", 7),
    ],
)
def test_given_an_expression_in_a_document_when_wrong_then_the_very_place_and_the_nearest_name_are_told(
    line: str, column: int
) -> None:
    diagnostics = Diagnostics()
    tree = read_yaml("flows/main.yaml", line.encode(), diagnostics)
    assert isinstance(tree, Table)
    value = tree.entries["when"]
    assert isinstance(value, Text)
    assert read(value, TYPE_NAMES, diagnostics) is None
    (only,) = diagnostics.in_order()
    assert str(only.place) == f"flows/main.yaml:1:{column}"
    assert only.nearest == "language"


# ── any ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
FEW = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
ODD = ["'x'", "'", '"', "=", "&&", "é", "\x00", "\n", "999999999999999", "now.", ".."]
PIECES = st.sampled_from(
    [*sorted(KEYWORDS), *TYPE_NAMES, *WEEKDAYS, *COMPARISONS, *"+-*/%()[],", "1", "0", "09:00", "2027-01-01", *ODD]
)


@FEW
@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=25).map(" ".join)))
@example("not " * 200)
@example("(" * 400)
@example("-" * 400 + "1")
def test_given_any_text_when_parsed_then_an_expression_or_problems_inside_of_it(text: str) -> None:
    try:
        expression = parse(text, TYPE_NAMES)
    except ExpressionErrors as errors:
        problems = errors.problems
    else:
        assert parse(str(expression), TYPE_NAMES) == expression
        evaluate(expression, {})
        return
    assert problems
    assert all(0 <= one.at <= len(text) for one in problems)


def literals(of: Type) -> st.SearchStrategy[Tree]:
    match of.kind:
        case Kind.TEXT:
            return st.builds(Literal, st.just(of), st.text(max_size=8))
        case Kind.WHOLE:
            return st.builds(Literal, st.just(of), st.integers(0, 1000))
        case Kind.TRUTH:
            return st.builds(Literal, st.just(of), st.booleans())
        case Kind.TIME:
            return st.builds(Literal, st.just(of), st.integers(0, 24 * 60))
        case Kind.DATE:
            return st.builds(Literal, st.just(of), st.dates(date(2026, 1, 1), date(2028, 1, 1)))
        case Kind.WORD:
            return st.builds(Literal, st.just(of), st.sampled_from(of.words))


def names(of: Type) -> st.SearchStrategy[Tree]:
    found = [name for name, known in TYPE_NAMES.items() if known == of]
    return st.builds(Name, st.sampled_from(found), st.just(of))


def leaves(of: Type) -> st.SearchStrategy[Tree]:
    return st.one_of(names(of), literals(of)) if of.kind is not Kind.WORD else names(of)


def sums() -> st.SearchStrategy[Tree]:
    """Whole numbers; the divisor is a name, because a constant zero is refused."""
    return st.recursive(
        leaves(WHOLE),
        lambda inner: st.one_of(
            st.builds(Binary, st.sampled_from(["+", "-"]), inner, inner),
            st.builds(Binary, st.sampled_from(["*", "/", "%"]), inner, names(WHOLE)),
            st.builds(Unary, st.just("-"), inner),
        ),
        max_leaves=6,
    )


@st.composite
def questions(draw: st.DrawFn) -> Tree:
    """One comparison or membership."""
    of = draw(st.sampled_from([TEXT, WHOLE, TIME, DATE, WEEKDAY, TYPE_NAMES["agency"]]))
    values = sums() if of == WHOLE else leaves(of)
    match draw(st.sampled_from(["compare", "list", "range", "starts"])):
        case "compare":
            operators = COMPARISONS if of.kind in (Kind.WHOLE, Kind.TIME, Kind.DATE) else ("==", "!=")
            right = draw(literals(of) if of.kind is Kind.WORD else values)
            return Binary(draw(st.sampled_from(operators)), draw(values), right)
        case "list":
            items = draw(st.lists(literals(of), min_size=1, max_size=3))
            return Among(draw(values), tuple(items), draw(st.booleans()))
        case "range" if of.kind in (Kind.TIME, Kind.WORD):
            span = Range(draw(literals(of)), draw(literals(of)))
            return Among(draw(values), (span, draw(literals(of))), draw(st.booleans()))
        case "range" if of.kind is not Kind.TEXT:
            return Among(draw(values), (Range(draw(literals(of)), draw(names(of))),), draw(st.booleans()))
        case _:
            return Binary("starts_with", draw(leaves(TEXT)), draw(leaves(TEXT)))


def truths() -> st.SearchStrategy[Tree]:
    return st.recursive(
        st.one_of(questions(), leaves(TRUTH)),
        lambda inner: st.one_of(
            st.builds(Binary, st.sampled_from(["and", "or"]), inner, inner),
            st.builds(Binary, st.sampled_from(["==", "!="]), inner, inner),
            st.builds(Unary, st.just("not"), inner),
        ),
        max_leaves=5,
    )


def values_of(of: Type) -> st.SearchStrategy[object]:
    match of.kind:
        case Kind.WHOLE:
            return st.integers(-LARGEST, LARGEST)
        case Kind.TIME:
            return st.integers(0, 24 * 60 - 1)
        case Kind.WORD:
            return st.sampled_from(of.words)
        case Kind.TEXT:
            return st.text(max_size=5)
        case Kind.TRUTH:
            return st.booleans()
        case Kind.DATE:
            return st.dates()


EXPECTED = {Kind.TRUTH: bool, Kind.WHOLE: int}
VALUES = st.fixed_dictionaries({}, optional={name: values_of(of) for name, of in TYPE_NAMES.items()})


@FEW
@given(st.one_of(truths(), sums()), VALUES)
def test_given_any_expression_when_written_and_read_again_then_it_is_the_same_and_has_an_answer(
    tree: Tree, values: dict[str, object]
) -> None:
    text = written(tree)
    if len(text) > CHARACTERS:
        return
    try:
        expression = parse(text, TYPE_NAMES)
    except ExpressionErrors as errors:
        problems = errors.problems
    else:
        assert expression.tree == tree
        _has_an_answer(expression, values)
        return
    assert {one.code for one in problems} <= {"expression_long", "empty_range", "expression_number"}


def _has_an_answer(expression: Expression, values: dict[str, object]) -> None:
    answer = evaluate(expression, values)  # type: ignore[arg-type]  # each value is of its name's type
    assert isinstance(answer, EXPECTED[type_of(expression).kind])
    assert not isinstance(answer, int) or abs(answer) <= LARGEST


def test_given_the_types_when_asked_then_each_has_a_value_for_nothing() -> None:
    assert set(DEFAULTS) == set(Kind)
    assert {TIME.kind, DATE.kind} <= set(DEFAULTS)
