"""Times that people feel and limits that memory rests on: whoever changes one has measured why, and says so here."""

import pytest

from ivr_engine.core import (
    adoption,
    announcing,
    dialling,
    offer,
    promises,
    recall,
    self_service,
    state,
    transfer,
    waiting,
)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (transfer.RECIPIENT_RING_MS, 25_000),
        (transfer.RECIPIENT_MEETS_MS, 500),
        (transfer.HAND_OVER_OWED_MS, 3_000),
        (dialling.DIAL_OWED_MS, 3_000),
        (offer.ANSWER_OWED_MS, 3_000),
        (offer.EXPLANATION_OWED_MS, 1_000),
        (announcing.GAP_MS, 15_000),
        (self_service.SHORTEST_MESSAGE_MS, 1_000),
        (self_service.RECORDINGS_OF_A_CONTACT, 20),
        (self_service.TEXTS_OF_A_CONTACT, 20),
        (waiting.MOVES, 3),
        (promises.CALLBACKS, 5_000),
        (promises.LOOK_AGAIN_MS, 3_000),
        (recall.CALLERS, 20_000),
        (recall.CALLERS_AT_ONCE, 1_000),
        (state.TOMBSTONES, 10_000),
        (adoption.CONSULTS_OF_A_LIFE, 1_000),
    ],
)
def test_given_a_time_or_a_limit_when_it_is_changed_then_it_is_changed_on_purpose(written: int, value: int) -> None:
    assert written == value
