"""Which talks are recorded, and what the switch told of each recording.

Theory of operation. A citizen who heard the notice of a queue to its end carries the notice's name in the request, and
so on the leg. A talk of a queue is recorded when that name is the queue's own, and the contact belongs to the queue's
share. The decision travels with the offer: the agent's own dialplan begins to record when it takes the citizen, stops
while the citizen is on hold or the agent consults, and ends with the agent's leg. So a recording needs no engine, never
hears an official, and is over when the citizen leaves the agent. What comes here are the switch's facts about it.
"""

from collections import OrderedDict
from dataclasses import dataclass

from ivr_engine.core.contact import Contact
from ivr_engine.core.events import TalkRecordingBegan, TalkRecordingStopped
from ivr_engine.core.notices import TalkRecorded
from ivr_engine.core.offer import Offer
from ivr_engine.core.queue_rules import RecordingRules
from ivr_engine.core.state import TOMBSTONES, State
from ivr_engine.core.vocabulary import AgentId, OfferId, RecordingState

_FNV_OFFSET, _FNV_PRIME, _32_BITS = 2_166_136_261, 16_777_619, 0xFFFFFFFF


def recording_of(rules: RecordingRules, contact: Contact, offer: Offer) -> str:
    """The name of the recording of this offer's talk, `QUEUE/OFFER.90d`; empty: the talk is not recorded.

    The name holds identifiers of ours and the days that it may be kept, never a word or a number of a citizen.
    """
    if not rules.notice or unrecorded(rules, contact) is not None:
        return ""
    return f"{offer.queue}/{offer.id.replace('.', '-')}.{rules.keep_days}d"


def unrecorded(rules: RecordingRules, contact: Contact) -> RecordingState | None:
    """Why a queue that records does not record this contact; None: it does, or the queue records nobody."""
    heard = contact.request.notice if contact.request is not None else ""
    if not rules.notice:
        return None
    if heard != rules.notice:
        return RecordingState.NOT_HEARD
    return None if _in_share(contact.id, rules.share_percent) else RecordingState.NOT_IN_SHARE


def unrecorded_talk(contact: Contact, agent: AgentId, offer: Offer) -> TalkRecorded | None:
    """The notice of a talk that is not recorded, although its queue records; by what was decided with the offer."""
    why = offer.unrecorded
    return None if why is None else TalkRecorded(contact.id, agent, offer.queue, "", why, 0, offer.id)


def _in_share(contact: str, percent: int) -> bool:
    """Whether the contact belongs to that share: of a contact all talks are recorded, or none. FNV-1a of its name."""
    mixed = _FNV_OFFSET
    for letter in contact.encode():
        mixed = ((mixed ^ letter) * _FNV_PRIME) & _32_BITS
    return mixed % 100 < percent


@dataclass(slots=True)
class _Running:
    """A recording whose end was not told yet."""

    began: TalkRecordingBegan
    length_ms: int = 0
    paused: bool = False


class Recording:
    """The part of the engine that keeps count of recordings. At most as many run as agents talk."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._running: dict[OfferId, _Running] = {}
        self._settled: OrderedDict[str, None] = OrderedDict()
        """Whose end was told: a fact that comes twice changes nothing."""

    def began(self, event: TalkRecordingBegan) -> None:
        """A talk is recorded from now on; again after each hold."""
        running = self._running.get(event.offer)
        if event.recording in self._settled or (running is not None and not running.paused):
            return
        self._running[event.offer] = _Running(event, running.length_ms if running is not None else 0)
        self._tell(event, RecordingState.RUNNING, running.length_ms if running is not None else 0)

    def stopped(self, event: TalkRecordingStopped) -> None:
        """The switch closed the file: for a while, or for good."""
        if event.recording in self._settled:
            return
        if event.over:
            self._settle(event, RecordingState.KEPT if event.written else RecordingState.FAILED, event.length_ms)
        else:
            running = self._running.get(event.offer)
            if running is None or not running.paused:
                began = TalkRecordingBegan(event.contact, event.offer, event.agent, event.recording)
                self._running[event.offer] = _Running(began, event.length_ms, paused=True)
                self._tell(event, RecordingState.PAUSED, event.length_ms)

    def leg_ended(self, offer: OfferId) -> None:
        """The agent's leg is gone. Who was on hold then had the file closed before; of others the end was lost."""
        running = self._running.get(offer)
        if running is not None:
            state = RecordingState.KEPT if running.paused else RecordingState.UNTOLD
            self._settle(running.began, state, running.length_ms)

    def sweep(self) -> None:
        """The switch was looked at: of recordings whose agent's leg is not there the end was lost."""
        for offer in [offer for offer in self._running if offer not in self._state.offers]:
            self.leg_ended(offer)

    def _settle(self, told: TalkRecordingBegan | TalkRecordingStopped, state: RecordingState, length_ms: int) -> None:
        self._running.pop(told.offer, None)
        self._settled[told.recording] = None
        if len(self._settled) > TOMBSTONES:
            self._settled.popitem(last=False)
        self._tell(told, state, length_ms)

    def _tell(self, told: TalkRecordingBegan | TalkRecordingStopped, state: RecordingState, length_ms: int) -> None:
        queue = told.recording.partition("/")[0]
        self._state.notices.append(
            TalkRecorded(told.contact, told.agent, queue, told.recording, state, length_ms, told.offer)
        )
