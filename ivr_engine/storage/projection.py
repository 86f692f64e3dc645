"""Notices → the rows of `contacts`, `offers`, `transfers` and the presence of `agents`.

A batch of entries is folded in memory first, so that a contact that arrives, waits, rings and is answered within one
batch costs one statement's row and not five. What a fold does not know stays unknown (absent), and the upsert leaves it
as it is in the table.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ivr_engine.core.events import Configured
from ivr_engine.core.notices import (
    AgentChanged,
    AgentsRegistered,
    CallbackEnded,
    CallbackMoved,
    CallbackPromised,
    ContactAnnounced,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactForwarded,
    ContactMoved,
    ContactNoted,
    ContactRecorded,
    ContactSentOn,
    ContactTexted,
    ContactWaits,
    ContractorBooked,
    ForwardSettled,
    OfferEnded,
    OfferMade,
    PromiseMissed,
    RequirementUnmet,
    RoutingNoted,
    StepTaken,
    SwitchStateChanged,
    TalkRecorded,
    TransferEnded,
    TransferMoved,
    WaitExplained,
)
from ivr_engine.core.vocabulary import AgentState, CallbackState
from ivr_engine.storage.rows import Row

Values = dict[str, Any]

NO_WRAP_UP = 0
"""In place of the time since which an agent is in the work after a contact."""

LASTING = ("wrap_up_since_ms", "wrap_up_until_ms", "intends", "intends_reason")
"""Of an agent besides the presence: what an engine that was killed must be told."""

NOT_PROJECTED = (
    AgentsRegistered,
    ContactAnnounced,
    ContactForwarded,
    ContactMoved,
    ContactNoted,
    ContactRecorded,
    ContactSentOn,
    ContactTexted,
    ContractorBooked,
    ForwardSettled,
    RequirementUnmet,
    RoutingNoted,
    StepTaken,
    SwitchStateChanged,
    TalkRecorded,
    WaitExplained,
)
"""For live views and reports. What lasts is in the other notices, and all of it in the journal, which reports read."""


@dataclass(slots=True)
class Fold:
    """What a batch of entries says about each contact, offer, transfer and agent; each by its identifier.

    A configuration chooses nobody's presence: at a start all agents are logged out until theirs is restored, and an
    engine that is killed just then must not have forgotten what they chose.
    """

    contacts: dict[str, Values] = field(default_factory=dict)
    offers: dict[str, Values] = field(default_factory=dict)
    transfers: dict[str, Values] = field(default_factory=dict)
    agents: dict[str, Values] = field(default_factory=dict)
    callbacks: dict[str, Values] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        """Fold one entry in; entries come in the order of (epoch, seq)."""
        for notice in row.notices:
            step = _STEPS.get(type(notice))
            if step is not None and not (step is _agent_changed and row.event_kind == Configured.__name__):
                step(self, row.epoch, row.at_ms, notice)


def _values(rows: dict[str, Values], key: str, epoch: int) -> Values:
    values = rows.get(key)
    if values is None:
        values = rows[key] = {"id": key}
    values["epoch"] = epoch
    return values


def _contact_began(fold: Fold, epoch: int, _at_ms: int, notice: ContactBegan) -> None:
    contact = _values(fold.contacts, notice.contact, epoch)
    if notice.number:  # one that was adopted may be known by its leg alone
        contact["number"] = notice.number
    if notice.caller:
        contact["caller"] = notice.caller
    contact["arrived_at_ms"] = notice.arrived_at_ms
    contact["adopted"] = notice.adopted


def _contact_waits(fold: Fold, epoch: int, _at_ms: int, notice: ContactWaits) -> None:
    contact = _values(fold.contacts, notice.contact, epoch)
    contact["queue"] = notice.queue
    contact["requirement"] = " ".join(sorted(notice.requirement))
    contact["agency"] = notice.agency
    contact["language"] = notice.language
    contact["priority"] = notice.priority
    contact["queued_at_ms"] = notice.queued_at_ms
    contact["agent"] = ""


def _promise_missed(fold: Fold, epoch: int, _at_ms: int, notice: PromiseMissed) -> None:
    _values(fold.contacts, notice.contact, epoch)["within_promise"] = False


def _contact_connected(fold: Fold, epoch: int, _at_ms: int, notice: ContactConnected) -> None:
    contact = _values(fold.contacts, notice.contact, epoch)
    contact["agent"] = notice.agent
    contact["queue"] = notice.queue
    contact["agency"] = notice.agency
    contact["language"] = notice.language
    contact["answered_at_ms"] = notice.answered_at_ms
    contact["wait_ms"] = notice.wait_ms
    contact["within_promise"] = notice.within_promise


def _contact_ended(fold: Fold, epoch: int, _at_ms: int, notice: ContactEnded) -> None:
    contact = _values(fold.contacts, notice.contact, epoch)
    if notice.number:
        contact["number"] = notice.number
    contact["agency"] = notice.agency
    contact["queue"] = notice.queue
    contact["language"] = notice.language
    contact["agent"] = notice.agent
    contact["arrived_at_ms"] = notice.arrived_at_ms
    contact["queued_at_ms"] = notice.queued_at_ms
    contact["answered_at_ms"] = notice.answered_at_ms
    contact["ended_at_ms"] = notice.ended_at_ms
    contact["disposition"] = notice.disposition.value
    contact["wait_ms"] = notice.wait_ms
    contact["talk_ms"] = notice.talk_ms
    contact["within_promise"] = notice.within_promise
    contact["short_abandon"] = notice.short_abandon
    contact["offers"] = notice.offers


def _offer_made(fold: Fold, epoch: int, at_ms: int, notice: OfferMade) -> None:
    offer = _values(fold.offers, notice.offer, epoch)
    offer["contact"] = notice.contact
    offer["agent"] = notice.agent
    offer["queue"] = notice.queue
    offer["made_at_ms"] = at_ms
    offer["waited_ms"] = notice.waited_ms
    offer["ring_ms"] = notice.ring_ms
    offer["candidates"] = notice.candidates
    offer["reason"] = notice.reason


def _offer_ended(fold: Fold, epoch: int, at_ms: int, notice: OfferEnded) -> None:
    offer = _values(fold.offers, notice.offer, epoch)
    offer["contact"] = notice.contact
    offer["agent"] = notice.agent
    offer["queue"] = notice.queue
    offer["ended_at_ms"] = at_ms
    offer["result"] = notice.result.value
    offer["cause"] = notice.cause.value if notice.cause is not None else ""
    offer["rang_ms"] = notice.rang_ms


def _transfer_moved(fold: Fold, epoch: int, _at_ms: int, notice: TransferMoved) -> None:
    transfer = _values(fold.transfers, notice.transfer, epoch)
    transfer["contact"] = notice.contact
    transfer["agent"] = notice.agent
    transfer["entry"] = notice.entry
    transfer.setdefault("began_at_ms", notice.since_ms)
    transfer["state"] = notice.state.value
    transfer["since_ms"] = notice.since_ms


def _transfer_ended(fold: Fold, epoch: int, at_ms: int, notice: TransferEnded) -> None:
    transfer = _values(fold.transfers, notice.transfer, epoch)
    transfer["contact"] = notice.contact
    transfer["agent"] = notice.agent
    transfer["entry"] = notice.entry
    transfer["state"] = "ended"
    transfer["since_ms"] = at_ms
    transfer["ended_at_ms"] = at_ms
    transfer["result"] = notice.result.value
    transfer["cause"] = notice.cause.value if notice.cause is not None else ""
    transfer["lasted_ms"] = notice.lasted_ms


def _agent_changed(fold: Fold, epoch: int, at_ms: int, notice: AgentChanged) -> None:
    presence = notice.presence.value
    since_ms = notice.since_ms if notice.state is AgentState.WRAP_UP else NO_WRAP_UP
    agent = _values(fold.agents, notice.agent, epoch)
    if (agent.get("presence"), agent.get("reason")) != (presence, notice.reason):
        agent["presence"] = presence
        agent["reason"] = notice.reason
        agent["changed_at_ms"] = at_ms
    agent["wrap_up_since_ms"] = since_ms
    agent["wrap_up_until_ms"] = notice.wrap_up_until_ms or NO_WRAP_UP
    agent["intends"] = "" if notice.intends is None else notice.intends.value
    agent["intends_reason"] = notice.intends_reason


def _callback_promised(fold: Fold, epoch: int, _at_ms: int, notice: CallbackPromised) -> None:
    if not notice.callback:
        return  # promised by a queue that the engine does not dial for
    callback = _values(fold.callbacks, notice.callback, epoch)
    callback["origin"] = notice.contact
    callback["number"] = notice.number
    callback["line"] = notice.line
    callback["queue"] = notice.queue
    callback["requirement"] = " ".join(sorted(notice.requirement))
    callback["agency"] = notice.agency
    callback["language"] = notice.language
    callback["priority"] = notice.priority
    callback["asked_at_ms"] = notice.asked_at_ms
    callback["place_ms"] = notice.place_ms
    callback["state"] = "promised"
    callback["dials"] = 0


def _callback_moved(fold: Fold, epoch: int, _at_ms: int, notice: CallbackMoved) -> None:
    callback = _values(fold.callbacks, notice.callback, epoch)
    callback["state"] = notice.state.value
    callback["dials"] = notice.dials
    callback["contact"] = notice.contact if notice.state is not CallbackState.RESTING else ""
    callback["next_at_ms"] = notice.next_at_ms


def _callback_ended(fold: Fold, epoch: int, at_ms: int, notice: CallbackEnded) -> None:
    callback = _values(fold.callbacks, notice.callback, epoch)
    callback["state"] = "ended"
    callback["dials"] = notice.dials
    callback["contact"] = notice.contact
    callback["ended_at_ms"] = at_ms
    callback["outcome"] = notice.end.value


_STEPS: dict[type, Callable[[Fold, int, int, Any], None]] = {
    ContactBegan: _contact_began,
    ContactWaits: _contact_waits,
    PromiseMissed: _promise_missed,
    ContactConnected: _contact_connected,
    ContactEnded: _contact_ended,
    OfferMade: _offer_made,
    OfferEnded: _offer_ended,
    TransferMoved: _transfer_moved,
    TransferEnded: _transfer_ended,
    AgentChanged: _agent_changed,
    CallbackPromised: _callback_promised,
    CallbackMoved: _callback_moved,
    CallbackEnded: _callback_ended,
}
PROJECTED = tuple(_STEPS)
