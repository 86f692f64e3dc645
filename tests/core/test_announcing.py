"""What a citizen who waits is told, and what a key pressed meanwhile does."""

from dataclasses import replace

import pytest

from ivr_engine.core.announcing import Spoken, spoken, words
from ivr_engine.core.commands import AnnounceWait, LeaveQueue
from ivr_engine.core.configuration import Configuration
from ivr_engine.core.events import Configured, WaitKeyPressed
from ivr_engine.core.notices import ContactAnnounced, ContactConnected, ContactSentOn
from ivr_engine.core.queue_rules import SPOKEN_MINUTES, Announcements, Overflow, OverflowAct, WaitPhrases
from ivr_engine.core.vocabulary import ContactPhase
from tests.core.centre import GENERAL, Centre, counsellor

PHRASES = WaitPhrases(
    places=("first", "second", "third"),
    soon="soon",
    up_to=("at_most", "waits"),
    between=("from", "to", "waits"),
    minutes=tuple(f"m{minutes}" for minutes in SPOKEN_MINUTES),
    longer="longer",
)
SAYS = Announcements(
    first_after_ms=10_000,
    every_ms=30_000,
    place=True,
    wait=True,
    comfort=({"ko": "stay", "en": "stay_en"}, {"ko": "sorry"}),
    keys={"1": Overflow(OverflowAct.FLOW, "call_back"), "2": Overflow(OverflowAct.QUEUE, "general")},
)
MINUTE_MS = 60_000


def centre_that_says(rules: Announcements = SAYS, *agents: str) -> Centre:
    queue = replace(GENERAL, announcements=rules)
    centre = Centre(*agents, queues=[queue])
    known = tuple(counsellor(agent) for agent in agents)
    centre.tell(Configured(Configuration((queue,), known, phrases={"ko": PHRASES})))
    return centre


def busy_centre(rules: Announcements = SAYS, talks_ms: int = 100_000) -> Centre:
    """One agent who talks, after five talks by which the desk knows how long they last."""
    centre = centre_that_says(rules, "1001")
    for number in range(5):
        centre.citizen(f"before{number}").queues()
        centre.agent("1001").answers()
        centre.wait(talks_ms)
        centre.agent("1001").hangs_up()
        centre.agent("1001").is_done()
    centre.forget()
    centre.citizen("talks").queues()
    centre.agent("1001").answers()
    return centre


def said(centre: Centre) -> list[str]:
    return [command.prompt for command in centre.sent(AnnounceWait)]


def test_given_announcements_when_somebody_waits_then_each_has_its_moment_and_comforts_take_turns() -> None:
    centre = centre_that_says()
    centre.citizen("c1").queues()
    centre.wait(9_999)
    assert said(centre) == []
    centre.wait(1)
    assert said(centre) == ["first&stay"]
    centre.wait(60_000)
    assert said(centre) == ["first&stay", "first&sorry", "first&stay"]
    assert centre.sent(AnnounceWait)[0].listens


def test_given_a_queue_that_says_nothing_when_somebody_waits_then_nothing_is_said() -> None:
    centre = centre_that_says(Announcements())
    centre.citizen("c1").queues()
    centre.wait(600_000)
    assert centre.sent(AnnounceWait) == []


def test_given_nobody_who_knows_the_wait_and_no_comfort_when_it_is_time_then_nothing_is_said() -> None:
    centre = centre_that_says(replace(SAYS, place=False, comfort=(), keys={}))
    centre.citizen("c1").queues()
    centre.wait(120_000)
    assert centre.sent(AnnounceWait) == []
    assert centre.told(ContactAnnounced) == []


def test_given_an_overtaking_contact_when_the_place_grew_then_the_old_one_is_not_taken_back_nor_the_new_one_said() -> (
    None
):
    centre = centre_that_says(replace(SAYS, wait=False))
    centre.citizen("c1").queues()
    centre.wait(10_000)
    centre.citizen("c0").queues(queued_at_ms=centre.now_ms - 30_000)
    centre.wait(30_000)
    about_c1 = [told.prompt for told in centre.told(ContactAnnounced) if told.contact == "c1"]
    assert about_c1 == ["first&stay", "sorry"]


def test_given_a_phone_that_rings_when_it_is_time_then_nothing_is_said_until_it_stops() -> None:
    centre = centre_that_says(SAYS, "1001")
    centre.wait(1)
    centre.citizen("c1").queues(queued_at_ms=centre.now_ms)
    assert centre.rings() == [("c1", "1001")]
    centre.wait(12_000)
    assert said(centre) == []
    centre.agent("1001").misses()
    centre.wait(1_000)
    assert said(centre) == ["first&stay"]


def test_given_a_sentence_when_an_agent_comes_free_then_the_offer_goes_out_and_place_and_age_are_kept() -> None:
    centre = centre_that_says(SAYS, "1001")
    centre.agent("1001").takes_a_break()
    centre.citizen("c1").queues()
    queued_at_ms = centre.citizen("c1").view.queued_at_ms
    centre.wait(10_500)
    assert len(said(centre)) == 1
    centre.agent("1001").logs_in()
    assert centre.rings() == [("c1", "1001")]
    assert centre.citizen("c1").view.queued_at_ms == queued_at_ms


