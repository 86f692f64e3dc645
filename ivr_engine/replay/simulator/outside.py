"""Other systems as a scenario has them, in virtual time: what `outside.dips` would tell the flow, and when.

The breaker, the cache and the list of hosts are the adapter's own and have tests of their own; here each question is
asked.
"""

from collections import Counter

from ivr_engine.core.conversation import Dip, DipFailed, DipFailure, Dipped, NotSent, SendText, Sent
from ivr_engine.outside.answer import AnswerUnreadable, read_answer
from ivr_engine.replay.scenario import DipTurn, OutsideActs, OutsidePlan, TextTurn

NETWORK_MS = 2
"""There and back on one network."""

TEXT_SILENCE_MS = 2_800
"""How long the sender of texts waits for a gateway that says nothing (`outside.texts`)."""


class Offices:
    """Implements `simulator.ports.Outside`."""

    def __init__(self, plan: OutsidePlan) -> None:
        self._plan = plan
        self._asked: Counter[str] = Counter()
        self._sent = 0

    def ask(self, dip: Dip) -> tuple[int, Dipped | DipFailed]:
        turn = self._plan.turn(dip.source, self._asked[dip.source])
        self._asked[dip.source] += 1
        if turn.does is OutsideActs.AWAY:
            return NETWORK_MS, DipFailed(DipFailure.UNREACHABLE)
        after_ms = NETWORK_MS + turn.after_ms
        if turn.does is OutsideActs.SILENT or after_ms > dip.deadline_ms:
            return dip.deadline_ms, DipFailed(DipFailure.SLOW)
        return after_ms, _reply(dip, turn)

    def send(self, text: SendText) -> tuple[int, Sent | NotSent]:
        turn = self._plan.text_turn(self._sent)
        self._sent += 1
        match turn:
            case TextTurn.TAKEN:
                return NETWORK_MS, Sent()
            case TextTurn.REFUSED:
                return NETWORK_MS, NotSent("HTTP 400")
            case TextTurn.SILENT:
                return TEXT_SILENCE_MS, NotSent("nothing in time")


def _reply(dip: Dip, turn: DipTurn) -> Dipped | DipFailed:
    if turn.status != 200:
        return DipFailed(DipFailure.STATUS)
    body = turn.body.encode()
    if len(body) > dip.limit_bytes:
        return DipFailed(DipFailure.TOO_LARGE)
    try:
        return Dipped(read_answer(body, dip.outputs))
    except AnswerUnreadable:
        return DipFailed(DipFailure.UNREADABLE)
