"""What visits said and AMI did not tell: the core hears it once, whenever the link goes."""

from ivr_engine.asterisk.unheard import KEPT, Unheard
from ivr_engine.core.conversation import CallerCard, Moment
from ivr_engine.core.events import ContactArrived, Event, FactsNoted, MessageRecorded
from ivr_engine.core.vocabulary import ContactId

CARD = CallerCard(contact=ContactId("c.1"), number="120", caller="0212345678", place=None, moment=Moment(0))
ARRIVED = ContactArrived(ContactId("c.1"), "120", "0212345678")
RECORDED = {"Recording": "/spool/c-1-a", "Milliseconds": "4000"}


class Link:
    def __init__(self) -> None:
        self.up, self.full = True, False
        self.told: list[Event] = []
        self.unheard = Unheard(self.tell, lambda: self.up)

    def tell(self, event: Event) -> bool:
        if not self.full:
            self.told.append(event)
        return not self.full

    def noted(self, value: str) -> FactsNoted:
        self.unheard.said(CARD, "IvrNoted", {"Survey": "", "Facts": f"topic={value}"})
        return FactsNoted(CARD.contact, {"topic": value}, "")


def test_given_a_link_that_is_up_when_the_switch_tells_then_it_is_told_once_and_a_loss_adds_nothing() -> None:
    link = Link()
    fact = link.noted("water")
    assert link.unheard.heard(fact)
    link.unheard.lost()
    assert link.told == []


def test_given_a_fact_on_its_way_when_the_link_is_lost_then_the_core_hears_of_the_citizen_and_of_the_fact() -> None:
    link = Link()
    facts = [link.noted("water"), link.noted("tax")]
    assert link.unheard.heard(facts[0])
    link.unheard.lost()
    link.unheard.lost()
    assert link.told == [ARRIVED, facts[1]]


def test_given_a_link_that_is_down_when_a_visit_says_something_then_it_is_told_at_once_and_not_again() -> None:
    link = Link()
    link.up = False
    fact = link.noted("water")
    assert link.told == [ARRIVED, fact]
    assert not link.unheard.heard(fact)  # buffered by a link that was just coming up
    assert link.unheard.heard(fact)  # said by somebody else


def test_given_a_message_whose_length_the_switch_measures_when_told_then_it_is_the_same_message() -> None:
    link = Link()
    link.unheard.said(CARD, "IvrRecorded", RECORDED)
    assert link.unheard.heard(MessageRecorded(CARD.contact, "c-1-a", 3_870))
    assert link.unheard.heard(MessageRecorded(CARD.contact, "c-1-b", 4_000))
    link.unheard.said(CARD, "IvrRecorded", RECORDED)
    link.unheard.lost()
    assert link.told == [ARRIVED, MessageRecorded(CARD.contact, "c-1-a", 4_000)]


def test_given_a_full_inbox_when_the_link_is_lost_then_what_was_not_taken_is_kept() -> None:
    link = Link()
    fact = link.noted("water")
    link.full = True
    link.unheard.lost()
    link.full = False
    link.unheard.lost()
    assert link.told == [ARRIVED, fact]


def test_given_a_switch_that_never_tells_when_visits_say_much_then_the_newest_are_kept() -> None:
    link = Link()
    for number in range(KEPT + 5):
        link.noted(str(number))
    link.unheard.lost()
    assert len(link.told) == 2 * KEPT
    assert link.told[1] == FactsNoted(CARD.contact, {"topic": "5"}, "")
