"""Callers who were here before, as the journal's tables know them: for a new life of the engine.

Bounded by what a start has time for: the window of the redial, and as many last talks as the core keeps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from ivr_engine.core.configuration import QueueSettings, RoutingPolicy
from ivr_engine.core.events import CallersRestored
from ivr_engine.core.queue_rules import ClockStart
from ivr_engine.core.recall import CALLERS, KEEP_THEIR_PLACE, Recall
from ivr_engine.core.vocabulary import AgentId, ContactId
from ivr_engine.storage import tables
from ivr_engine.storage.database import Database

LONGEST_WAIT_MS = 3_600_000
"""Before the end of a wait: within so long its contact arrived."""

KEPT = frozenset(disposition.value for disposition in KEEP_THEIR_PLACE)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was known of callers, and the old places of those who dialled again and still wait."""

    callers: tuple[CallersRestored, ...] = ()
    places: Mapping[ContactId, int] = field(default_factory=dict)


async def callers(
    database: Database, queues: Iterable[QueueSettings], policy: RoutingPolicy, now_ms: int
) -> Remembered:
    """What the policy still has a use for; nothing where it has none."""
    rules = {queue.id: queue for queue in queues}
    sticky = [queue.id for queue in rules.values() if queue.last_agent_wait_ms]
    from_arrival = {queue.id for queue in rules.values() if queue.clock_start is ClockStart.ARRIVED}
    recall = Recall()
    table = tables.contacts.c
    known = (table.caller.is_not(None), table.caller != "", table.queue.is_not(None), table.queue != "")
    waits = (
        select(tables.contacts)
        .where(table.arrived_at_ms >= now_ms - policy.redial_ms - LONGEST_WAIT_MS, table.queued_at_ms.is_not(None))
        .where(*known)
        .order_by(table.arrived_at_ms.desc())
        .limit(CALLERS)
    )
    talks = (
        select(table.caller, table.agent, table.answered_at_ms)
        .where(table.arrived_at_ms >= now_ms - policy.last_agent_memory_ms - LONGEST_WAIT_MS)
        .where(table.answered_at_ms.is_not(None), table.agent != "", table.queue.in_(sticky), *known)
        .order_by(table.arrived_at_ms.desc())
        .limit(CALLERS)
    )
    places: dict[ContactId, int] = {}
    async with database.reading() as connection:
        if policy.redial_ms:
            rows = (await connection.execute(waits)).all()
            places = _tell(recall, rows, from_arrival, policy.redial_ms)
        if sticky and policy.last_agent_memory_ms:
            for row in sorted((await connection.execute(talks)).all(), key=lambda row: row.answered_at_ms):
                recall.spoke(row.caller, AgentId(row.agent), row.answered_at_ms)
    return Remembered(tuple(recall.facts()), places)


def _tell(recall: Recall, rows: Iterable[Any], from_arrival: set[Any], redial_ms: int) -> dict[ContactId, int]:
    """Let the table live through those waits again; returns the old places of those who wait still."""
    places: dict[ContactId, int] = {}
    moments = [(row.queued_at_ms, 0, row.id, row) for row in rows]
    moments += [(row.ended_at_ms, 1, row.id, row) for _, _, _, row in moments if row.disposition in KEPT]
    for at_ms, ended, _, row in sorted(moments, key=lambda moment: moment[:3]):
        start_ms = row.arrived_at_ms if row.queue in from_arrival else row.queued_at_ms
        if ended:
            recall.left(row.caller, places.get(ContactId(row.id), start_ms), at_ms)
            continue
        old_ms = recall.old_place_ms(row.caller, redial_ms, at_ms)
        if old_ms is not None and old_ms < start_ms:
            places[ContactId(row.id)] = old_ms
    return {ContactId(row.id): places[row.id] for _, _, _, row in moments if row.id in places and not row.ended_at_ms}
