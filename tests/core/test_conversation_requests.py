"""A request for a queue on its way over the channel."""

import pytest

from ivr_engine.core.conversation import Outcome, ToCallback, ToEntry, ToQueue
from ivr_engine.core.packing import OutcomeError, pack_outcome, unpack_outcome
from ivr_engine.core.vocabulary import QueueId, Skill

PLAIN = ToQueue(QueueId("tax"), frozenset({Skill("tax"), Skill("english")}), "mapo", "en", 2)
NAMED = ToQueue(QueueId("tax"), agent="1002", agent_wait_ms=8_000)
CLOSING = ToQueue(QueueId("tax"), closes_in_seconds=0)


@pytest.mark.parametrize(
    "outcome",
    [
        PLAIN,
        NAMED,
        CLOSING,
        ToQueue(QueueId("tax"), agent="1002", agent_wait_ms=1, closes_in_seconds=86_400),
        ToQueue(QueueId("tax"), notice="recorded_notice"),
        ToQueue(QueueId("tax"), agent="1002", agent_wait_ms=1, closes_in_seconds=0, notice="recorded_notice"),
        ToCallback("01012345678", NAMED),
        ToEntry("7001", NAMED),
    ],
)
def test_given_a_request_when_packed_and_unpacked_then_it_is_the_same(outcome: Outcome) -> None:
    assert unpack_outcome(pack_outcome(outcome)) == outcome


def test_given_a_request_without_agent_and_hours_when_packed_then_it_is_as_it_always_was() -> None:
    assert pack_outcome(PLAIN) == "queue:tax:english.tax:mapo:en:2"


@pytest.mark.parametrize(
    "packed", ["queue:tax:::ko:0:1002", "queue:tax:::ko:0:10 02:5:", "queue:tax:::ko:0:1002:soon:"]
)
def test_given_half_an_agent_when_unpacked_then_it_is_refused(packed: str) -> None:
    with pytest.raises(OutcomeError):
        unpack_outcome(packed)


def test_given_an_agent_that_is_no_word_when_packed_then_it_is_refused() -> None:
    with pytest.raises(OutcomeError):
        pack_outcome(ToQueue(QueueId("tax"), agent="10:02", agent_wait_ms=1))
