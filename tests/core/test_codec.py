"""Facts survive the way through plain values, and nothing else is taken for a fact."""

import dataclasses
import inspect
import json
from types import ModuleType
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_engine.core import codec, commands, events, notices
from ivr_engine.core.codec import CodecError, Fact, decode, encode
from ivr_engine.core.configuration import AgentSettings, Configuration, MissSettings, QueueSettings
from ivr_engine.core.conversation import Ended, ToQueue
from ivr_engine.core.vocabulary import (
    AgentId,
    ContactId,
    Disposition,
    LegId,
    OfferFailure,
    OfferId,
    OfferResult,
    Presence,
    QueueId,
    Role,
    Skill,
)

FACTS = (*get_args(events.Event), *get_args(commands.Command), *get_args(notices.Notice))
C1 = ContactId("1700000000.1")


def by_name(cls: type) -> str:
    return cls.__name__


@pytest.mark.parametrize("cls", FACTS, ids=by_name)
def test_given_any_fact_when_encoded_through_json_and_decoded_then_it_is_the_same_fact(cls: type) -> None:
    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.from_type(cls))
    def round_trip(fact: Fact) -> None:
        plain = encode(fact)
        assert plain["kind"] == cls.__name__
        assert decode(json.loads(json.dumps(plain))) == fact
        assert only_plain(plain)

    round_trip()


def only_plain(value: Any) -> bool:
    if type(value) is dict:
        return all(type(key) is str and only_plain(inner) for key, inner in value.items())
    if type(value) is list:
        return all(only_plain(inner) for inner in value)
    return value is None or type(value) in (str, int, bool)


def _is_in(cls: type, module: ModuleType) -> bool:
    """Of the module, or of one of its rooms."""
    return cls.__module__ == module.__name__ or cls.__module__.startswith(f"{module.__name__}.")


@pytest.mark.parametrize("module", [events, commands, notices], ids=lambda module: module.__name__)
def test_given_a_class_of_facts_when_it_is_in_no_union_then_it_is_found_here(module: ModuleType) -> None:
    defined = {
        cls
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if dataclasses.is_dataclass(cls) and _is_in(cls, module)
    }
    parts_of_facts = {events.LegSeen, events.LeftPlace, events.LastTalk}
    assert len(defined) > 10, "the walk has lost the classes"
    assert defined - parts_of_facts == set(FACTS) & defined
    assert {cls.__name__ for cls in FACTS} == set(codec.KINDS)


def test_given_equal_facts_built_in_another_order_when_encoded_then_the_text_is_the_same() -> None:
    def configured(skills: dict[Skill, int], rest: dict[OfferFailure, int]) -> events.Configured:
        agent = AgentSettings(AgentId("1001"), "김하늘", skills)
        queue = QueueSettings(QueueId("transport"), frozenset({Skill("transport"), Skill("english")}))
        return events.Configured(Configuration((queue,), (agent,), MissSettings(rest)))

    one = configured({Skill("a"): 1, Skill("b"): 2}, {OfferFailure.BUSY: 1, OfferFailure.DECLINED: 2})
    two = configured({Skill("b"): 2, Skill("a"): 1}, {OfferFailure.DECLINED: 2, OfferFailure.BUSY: 1})
    assert json.dumps(encode(one)) == json.dumps(encode(two))
    assert encode(one)["configuration"]["queues"][0]["requirement"] == ["english", "transport"]


def test_given_a_queued_contact_when_encoded_then_it_reads_like_the_fact() -> None:
    request = ToQueue(QueueId("transport"), frozenset({Skill("transport")}), agency="seoul")
    assert encode(events.ContactQueued(C1, "120", "01000000000", request, 1_000)) == {
        "kind": "ContactQueued",
        "contact": C1,
        "number": "120",
        "caller": "01000000000",
        "request": {
            "kind": "ToQueue",
            "queue": "transport",
            "requirement": ["transport"],
            "agency": "seoul",
            "language": "ko",
            "priority": 0,
            "agent": "",
            "agent_wait_ms": 0,
            "closes_in_seconds": None,
            "notice": "",
        },
        "queued_at_ms": 1_000,
    }