# ── the wait ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("from_ms", "to_ms", "expected"),
    [
        (0, MINUTE_MS, Spoken(0, 1)),
        (30_000, 61_000, Spoken(0, 2)),
        (MINUTE_MS, 100_000, Spoken(1, 2)),
        (119_000, 7 * MINUTE_MS, Spoken(1, 8)),
        (13 * MINUTE_MS, 14 * MINUTE_MS, Spoken(10, 15)),
        (10 * MINUTE_MS, 61 * MINUTE_MS, None),
    ],
)
def test_given_a_range_when_rounded_then_outward_to_minutes_that_can_be_said(
    from_ms: int, to_ms: int, expected: Spoken | None
) -> None:
    assert spoken(from_ms, to_ms) == expected


def test_given_a_range_when_said_then_its_form_is_the_shortest_that_is_true() -> None:
    assert words(Spoken(0, 1), PHRASES) == "soon"
    assert words(Spoken(0, 3), PHRASES) == "at_most&m3&waits"
    assert words(Spoken(2, 5), PHRASES) == "from&m2&to&m5&waits"
    assert words(Spoken(2, 5), WaitPhrases()) == ""


def test_given_a_known_wait_when_announced_then_it_is_journalled_and_judged_by_what_was_heard() -> None:
    centre = busy_centre()
    centre.citizen("c1").queues()
    centre.wait(10_000)
    (told,) = centre.told(ContactAnnounced)
    assert told.place == 1
    assert told.from_ms is not None
    assert told.to_ms is not None
    assert told.from_ms % MINUTE_MS == told.to_ms % MINUTE_MS == 0
    announced_at_ms = centre.now_ms
    centre.wait(5_000)
    centre.agent("1001").hangs_up()
    centre.agent("1001").is_done()
    centre.agent("1001").answers()
    connected = centre.told(ContactConnected)[-1]
    assert connected.announced_to_ms == announced_at_ms + told.to_ms - connected.answered_at_ms + connected.wait_ms
    assert connected.announced_from_ms == connected.announced_to_ms - told.to_ms + told.from_ms


def test_given_a_range_that_has_gone_by_when_said_again_then_it_is_said_that_it_takes_longer() -> None:
    centre = busy_centre()
    centre.citizen("c1").queues()
    centre.wait(900_000)
    told = centre.told(ContactAnnounced)
    heard_until_ms = 0
    longer = 0
    for notice in told:
        if notice.to_ms is not None:
            assert notice.longer or notice.to_ms <= heard_until_ms or not heard_until_ms, "it rose silently"
            heard_until_ms = notice.to_ms
            longer += notice.longer
    assert longer, "a range of minutes has gone by in a quarter of an hour"
    assert any(prompt.startswith("first&longer&") for prompt in said(centre))


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_key_of_the_queue_when_pressed_then_the_citizen_goes_where_it_leads_and_returns_with_the_age() -> None:
    centre = centre_that_says()
    centre.citizen("c1").queues()
    contact = centre.citizen("c1").id
    queued_at_ms = centre.citizen("c1").view.queued_at_ms
    centre.wait(11_000)
    centre.tell(WaitKeyPressed(contact, "1"))
    assert [(sent.why, sent.target) for sent in centre.told(ContactSentOn)] == [("key 1", "call_back")]
    assert centre.sent(LeaveQueue) == [LeaveQueue(contact, OverflowAct.FLOW, "call_back")]
    assert centre.citizen("c1").view.phase is ContactPhase.IN_FLOW
    centre.citizen("c2").queues(queued_at_ms=centre.now_ms)
    centre.wait(10_000)
    centre.citizen("c1").queues(queued_at_ms=queued_at_ms)
    centre.forget()
    centre.wait(30_000)
    places = {str(told.contact): told.place for told in centre.told(ContactAnnounced)}
    assert places["c1"] == 1


@pytest.mark.parametrize("key", ["9", "*", ""])
def test_given_a_key_that_is_none_of_the_queue_when_pressed_then_nothing_changes(key: str) -> None:
    centre = centre_that_says()
    centre.citizen("c1").queues()
    before = centre.snapshot()
    centre.tell(WaitKeyPressed(centre.citizen("c1").id, key))
    assert centre.snapshot() == before


def test_given_a_phone_that_rings_when_a_key_is_pressed_then_it_counts_when_nobody_picked_up() -> None:
    centre = centre_that_says(SAYS, "1001")
    centre.citizen("c1").queues()
    centre.tell(WaitKeyPressed(centre.citizen("c1").id, "1"))
    assert centre.told(ContactSentOn) == []
    centre.agent("1001").misses()
    centre.wait(1_000)
    assert [sent.why for sent in centre.told(ContactSentOn)] == ["key 1"]


def test_given_a_key_when_the_phone_is_answered_first_then_the_talk_goes_on() -> None:
    centre = centre_that_says(SAYS, "1001")
    centre.citizen("c1").queues()
    centre.tell(WaitKeyPressed(centre.citizen("c1").id, "1"))
    centre.agent("1001").answers()
    centre.wait(60_000)
    assert centre.told(ContactSentOn) == []
    assert centre.citizen("c1").view.phase is ContactPhase.CONNECTED
