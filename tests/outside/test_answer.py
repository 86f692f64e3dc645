"""JSON → declared outputs, or no answer."""

import json

import pytest

from ivr_engine.core.conversation import Output, ValueType
from ivr_engine.outside.answer import LARGEST_NUMBER, TEXT_LETTERS, AnswerUnreadable, read_answer

TEXT, NUMBER, TRUTH = ValueType.TEXT, ValueType.WHOLE_NUMBER, ValueType.TRUTH


def test_given_a_nested_answer_when_read_then_only_declared_outputs_come_with_their_types() -> None:
    bill = {"won": 12_300, "paid": False, "name": "홍길동"}
    body = json.dumps({"bill": bill, "stops": [{"id": "7"}], "x": 1}).encode()
    outputs = (
        Output("won", NUMBER, "bill.won"),
        Output("paid", TRUTH, "bill.paid"),
        Output("name", TEXT, "bill.name"),
        Output("stop", TEXT, "stops.0.id"),
    )
    assert read_answer(body, outputs) == {"won": 12_300, "paid": False, "name": "홍길동", "stop": "7"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (NUMBER, "12"),
        (NUMBER, True),
        (NUMBER, 12.0),
        (NUMBER, None),
        (NUMBER, LARGEST_NUMBER + 1),
        (TRUTH, 1),
        (TRUTH, "true"),
        (TRUTH, None),
        (TEXT, 12),
        (TEXT, "x" * (TEXT_LETTERS + 1)),
        (TEXT, "line\r\nAction: Originate"),
        (TEXT, {"a": 1}),
        (TEXT, []),
    ],
)
def test_given_another_type_than_declared_when_read_then_there_is_no_answer(kind: ValueType, value: object) -> None:
    with pytest.raises(AnswerUnreadable) as refused:
        read_answer(json.dumps({"secret_place": value}).encode(), [Output("out", kind, "secret_place")])
    assert "12" not in str(refused.value), "what stood there is not told"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff\xfe\x00",
        b"[" * 60_000,
        b'{"a": ' * 9_000,
        b"9" * 60_000,
        b"NaN",
        b"null",
        b"[]",
        b'{"b": 1}',
        b'{"a": {"b": 1}}',
        b'[{"a": 1}]',
    ],
)
def test_given_no_json_or_nothing_at_the_place_when_read_then_there_is_no_answer(body: bytes) -> None:
    with pytest.raises(AnswerUnreadable):
        read_answer(body, [Output("out", NUMBER, "a")])


@pytest.mark.parametrize("place", ["0", "0.a", "-1", "99999999999999999999", "²"])
def test_given_a_list_when_the_place_is_outside_it_then_there_is_no_answer(place: str) -> None:
    with pytest.raises(AnswerUnreadable):
        read_answer(b"[]", [Output("out", NUMBER, place)])


def test_given_no_declared_outputs_when_any_json_comes_then_that_is_an_answer() -> None:
    assert read_answer(b"{}", ()) == {}
