"""Callers who were here before: known again in the next life of the engine, and after the switch died under them."""

from dataclasses import replace

from ivr_engine.core.configuration import RoutingPolicy
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import CallersRestored, ContactRestored, LastTalk, LeftPlace, SwitchLost, SwitchSeen
from ivr_engine.core.recall import CALLERS, CALLERS_AT_ONCE, Recall
from ivr_engine.core.vocabulary import AgentId, ContactId
from tests.core.centre import GENERAL, Centre

CALLER, OTHER = "0311112222", "0333334444"
REDIAL = RoutingPolicy(redial_ms=600_000)


def first_served(centre: Centre) -> str:
    centre.agent("1001").logs_in()
    return centre.rings()[-1][0]


def test_given_a_place_that_an_engine_before_us_kept_when_the_caller_dials_again_then_it_is_back() -> None:
    centre = Centre("1001", log_in=False, routing=REDIAL)
    centre.tell(CallersRestored(left=(LeftPlace(CALLER, centre.now_ms - 60_000, centre.now_ms - 5_000),)))
    centre.citizen("c1").queues(caller=OTHER)
    centre.wait(1_000)
    centre.citizen("c2").queues(caller=CALLER)
    assert first_served(centre) == "c2"


def test_given_a_place_that_was_left_too_long_ago_when_restored_then_the_caller_has_a_new_one() -> None:
    centre = Centre("1001", log_in=False, routing=REDIAL)
    centre.tell(CallersRestored(left=(LeftPlace(CALLER, centre.now_ms - 700_000, centre.now_ms - 600_000),)))
    centre.citizen("c1").queues(caller=OTHER)
    centre.wait(1)
    centre.citizen("c2").queues(caller=CALLER)
    assert first_served(centre) == "c1"


def test_given_a_place_in_the_future_of_our_clock_when_restored_then_it_is_now_and_no_wait_is_negative() -> None:
    recall = Recall()
    recall.restore(CallersRestored(left=(LeftPlace(CALLER, 9_000, 9_500),)), 5_000)
    assert recall.old_place_ms(CALLER, 600_000, 6_000) == 5_000


def test_given_the_last_talk_of_a_caller_when_restored_then_a_sticky_queue_waits_for_that_agent() -> None:
    centre = Centre("1001", "1002", queues=[replace(GENERAL, last_agent_wait_ms=10_000)])
    centre.tell(CallersRestored(spoke=(LastTalk(CALLER, AgentId("1002"), centre.now_ms - 1_000),)))
    centre.citizen("c1").queues(caller=CALLER)
    assert centre.rings() == [("c1", "1002")]


def test_given_a_switch_that_died_when_its_citizen_calls_again_then_the_old_place_is_back() -> None:
    centre = Centre("1001", log_in=False, routing=REDIAL)
    centre.citizen("c1").queues(caller=CALLER)
    centre.wait(30_000)
    centre.tell(SwitchLost(), SwitchSeen((), restarted=True))
    centre.citizen("c2").queues(caller=OTHER)
    centre.wait(2_000)
    centre.citizen("c3").queues(caller=CALLER)
    assert first_served(centre) == "c3"


def test_given_switch_and_engine_that_died_together_when_the_citizen_calls_again_then_the_old_place_is_back() -> None:
    centre = Centre("1001", log_in=False, seen=False, routing=REDIAL)
    queued_ms = centre.now_ms - 30_000
    request = ToQueue(GENERAL.id)
    centre.tell(ContactRestored(ContactId("c1"), "120", CALLER, queued_ms, request, queued_ms))
    centre.tell(SwitchSeen((), restarted=True))
    centre.citizen("c2").queues(caller=OTHER)
    centre.wait(2_000)
    centre.citizen("c3").queues(caller=CALLER)
    assert first_served(centre) == "c3"


def test_given_what_is_remembered_when_handed_to_the_next_life_then_that_life_knows_the_same() -> None:
    recall, next_life = Recall(), Recall()
    for number in range(CALLERS_AT_ONCE + 3):
        recall.left(f"c{number}", number, number + 1)
    recall.spoke(CALLER, AgentId("1001"), 7)
    facts = recall.facts()
    assert [(len(fact.left), len(fact.spoke)) for fact in facts] == [(CALLERS_AT_ONCE, 1), (3, 0)]
    for fact in facts:
        next_life.restore(fact, 1_000_000)
    assert next_life == recall


def test_given_more_callers_than_are_remembered_when_one_more_leaves_then_the_one_longest_ago_is_forgotten() -> None:
    recall = Recall()
    for number in range(CALLERS):
        recall.left(f"c{number}", number, number)
    recall.left("c0", 0, CALLERS)  # once more, so that it is not the oldest
    recall.left("new", 1, CALLERS)
    known = [recall.old_place_ms(caller, 10 * CALLERS, CALLERS) for caller in ("c0", "c1", "c2", "new")]
    assert known == [0, None, 2, 1]


def test_given_a_place_or_a_talk_when_asked_for_at_the_end_of_its_time_then_it_is_still_known_and_no_longer() -> None:
    recall = Recall()
    recall.left(CALLER, 50, 100)
    assert recall.old_place_ms(CALLER, 10, 110) == 50
    assert recall.old_place_ms(CALLER, 10, 110) is None, "it is taken back once"
    recall.left(CALLER, 50, 100)
    assert recall.old_place_ms(CALLER, 10, 111) is None
    recall.spoke(CALLER, AgentId("1001"), 100)
    asked = [recall.last_agent(CALLER, 10, at_ms) for at_ms in (110, 110, 111)]
    assert asked == ["1001", "1001", None]
    assert recall.last_agent(OTHER, 10, 0) is None


def test_given_a_withheld_number_when_it_leaves_or_talks_then_nothing_is_remembered() -> None:
    recall = Recall()
    recall.left("", 1, 2)
    recall.spoke("", AgentId("1001"), 2)
    assert recall.facts() == []
    assert recall.old_place_ms("", 10, 2) is None


def test_given_talks_of_a_clock_that_was_ahead_when_restored_then_they_are_from_now() -> None:
    recall = Recall()
    recall.restore(CallersRestored(spoke=(LastTalk(CALLER, AgentId("1001"), 9_000),)), 5_000)
    assert (recall.last_agent(CALLER, 10, 5_010), recall.last_agent(CALLER, 10, 5_011)) == ("1001", None)
