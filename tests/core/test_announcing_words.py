"""What is said while somebody waits, word for word and at its limits: known waits, long prompts, reloads, no link."""

from dataclasses import replace

import pytest

from ivr_engine.core.announcing import GAP_MS, PROMPT_BYTES, Spoken, words
from ivr_engine.core.commands import AnnounceWait
from ivr_engine.core.configuration import Configuration
from ivr_engine.core.events import Configured, SwitchLost, SwitchSeen, WaitKeyPressed
from ivr_engine.core.notices import ContactAnnounced, ContactSentOn
from ivr_engine.core.queue_rules import SPOKEN_MINUTES, Announcements, Overflow, OverflowAct, WaitPhrases
from ivr_engine.core.vocabulary import ContactId
from tests.core.centre import GENERAL, Centre, citizen_leg, counsellor

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
    comfort=({"ko": "stay"},),
    keys={"1": Overflow(OverflowAct.FLOW, "call_back")},
)
COMFORT = replace(SAYS, place=False, wait=False)


def says(centre: Centre, rules: Announcements, phrases: WaitPhrases = PHRASES) -> None:
    queue = replace(GENERAL, announcements=rules)
    centre.tell(Configured(Configuration((queue,), centre.settings, phrases={"ko": phrases})))


def centre_that_says(rules: Announcements = SAYS, phrases: WaitPhrases = PHRASES) -> Centre:
    centre = Centre(counsellor("1001"), log_in=False)
    says(centre, rules, phrases)
    return centre


def busy_centre(rules: Announcements = SAYS, phrases: WaitPhrases = PHRASES) -> Centre:
    """An agent whose talks and work after them take two minutes, and who talks."""
    centre = Centre("1001")
    for number in range(5):
        centre.citizen(f"before{number}").queues()
        centre.agent("1001").answers()
        centre.wait(100_000)
        centre.agent("1001").hangs_up().is_done()
    says(centre, rules, phrases)
    centre.citizen("talks").queues()
    centre.agent("1001").answers()
    return centre


def said(centre: Centre) -> list[str]:
    return [command.prompt for command in centre.sent(AnnounceWait)]


# ── the wait ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_a_known_wait_when_it_is_time_then_command_and_notice_say_the_same() -> None:
    centre = busy_centre()
    contact = centre.citizen("c1").queues().id
    centre.wait(10_000)
    prompt = "first&at_most&m4&waits&stay"
    assert centre.told(ContactAnnounced) == [ContactAnnounced(contact, GENERAL.id, "ko", 1, 0, 240_000, False, prompt)]
    assert centre.sent(AnnounceWait) == [AnnounceWait(contact, prompt, listens=True)]


def test_given_the_third_in_line_when_it_is_time_then_the_range_has_two_ends() -> None:
    centre = busy_centre()
    for name in ("c1", "c2", "c3"):
        centre.citizen(name).queues()
    centre.wait(10_000)
    told = next(told for told in centre.told(ContactAnnounced) if told.contact == "c3")
    assert (told.place, told.from_ms, told.to_ms) == (3, 120_000, 10 * 60_000)
    assert told.prompt == "third&from&m2&to&m10&waits&stay"


def test_given_a_place_that_has_no_sentence_when_it_is_time_then_only_the_wait_is_said() -> None:
    centre = busy_centre(replace(SAYS, comfort=()))
    for name in ("c1", "c2", "c3", "c4"):
        centre.citizen(name).queues()
    centre.wait(10_000)
    told = next(told for told in centre.told(ContactAnnounced) if told.contact == "c4")
    assert (told.place, told.prompt.startswith("from&")) == (0, True)


def test_given_a_range_that_has_gone_by_when_there_are_no_words_for_it_then_no_other_is_said() -> None:
    centre = busy_centre(phrases=replace(PHRASES, longer=""))
    centre.citizen("c1").queues()
    centre.wait(900_000)
    ranges = [told.to_ms for told in centre.told(ContactAnnounced)]
    assert ranges[0] == 240_000
    heard = [told.to_ms for told in centre.told(ContactAnnounced) if told.to_ms is not None]
    assert heard == sorted(heard, reverse=True), "none is later than the last that was heard"
    assert ranges[-10:] == [None] * 10
    assert {told.longer for told in centre.told(ContactAnnounced)} == {False}


def test_given_a_range_that_has_gone_by_when_it_is_said_again_then_the_notice_says_longer_once_for_each() -> None:
    centre = busy_centre()
    centre.citizen("c1").queues()
    centre.wait(300_000)
    told = centre.told(ContactAnnounced)
    first = next(number for number, notice in enumerate(told) if notice.longer)
    assert told[first].prompt == "first&longer&at_most&m4&waits&stay"
    assert not told[first + 1].longer
    assert told[first + 1].prompt == "first&at_most&m4&waits&stay"


def test_given_an_answered_citizen_who_is_back_when_it_is_time_then_place_and_comfort_are_said_and_no_wait() -> None:
    centre = busy_centre(replace(SAYS, every_ms=15_000))
    centre.agent("1001").holds().hangs_up()
    centre.agent("1001").logs_out()
    centre.forget()
    centre.wait(20_000)
    assert said(centre)[0] == "first&stay"


def test_given_no_recordings_of_minutes_when_it_is_time_then_the_wait_is_not_said() -> None:
    centre = busy_centre(phrases=replace(PHRASES, minutes=()))
    centre.citizen("c1").queues()
    centre.wait(10_000)
    (told,) = centre.told(ContactAnnounced)
    assert (told.from_ms, told.to_ms, told.prompt) == (None, None, "first&stay")


