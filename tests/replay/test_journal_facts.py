"""Notices → facts in the scenario's names."""

from typing import get_args

from ivr_engine.core.notices import (
    AgentChanged,
    AgentsRegistered,
    ContactBegan,
    ContactConnected,
    ContactMoved,
    Notice,
    SwitchStateChanged,
)
from ivr_engine.core.vocabulary import AgentId, AgentState, ContactId, ContactPhase, OfferId, Presence, QueueId
from ivr_engine.replay.history import Verb
from ivr_engine.replay.journal_facts import UNTOLD, Names, callers_of, facts_of
from ivr_engine.replay.scenario import Scenario
from tests.replay.stage import (
    HERE,
    CitizenPlan,
    Conduct,
    Happening,
    TalkAct,
    agent,
    citizen,
    does,
    hong,
    official,
    perform,
    world,
)

ZERO_MS = 1_000_000
CONTACT = ContactId("17.1")


def began(contact: str, caller: str) -> ContactBegan:
    return ContactBegan(ContactId(contact), "120", caller, ZERO_MS)


def changed(state: AgentState, contact: ContactId | None = None) -> AgentChanged:
    return AgentChanged(AgentId("1001"), Presence.AVAILABLE, state, "", ZERO_MS, contact)


def test_given_callers_when_their_contacts_begin_then_each_has_its_name_and_strangers_their_id() -> None:
    names = Names(ZERO_MS, {"hong": "0201", "kim": "0202", "hong again": "0201"})
    entries = [(ZERO_MS + n, [began(str(n), caller)]) for n, caller in enumerate(["0202", "0201", "0201", "0299"])]
    assert [fact.subject for fact in facts_of(entries, names)] == ["kim", "hong", "hong again", "3"]


def test_given_what_was_before_the_beginning_when_facts_are_made_then_it_is_learnt_and_not_told() -> None:
    entries: list[tuple[int, list[Notice]]] = [
        (ZERO_MS - 500, [changed(AgentState.IDLE)]),
        (ZERO_MS + 100, [changed(AgentState.IDLE)]),
        (ZERO_MS + 200, [changed(AgentState.OFFERED)]),
    ]
    facts = facts_of(entries, Names(ZERO_MS, {}))
    assert [(fact.at_ms, fact.details["state"]) for fact in facts] == [(200, "offered")]


def test_given_a_configuration_when_it_names_agents_then_it_tells_nothing_of_them() -> None:
    registered = AgentsRegistered("r", (AgentId("1001"),), ())
    facts = facts_of([(ZERO_MS, [changed(AgentState.IDLE), registered])], Names(ZERO_MS, {}))
    assert facts == []


def test_given_a_second_agent_when_the_contact_was_answered_before_then_it_is_told_too() -> None:
    connected = ContactConnected(
        CONTACT, AgentId("1009"), OfferId("o"), QueueId("general"), "", "ko", ZERO_MS, 10, within_promise=True
    )
    moved = ContactMoved(CONTACT, ContactPhase.CONNECTED, ZERO_MS)
    talks = changed(AgentState.ON_CONTACT, CONTACT)
    entries: list[tuple[int, list[Notice]]] = [
        (ZERO_MS, [began(CONTACT, "0201")]),
        (ZERO_MS + 1, [moved, connected]),
        (ZERO_MS + 2, [moved, talks]),
        (ZERO_MS + 3, [moved, talks]),  # found again by a new life of the engine
    ]
    facts = facts_of(entries, Names(ZERO_MS, {"hong": "0201"}))
    answers = [(fact.subject, fact.details["agent"]) for fact in facts if fact.verb is Verb.CONNECTED]
    assert answers == [("hong", "1009"), ("hong", "1001")]


def test_given_a_switch_when_it_is_seen_and_lost_then_both_are_facts_of_nobody() -> None:
    entries = [(ZERO_MS, [SwitchStateChanged(connected=True)]), (ZERO_MS, [SwitchStateChanged(connected=False)])]
    facts = facts_of(entries, Names(ZERO_MS, {}))
    assert [(fact.subject, fact.details) for fact in facts] == [
        ("", {"connected": "true"}),
        ("", {"connected": "false"}),
    ]


def test_given_citizens_without_a_number_when_they_call_then_each_has_a_fictitious_one_of_their_own() -> None:
    plans = (hong(), citizen("kim", caller="0212345678"), citizen("lee"))
    callers = callers_of(Scenario("s", "", HERE, 0, citizens=plans))
    assert callers["kim"] == "0212345678"
    assert callers["hong"] != callers["lee"]
    assert all(callers[name].startswith("02000") and len(callers[name]) == 10 for name in ("hong", "lee"))


def test_given_the_journal_of_a_whole_run_when_it_is_read_alone_then_it_tells_the_same_as_the_run() -> None:
    people = (
        hong(),
        citizen("kim", arrives_ms=3_000, patience_ms=20_000),
        official(Conduct(talk_ms=9_000)),
        agent("1001", acts=(does(TalkAct.CONSULT, 2_000),)),
        world(Happening.ENGINE_KILLED, 6_000),
        world(Happening.ENGINE_STARTED, 8_000),
    )
    played = perform(*people)
    scenario = Scenario(
        "s", "", HERE, _begins(played.entries[0].at_ms), citizens=tuple(p for p in people if isinstance(p, CitizenPlan))
    )
    from_journal = facts_of(((entry.at_ms, entry.notices) for entry in played.entries), Names.of(scenario))
    of_phones = (Verb.HEARD, Verb.PRESSED, Verb.ENGINE)
    assert from_journal == [fact for fact in played.history.facts if fact.verb not in of_phones]


def _begins(first_entry_ms: int) -> int:
    return first_entry_ms + 1_000


def test_given_every_kind_of_notice_when_a_day_is_told_then_none_is_unknown() -> None:
    known = {name for name in dir(Verb) if name.isupper()}
    told = set(get_args(Notice)) - UNTOLD
    assert len(told) <= len(known), "a new notice needs a verb, or a word in journal_facts why not"
