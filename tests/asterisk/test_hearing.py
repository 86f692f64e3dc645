"""What is heard of the switch: each fact once, whoever said it first, and nothing that makes no sense."""

import pytest

from ivr_engine.asterisk import hearing
from ivr_engine.asterisk.hearing import Hearing
from ivr_engine.asterisk.ringing import Ringing
from ivr_engine.asterisk.unheard import Unheard
from ivr_engine.core.conversation import CallerCard, Moment
from ivr_engine.core.events import ConsultRequested, Event, FactsNoted, LegEnded, OfferAnswered
from ivr_engine.core.packing import OutcomeError
from ivr_engine.core.vocabulary import AgentId, ContactId, LegId, OfferId
from ivr_engine.replay.simulator.ports import Record
from ivr_engine.replay.virtual import VirtualTime

CARD = CallerCard(contact=ContactId("c.1"), number="120", caller="0212345678", place=None, moment=Moment(0))
NOTED = {"Survey": "", "Facts": "topic=water"}


class Link:
    """Who hears, and what was told."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.ringing = Ringing(self.told.append, VirtualTime(0).after)
        self.unheard = Unheard(self.tell, lambda: True)
        self.hearing = Hearing(self.ringing, self.unheard, tell=self.tell, named=self.named)

    def tell(self, event: Event) -> bool:
        self.told.append(event)
        return True

    def named(self, event: ConsultRequested) -> ConsultRequested | None:
        return ConsultRequested(event.agent, event.entry, "0226408001") if event.entry == "7001" else None

    def hear(self, event: str, **words: str) -> None:
        self.hearing.take(Record({"Event": event, **words}))


@pytest.fixture
def link() -> Link:
    return Link()


def test_given_a_leg_that_ends_when_h_and_hangup_say_so_then_it_is_told_once(link: Link) -> None:
    link.hear("UserEvent", UserEvent="IvrLegEnded", Leg="c.1", Stage="wait")
    link.hear("Hangup", Uniqueid="c.1")
    assert link.told == [LegEnded(LegId("c.1"))]


def test_given_many_ends_when_more_than_are_remembered_then_the_oldest_is_forgotten_and_no_other(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "REMEMBERED_ENDS", 2)
    for leg in ("c.1", "c.2", "c.3", "c.3", "c.2", "c.1"):
        link.hear("Hangup", Uniqueid=leg)
    assert [event.leg for event in link.told if isinstance(event, LegEnded)] == ["c.1", "c.2", "c.3", "c.1"]


def test_given_a_phone_that_was_answered_when_its_response_says_otherwise_then_nothing_more_is_told(link: Link) -> None:
    link.ringing.begin(OfferId("o.1"), "a.1")
    link.hear("UserEvent", UserEvent="IvrAnswered", Offer="o.1", Contact="c.1", Agent="1001")
    link.hear("OriginateResponse", ActionID="a.1", Response="Failure", Reason="3")
    assert link.told == [OfferAnswered(OfferId("o.1"), ContactId("c.1"), AgentId("1001"))]


@pytest.mark.parametrize(
    ("keys", "told"), [("7001", [ConsultRequested(AgentId("1001"), "7001", "0226408001")]), ("0226408001", [])]
)
def test_given_keys_for_a_consult_when_pressed_then_only_what_has_a_name_is_called(
    link: Link, keys: str, told: list[Event]
) -> None:
    link.hear("UserEvent", UserEvent="IvrFeature", Agent="1001", Feature="consult", Entry=keys)
    assert link.told == told


def test_given_a_visit_s_fact_when_the_switch_tells_it_and_the_link_goes_then_it_is_told_once(link: Link) -> None:
    link.unheard.said(CARD, "IvrNoted", NOTED)
    link.hear("UserEvent", UserEvent="IvrNoted", Contact="c.1", **NOTED)
    link.unheard.lost()
    assert link.told == [FactsNoted(ContactId("c.1"), {"topic": "water"}, "")]


def test_given_words_of_ours_that_make_no_sense_when_heard_then_they_are_refused_and_told_to_nobody(
    link: Link,
) -> None:
    with pytest.raises(OutcomeError):
        link.hear("UserEvent", UserEvent="IvrQueued", Contact="c.1", Outcome="queue:", QueuedAt="soon")
    assert link.told == []