def test_given_an_older_journal_when_a_field_with_a_default_is_missing_then_the_default_is_taken() -> None:
    assert decode({"kind": "PresenceRestored", "agent": "1001", "presence": "available"}) == events.PresenceRestored(
        AgentId("1001"), Presence.AVAILABLE
    )


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"kind": "Nonsense"}, "fact"),
        ({"kind": ["Started"]}, "fact"),
        ({}, "fact"),
        ([], "fact"),
        ({"kind": "LegSeen"}, "fact"),
        ({"kind": "Started"}, "Started.epoch"),
        ({"kind": "Started", "epoch": True}, "Started.epoch"),
        ({"kind": "Started", "epoch": "1"}, "Started.epoch"),
        ({"kind": "Started", "epoch": 1.0}, "Started.epoch"),
        ({"kind": "Started", "epoch": 1, "epic": 1}, "Started.epic"),
        ({"kind": "SwitchSeen", "legs": {}}, "SwitchSeen.legs"),
        ({"kind": "SwitchSeen", "legs": [{"kind": "Started", "epoch": 1}]}, "SwitchSeen.legs[0]"),
        (
            {"kind": "SwitchSeen", "legs": [{"kind": "LegSeen", "leg": "1", "role": "cook", "contact": "1"}]},
            "SwitchSeen.legs[0].role",
        ),
        ({"kind": "FlowEnded", "contact": "1", "outcome": None}, "FlowEnded.outcome"),
        ({"kind": "FlowEnded", "contact": "1", "outcome": {"kind": "ToQueue"}}, "FlowEnded.outcome"),
        (
            {"kind": "Configured", "configuration": {"kind": "Configuration", "queues": [], "misses": {
                "kind": "MissSettings", "rest_ms": {"asleep": 1}}}},
            "Configured.configuration.misses.rest_ms['asleep']",
        ),
    ],
)  # fmt: skip
def test_given_what_is_no_fact_when_decoded_then_the_error_says_where(value: Any, place: str) -> None:
    with pytest.raises(CodecError) as error:
        decode(value)
    assert error.value.place == place
    assert str(error.value).startswith(f"{place}: ")


def test_given_something_else_when_encoded_then_it_is_refused() -> None:
    leg = events.LegSeen(LegId("1"), Role.CITIZEN, C1)
    for stranger in (leg, Ended(Disposition.CLOSED), "text", None):
        with pytest.raises(CodecError):
            encode(stranger)  # type: ignore[arg-type]


def test_given_a_long_wrong_value_when_decoded_then_the_error_stays_short() -> None:
    with pytest.raises(CodecError) as error:
        decode({"kind": "Started", "epoch": "x" * 10_000})
    assert len(str(error.value)) < 120


@pytest.mark.parametrize(
    ("value", "shown"),
    [("x" * 58, f"'{'x' * 58}'"), ("x" * 59, f"'{'x' * 56}…"), (None, "None")],
    ids=["60 in quotes", "one more", "short"],
)
def test_given_a_wrong_value_when_decoded_then_the_error_shows_it_up_to_60_characters(value: Any, shown: str) -> None:
    with pytest.raises(CodecError) as error:
        decode({"kind": "Started", "epoch": value})
    assert (error.value.problem, error.value.place) == (f"{shown} is no int", "Started.epoch")


def test_given_a_field_that_may_be_missing_when_it_is_wrong_inside_then_the_error_says_where() -> None:
    wrong = {"kind": "ToQueue", "queue": 7}
    leg: dict[str, Any] = {"kind": "LegSeen", "leg": "1", "role": "citizen", "contact": "1", "request": wrong}
    with pytest.raises(CodecError) as error:
        decode({"kind": "SwitchSeen", "legs": [leg]})
    assert error.value.place == "SwitchSeen.legs[0].request.queue"
    leg["request"] = None
    assert isinstance(decode({"kind": "SwitchSeen", "legs": [leg]}), events.SwitchSeen)


def test_given_kinds_when_listed_then_events_come_first_and_notices_last() -> None:
    assert codec.KINDS[0] in {cls.__name__ for cls in get_args(events.Event)}
    assert codec.KINDS[-1] in {cls.__name__ for cls in get_args(notices.Notice)}


def test_given_enums_and_optional_enums_when_encoded_then_their_values_are_plain_text() -> None:
    ended = notices.OfferEnded(OfferId("o"), C1, AgentId("a"), QueueId("q"), OfferResult.FAILED, OfferFailure.BUSY, 10)
    assert (type(encode(ended)["result"]), encode(ended)["cause"]) == (str, "busy")
    answered = dataclasses.replace(ended, result=OfferResult.ANSWERED, cause=None)
    assert encode(answered)["cause"] is None
