"""Outcomes on their way over a channel: packed into one variable, and unpacked to the same outcome or refused."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ivr_engine.core.conversation import (
    DIP_BYTES,
    DIP_DEADLINE_MS,
    ORDINARY_MOMENT,
    PLACE_BYTES,
    Ask,
    CallerCard,
    Dip,
    Ended,
    Outcome,
    Play,
    Prompt,
    Record,
    ToCallback,
    ToEntry,
    ToQueue,
    queue_request,
)
from ivr_engine.core.packing import OUTCOME_BYTES, OutcomeError, pack_outcome, unpack_outcome
from ivr_engine.core.vocabulary import ContactId, Disposition, QueueId, Skill

TAX = ToQueue(QueueId("tax"), frozenset({Skill("tax"), Skill("english")}), "seoul", "en", -2)
PLAIN = ToQueue(QueueId("general"))

PACKED: list[tuple[Outcome, str]] = [
    (TAX, "queue:tax:english.tax:seoul:en:-2"),
    (PLAIN, "queue:general:::ko:0"),
    (ToCallback("+82212345678", TAX), "callback:p82212345678:tax:english.tax:seoul:en:-2"),
    (ToEntry("77001", PLAIN), "entry:77001:general:::ko:0"),
    (Ended(Disposition.CLOSED, "seoul", "en"), "end:closed:seoul:en"),
    (Ended(Disposition.SELF_SERVED), "end:self_served::ko"),
]


@pytest.mark.parametrize(("outcome", "packed"), PACKED)
def test_given_an_outcome_when_packed_and_unpacked_then_it_is_the_same_outcome(outcome: Outcome, packed: str) -> None:
    assert pack_outcome(outcome) == packed
    assert unpack_outcome(packed) == outcome


@pytest.mark.parametrize(
    ("outcome", "request_"),
    [(TAX, TAX), (ToCallback("0212345678", TAX), TAX), (ToEntry("77001", PLAIN), PLAIN)],
)
def test_given_an_outcome_with_a_place_in_a_queue_when_asked_then_it_is_told(
    outcome: Outcome, request_: ToQueue
) -> None:
    assert queue_request(outcome) == request_
    assert queue_request(Ended(Disposition.CLOSED)) is None


@pytest.mark.parametrize(
    "packed",
    [
        "",
        "queue",
        "queue:tax:english:seoul:en",
        "queue:tax:english:seoul:en:0:0",
        "queue::english:seoul:en:0",
        "queue:tax:eng lish:seoul:en:0",
        "queue:tax:english:seoul::0",
        "queue:tax:english:seoul:en:first",
        "callback:1:tax::seoul:en:0",
        "callback:02-123:tax::seoul:en:0",
        "callback:0212345678:tax::seoul:en",
        "entry::tax::seoul:en:0",
        "entry:77001:tax::seoul:en",
        "end:vanished:seoul:en",
        "end:closed:seoul:",
        "end:closed:seoul",
    ],
)
def test_given_what_we_never_packed_when_unpacked_then_it_is_refused_with_what_was_found(packed: str) -> None:
    with pytest.raises(OutcomeError, match="outcome "):
        unpack_outcome(packed)


@pytest.mark.parametrize(
    "outcome",
    [
        ToQueue(QueueId("")),
        ToQueue(QueueId("a:b")),
        ToQueue(QueueId("x" * 65)),
        ToQueue(QueueId("tax"), language=""),
        ToCallback("02 123", PLAIN),
        ToEntry("", PLAIN),
        Ended(Disposition.CLOSED, "a b"),
        Ended(Disposition.CLOSED, language=""),
    ],
)
def test_given_words_that_a_channel_cannot_carry_when_packed_then_they_are_refused(outcome: Outcome) -> None:
    with pytest.raises(OutcomeError):
        pack_outcome(outcome)


def test_given_more_skills_than_a_line_holds_when_packed_then_only_what_fits_is_carried() -> None:
    def with_skills(last: int) -> ToQueue:
        skills = [*(f"{number:02}{'x' * 62}" for number in range(13)), "y" * last]
        return ToQueue(QueueId("tax"), frozenset(map(Skill, skills)))

    longest = OUTCOME_BYTES - len(pack_outcome(with_skills(1))) + 1
    assert len(pack_outcome(with_skills(longest))) == OUTCOME_BYTES
    with pytest.raises(OutcomeError, match="outcome of 901 bytes, at most 900"):
        pack_outcome(with_skills(longest + 1))


# ── what an action does when nothing else is said ───────────────────────────────────────────────────────────────────
def test_given_a_question_with_nothing_said_of_it_then_it_takes_one_key_and_may_be_interrupted() -> None:
    ask, record = Ask(()), Record(())
    assert (ask.max_keys, ask.first_key_ms, ask.next_key_ms, ask.barge_in, ask.secret) == (1, 5_000, 3_000, True, False)
    assert (record.longest_ms, record.silence_ms, record.barge_in) == (120_000, 5_000, True)
    assert (Prompt("x").ceiling_ms, Play(()).interrupt, Play(()).leave) == (30_000, "", "")


def test_given_a_dip_with_nothing_said_of_it_then_it_is_bounded_in_time_and_size_and_not_kept() -> None:
    dip = Dip("water", "https://water.example/", ())
    assert (dip.deadline_ms, dip.limit_bytes, dip.cache_seconds) == (DIP_DEADLINE_MS, DIP_BYTES, 0) == (800, 64_000, 0)


def test_given_a_citizen_of_whom_nothing_is_known_then_it_is_the_first_visit_and_noon_of_a_monday_in_seoul() -> None:
    card = CallerCard(ContactId("c1"), "120")
    assert (card.visits, card.waited_seconds, card.moment) == (1, 0, ORDINARY_MOMENT)
    noon = datetime.fromtimestamp(card.moment.at_ms / 1_000, ZoneInfo(card.moment.zone))
    assert noon.strftime("%A %d %B %Y %H:%M:%S") == "Monday 05 January 2026 12:00:00"


def test_given_what_travels_on_a_channel_then_it_fits_into_a_line_of_ami_with_its_name() -> None:
    assert OUTCOME_BYTES == PLACE_BYTES == 900


@pytest.mark.parametrize("number", ["12", "+12", "123456789012345", "+123456789012345"])
def test_given_a_number_of_2_to_15_digits_when_packed_then_it_travels(number: str) -> None:
    outcome = ToCallback(number, PLAIN)
    assert unpack_outcome(pack_outcome(outcome)) == outcome


@pytest.mark.parametrize("number", ["1", "+1", "1234567890123456", "12+3", "１２３"])
def test_given_another_number_when_packed_then_it_is_refused(number: str) -> None:
    with pytest.raises(OutcomeError, match="2 to 15 digits"):
        pack_outcome(ToCallback(number, PLAIN))


def test_given_a_word_of_64_letters_when_packed_then_it_travels() -> None:
    outcome = ToQueue(QueueId("x" * 64), agency="", language="k" * 64)
    assert unpack_outcome(pack_outcome(outcome)) == outcome
