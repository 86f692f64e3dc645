"""A few contacts' worth of notices, for whoever counts or draws them."""

from ivr_engine.core.events import TimePassed
from ivr_engine.core.notices import (
    AgentsRegistered,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactWaits,
    Notice,
    OfferEnded,
    OfferMade,
    PromiseMissed,
    TransferEnded,
)
from ivr_engine.core.vocabulary import (
    AgentId,
    ContactId,
    Disposition,
    OfferFailure,
    OfferId,
    OfferResult,
    QueueId,
    TransferId,
    TransferResult,
)
from ivr_engine.runtime.ports import JournalEntry

DAWN_MS = 1_290_000_000_000
"""22 November 2010, 22:20 in Seoul."""


def entry(*notices: Notice, at_ms: int = DAWN_MS) -> JournalEntry:
    return JournalEntry(1, 1, at_ms, TimePassed(), (), notices)


def registered(*queues: str) -> AgentsRegistered:
    return AgentsRegistered("r1", (AgentId("1001"),), tuple(QueueId(queue) for queue in queues))


def began(contact: str = "c1") -> ContactBegan:
    return ContactBegan(ContactId(contact), "120", "01012345678", DAWN_MS)


def waits(contact: str = "c1", queue: str = "general", returns: int = 0) -> ContactWaits:
    return ContactWaits(ContactId(contact), QueueId(queue), ("general",), "seoul", "ko", 0, DAWN_MS, returns)


def offered(contact: str = "c1", agent: str = "1001", queue: str = "general") -> OfferMade:
    offer = OfferId(f"o-{contact}")
    return OfferMade(offer, ContactId(contact), AgentId(agent), QueueId(queue), 40, 10_000, 3, "longest idle")


def offer_ended(
    result: OfferResult = OfferResult.ANSWERED, rang_ms: int = 2_000, contact: str = "c1", queue: str = "general"
) -> OfferEnded:
    cause = OfferFailure.NO_ANSWER if result is OfferResult.NO_ANSWER else None
    offer = OfferId(f"o-{contact}")
    return OfferEnded(offer, ContactId(contact), AgentId("1001"), QueueId(queue), result, cause, rang_ms)


def missed(contact: str = "c1", queue: str = "general") -> PromiseMissed:
    return PromiseMissed(ContactId(contact), QueueId(queue), DAWN_MS, 15_000)


def connected(wait_ms: int = 4_000, contact: str = "c1", queue: str = "general") -> ContactConnected:
    return ContactConnected(
        contact=ContactId(contact),
        agent=AgentId("1001"),
        offer=OfferId(f"o-{contact}"),
        queue=QueueId(queue),
        agency="seoul",
        language="ko",
        answered_at_ms=DAWN_MS + wait_ms,
        wait_ms=wait_ms,
        within_promise=wait_ms <= 15_000,
    )


def ended(
    disposition: Disposition = Disposition.ANSWERED,
    wait_ms: int | None = 4_000,
    contact: str = "c1",
    queue: str = "general",
) -> ContactEnded:
    answered = disposition is Disposition.ANSWERED and wait_ms is not None
    return ContactEnded(
        contact=ContactId(contact),
        disposition=disposition,
        number="120",
        agency="seoul",
        queue=queue,
        language="ko",
        agent="1001" if answered else "",
        arrived_at_ms=DAWN_MS - 5_000,
        queued_at_ms=DAWN_MS if queue else None,
        answered_at_ms=DAWN_MS + wait_ms if answered and wait_ms is not None else None,
        ended_at_ms=DAWN_MS + 90_000,
        wait_ms=wait_ms,
        talk_ms=60_000 if answered else None,
        within_promise=answered and wait_ms is not None and wait_ms <= 15_000,
        short_abandon=False,
        offers=1,
    )


def transferred(result: TransferResult = TransferResult.COMPLETED) -> TransferEnded:
    return TransferEnded(TransferId("t1"), ContactId("c1"), AgentId("1001"), "7001", result, None, 30_000)