def test_given_recordings_without_some_parts_when_a_range_is_said_then_only_those_there_are_joined() -> None:
    bare = replace(PHRASES, up_to=("", "waits"), between=("", "to", ""))
    assert words(Spoken(0, 3), bare) == "m3&waits"
    assert words(Spoken(2, 5), bare) == "m2&to&m5"


# ── how long a prompt is ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("comfort", "prompt"),
    [
        ("x" * (PROMPT_BYTES - 6), "first&" + "x" * (PROMPT_BYTES - 6)),
        ("x" * (PROMPT_BYTES - 5), "first"),
    ],
    ids=["it fits", "one letter more"],
)
def test_given_a_long_comfort_when_it_is_time_then_whole_parts_are_said_as_one_variable_holds_them(
    comfort: str, prompt: str
) -> None:
    centre = centre_that_says(replace(SAYS, comfort=({"ko": comfort},)))
    centre.citizen("c1").queues()
    centre.wait(10_000)
    assert said(centre) == [prompt]
    assert PROMPT_BYTES == 900


def test_given_a_part_that_is_too_long_when_others_follow_then_the_prompt_ends_before_it() -> None:
    centre = busy_centre(phrases=replace(PHRASES, up_to=("y" * PROMPT_BYTES, "")))
    centre.citizen("c1").queues()
    centre.wait(10_000)
    assert said(centre) == ["first"]


def test_given_a_comfort_that_does_not_fit_at_all_then_nothing_is_said_and_the_next_one_is_tried_later() -> None:
    centre = centre_that_says(replace(COMFORT, comfort=({"ko": "x" * (PROMPT_BYTES + 1)}, {"ko": "stay"})))
    centre.citizen("c1").queues()
    centre.wait(10_000)
    assert (said(centre), centre.told(ContactAnnounced)) == ([], [])
    centre.wait(30_000)
    assert said(centre) == ["stay"]


# ── moments ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_announcements_closer_than_a_sentence_when_time_passes_then_none_cuts_another_short() -> None:
    centre = centre_that_says(replace(COMFORT, every_ms=5_000))
    centre.citizen("c1").queues()
    centre.wait(10_000 + GAP_MS - 1)
    assert len(said(centre)) == 1
    centre.wait(1)
    assert len(said(centre)) == 2


def test_given_one_announcement_only_when_time_passes_then_it_is_said_once() -> None:
    centre = centre_that_says(replace(COMFORT, every_ms=0))
    centre.citizen("c1").queues()
    centre.wait(600_000)
    assert said(centre) == ["stay"]


def test_given_a_reload_that_takes_the_announcements_away_when_the_next_is_due_then_nothing_is_said_any_more() -> None:
    centre = centre_that_says(COMFORT)
    centre.citizen("c1").queues()
    centre.wait(10_000)
    says(centre, Announcements())
    centre.wait(600_000)
    assert said(centre) == ["stay"]
    assert centre.engine.next_deadline_ms() is None


def test_given_no_link_when_an_announcement_is_due_then_the_next_one_is_said_when_it_is_back() -> None:
    centre = centre_that_says(COMFORT)
    centre.citizen("c1").queues()
    queued_ms = centre.now_ms
    centre.tell(SwitchLost())
    centre.wait(15_000)
    assert said(centre) == []
    centre.tell(SwitchSeen((citizen_leg("c1", "wait", queued_at_ms=queued_ms, queue="general"),)))
    centre.wait(24_999)
    assert said(centre) == []
    centre.wait(1)
    assert said(centre) == ["stay"]


def test_given_a_phone_that_rings_when_an_announcement_is_due_then_it_is_looked_at_each_second() -> None:
    centre = centre_that_says(COMFORT)
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues()
    centre.wait(10_400)
    centre.agent("1001").misses()
    centre.wait(599)
    assert said(centre) == []
    centre.wait(1)
    assert said(centre) == ["stay"]


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("where", ["unknown", "in the flow", "in a talk"])
def test_given_somebody_who_does_not_wait_when_a_key_is_told_then_nothing_changes(where: str) -> None:
    centre = busy_centre()
    name = {"unknown": "nobody", "in the flow": "flow", "in a talk": "talks"}[where]
    if where == "in the flow":
        centre.citizen("flow").arrives()
    before = centre.snapshot()
    centre.tell(WaitKeyPressed(ContactId(name), "1"))
    centre.wait(2_000)
    assert (centre.snapshot(), centre.told(ContactSentOn)) == (before, [])


def test_given_a_key_while_the_phone_rings_when_a_reload_takes_it_away_then_it_leads_nowhere() -> None:
    centre = centre_that_says(SAYS)
    centre.agent("1001").logs_in()
    centre.citizen("c1").queues()
    centre.tell(WaitKeyPressed(ContactId("c1"), "1"))
    says(centre, replace(SAYS, keys={}))
    centre.agent("1001").misses()
    centre.wait(1_000)
    assert centre.told(ContactSentOn) == []


def test_given_a_queue_without_keys_when_it_speaks_then_no_key_is_listened_for() -> None:
    centre = centre_that_says(replace(COMFORT, keys={}))
    centre.citizen("c1").queues()
    centre.wait(10_000)
    assert [command.listens for command in centre.sent(AnnounceWait)] == [False]
