"""The story of one contact: candidates, what kept the others, which key won, steps, promises, the ledger's line."""

from dataclasses import replace

from ivr_engine.core.configuration import AgentSettings, QueueSettings, RoutingPolicy
from ivr_engine.core.conversation import ToQueue
from ivr_engine.core.events import ContactQueued, TalkRecordingBegan, TalkRecordingStopped
from ivr_engine.core.queue_rules import RecordingRules, RelaxationStep
from ivr_engine.core.vocabulary import AgentId, ContactId, QueueId, Skill
from ivr_engine.reports.why import MOMENTS, Story, story_of, written
from tests.reports.journalled import Journalled

WATER = Skill("water")
GENERAL = QueueSettings(QueueId("general"), contractor_shares={"han": 50, "nam": 50})
DESK = replace(
    GENERAL,
    id=QueueId("water"),
    requirement=frozenset({WATER}),
    relaxation=(RelaxationStep(waited_ms=8_000, drop=frozenset({WATER}), raise_priority=1),),
)
HAN = AgentSettings(AgentId("1001"), "김하나", {WATER: 3}, contractor="han")
NAM = AgentSettings(AgentId("2001"), "이두리", {}, contractor="nam")


def centre(*agents: AgentSettings) -> Journalled:
    return Journalled(*agents, queues=(GENERAL, DESK), routing=RoutingPolicy(explains=True))


def told(story: Story) -> list[str]:
    return [moment.what for moment in story.moments]


def test_given_a_wait_a_relaxation_and_an_answer_when_asked_why_then_each_has_its_moment_and_reason() -> None:
    desk = centre(HAN, NAM)
    desk.agent("1001").takes_a_break()
    desk.agent("2001").takes_a_break()
    citizen = desk.citizen("c1").queues("water", caller="01012345678")
    desk.wait(9_000)
    desk.agent("2001").logs_in()
    desk.wait(2_000)
    desk.agent("2001").answers()
    desk.wait(30_000)
    citizen.leaves()

    story = story_of("c1", desk.entries)

    assert [one for one in told(story) if one != "wait_explained"] == [
        "contact_began",
        "contact_waits",
        "step_taken",
        "offer_made",
        "contractor_booked",
        "offer_ended",
        "contact_connected",
        "contact_ended",
    ]
    waits = next(moment for moment in story.moments if moment.what == "wait_explained")
    assert waits.detail["not_free"] == {"on_break": 1}
    offer = next(moment for moment in story.moments if moment.what == "offer_made")
    assert (offer.detail["agent"], offer.detail["candidates"], offer.detail["waited_ms"]) == ("2001", 1, 9_000)
    assert offer.detail["not_free"] == {"on_break": 1}
    assert (story.waited_ms, story.rang_ms, story.offers, story.disposition) == (11_000, 2_000, 1, "answered")


def test_given_a_story_when_written_then_it_is_read_with_times_and_names_no_person() -> None:
    desk = centre(HAN)
    desk.citizen("c1").queues("water", caller="01012345678")
    desk.agent("1001").misses()
    desk.wait(16_000)
    text = written(story := story_of("c1", desk.entries), ["09:00:00"] * len(story.moments))
    assert "still open" in text
    assert "1001's phone rings for up to 10.0 s" in text
    assert "1001 did not answer (no_answer) after 0.0 s" in text
    assert "taken back from contractor han" in text
    assert "the answer promise of 15.0 s is missed" in text
    assert "clock of the wait: from queue entry to a human voice" in text
    for personal in ("01012345678", "김하나"):
        assert personal not in text


def test_given_talks_of_a_queue_that_records_when_asked_why_then_it_is_told_what_was_recorded_or_why_not() -> None:
    desk = Journalled("1001", queues=(replace(GENERAL, recording=RecordingRules(notice="told", keep_days=30)),))
    request = ToQueue(QueueId("general"), notice="told")
    desk.tell(ContactQueued(ContactId("c1"), "120", "", request, desk.now_ms))
    talk = desk.agent("1001").answers()
    one = talk.offer
    desk.tell(TalkRecordingBegan(one.contact, one.offer, one.agent, one.recording))
    desk.wait(5_000)
    desk.tell(TalkRecordingStopped(one.contact, one.offer, one.agent, one.recording, 5_000, written=True, over=True))
    desk.citizen("c1").leaves()
    talk.hangs_up()
    desk.wait(60_000)
    desk.citizen("c2").queues()
    desk.agent("1001").answers()

    def recordings(contact: str) -> list[tuple[str, object]]:
        story = story_of(contact, desk.entries)
        return [(told.words, told.detail["state"]) for told in story.moments if told.what == "talk_recorded"]

    assert recordings("c1") == [
        ("the talk with 1001 is recorded", "running"),
        (f"a recording of 5.0 s is kept: {one.recording}", "kept"),
    ]
    not_heard = "the talk is not recorded: did not hear the notice of general to its end"
    assert recordings("c2") == [(not_heard, "not_heard")]


def test_given_two_contacts_when_asked_about_one_then_the_other_s_moments_are_not_told() -> None:
    desk = centre(HAN)
    desk.citizen("c1").queues("water")
    desk.citizen("c2").queues("water")
    desk.citizen("c1").leaves()
    assert story_of("c2", desk.entries).disposition == ""
    assert story_of("c1", desk.entries).offers == 1
    assert story_of("nobody", desk.entries).moments == ()


def test_given_more_moments_than_anybody_reads_when_asked_then_it_is_cut_and_says_so() -> None:
    desk = centre(HAN)
    desk.citizen("c1").queues("water")
    story = story_of("c1", desk.entries * MOMENTS)
    assert (len(story.moments), story.cut) == (MOMENTS, True)
    assert "ivr-engine show c1" in written(story, ["09:00:00"] * MOMENTS)
