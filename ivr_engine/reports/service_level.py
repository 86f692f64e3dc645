"""The service level of a stretch of time, by all six formulas, with what else people ask of the same contacts.

A contact belongs to the interval in which it joined its queue (one that never queued: in which it arrived), to the
queue where it stood last, and to the agent who had it last; who was answered by nobody belongs to no agent and no
contractor.
Each contact counts once in the total, and once in the row of each skill that it needed. A citizen whom we called back
counts with the call that asked for it (it left the queue for a callback), not with ours.

First-contact resolution: of the answered contacts whose caller is known, the share whose caller did not join the same
queue again within `again_ms` after the end. Callers are compared by a hash and appear nowhere.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import product

from ivr_engine.core.callback import keeps_a_promise
from ivr_engine.core.configuration import ANSWER_PROMISE_MS, Configuration
from ivr_engine.core.notices import ContactBegan, ContactConnected, ContactEnded, ContactWaits, Notice, TalkRecorded
from ivr_engine.core.queue_rules import ClockStart
from ivr_engine.core.vocabulary import AgentId, ContactId, Disposition, OfferId, RecordingState
from ivr_engine.reports.agent_times import Timekeeper, Times
from ivr_engine.reports.figures import Figures
from ivr_engine.reports.promises import OPEN, Promises
from ivr_engine.reports.question import ROWS, Dimension, Key, Question, ReportRefused, Told

_GOES_ON = frozenset({RecordingState.RUNNING, RecordingState.PAUSED})


@dataclass(slots=True)
class _Open:
    """What is known of a contact before it ends."""

    number: str = ""
    caller: bytes = b""
    arrived_at_ms: int = 0
    waits: ContactWaits | None = None
    connected: ContactConnected | None = None
    talks: dict[OfferId, TalkRecorded] = field(default_factory=dict)
    """What was told last of the recording of each talk."""


@dataclass(frozen=True, slots=True)
class Row:
    key: Key
    figures: Figures
    times: Times | None
    """None where the rows are not about agents."""


@dataclass(frozen=True, slots=True)
class ServiceLevelReport:
    """The rows in the order of their keys, and everything together."""

    question: Question
    rows: tuple[Row, ...]
    total: Row
    clock: str
    """From when to when a wait is counted, in words: a figure without it means nothing."""
    threshold: str
    read_to_ms: int
    """What was decided later was not known."""
    records: bool = False
    """A queue records its talks."""


class ServiceLevelBook:
    """Takes what was told in order; `report` once, at the end."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._open: dict[ContactId, _Open] = {}
        self._promises = Promises()
        self._contractors: dict[str, str] = {}
        self._rows: dict[Key, Figures] = {}
        self._total = Figures()
        self._answered: dict[tuple[bytes, str], list[tuple[int, list[Figures]]]] = {}
        """Who may still call again: by caller and queue, when it ended and where it counts."""
        self._expiring: deque[tuple[int, tuple[bytes, str]]] = deque()
        self._closing: dict[OfferId, list[Figures]] = {}
        """Talks that were being recorded when their contact ended, and where they count."""
        self._times = Timekeeper(question) if question.tells_of_agents else None

    def take(self, told: Told) -> None:
        """The next decision."""
        if self._times is not None:
            self._times.take(told)
        if told.configuration is not None:
            self._configured(told.configuration)
        self._expire(told.at_ms)
        for notice in told.notices:
            self._notice(notice)

    def report(self, now_ms: int) -> ServiceLevelReport:
        """The end: talks that go on are counted as answered, and who waits as open."""
        question = self._question
        self._expire(now_ms)
        for pending in self._answered.values():
            for _, figures in pending:
                for each in figures:
                    each.undecided += 1
        for contact, known in self._open.items():
            self._still_open(contact, known)
        if self._times is not None:
            self._times.close(min(now_ms, question.to_ms))
        times = self._times.rows if self._times is not None else {}
        keys = sorted({*self._rows, *times}) if question.by else []
        return ServiceLevelReport(
            question,
            tuple(Row(key, self._rows.get(key) or Figures(), times.get(key)) for key in keys),
            Row((), self._total, self._times.total if self._times is not None else None),
            self._clock(),
            self._threshold(),
            now_ms,
            any(queue.recording.notice for queue in self._promises.queues.values()),
        )

    # ── the clock ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _clock(self) -> str:
        arrived = [name for name, queue in self._promises.queues.items() if queue.clock_start is ClockStart.ARRIVED]
        others = f"; in {', '.join(sorted(arrived))} from arrival" if arrived else ""
        return f"from queue entry to a human voice{others}"

    def _threshold(self) -> str:
        if self._question.threshold_ms is not None:
            return f"{self._question.threshold_ms / 1000:g} s"
        promises = sorted({queue.promise_ms for queue in self._promises.queues.values()} or {ANSWER_PROMISE_MS})
        return "each queue's answer promise: " + ", ".join(f"{one / 1000:g} s" for one in promises)

    def _count(self, figures: Figures, ended: ContactEnded) -> None:
        asked_ms = self._question.threshold_ms
        threshold_ms = self._promises.threshold_ms(ended) if asked_ms is None else asked_ms
        figures.count(self._promises.clocked(ended), threshold_ms)

    # ── contacts ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _configured(self, configuration: Configuration) -> None:
        self._promises.configured(configuration)
        self._contractors.update({agent.id: agent.contractor for agent in configuration.agents})

    def _notice(self, notice: Notice) -> None:
        self._promises.take(notice)
        match notice:
            case ContactBegan():
                known = self._known(notice.contact)
                known.number, known.arrived_at_ms = notice.number, notice.arrived_at_ms
                known.caller = _hashed(notice.caller)
            case ContactWaits():
                known = self._known(notice.contact)
                known.waits = notice
                if notice.returns == 0 and known.caller:
                    self._called_again(known.caller, notice.queue)
            case ContactConnected():
                self._known(notice.contact).connected = notice
            case TalkRecorded():
                self._recorded(notice)
            case ContactEnded():
                self._ended(notice, self._open.pop(notice.contact, _Open()))
                self._promises.over(notice.contact)
            case _:
                pass

    def _known(self, contact: ContactId) -> _Open:
        known = self._open.get(contact)
        if known is None:
            if len(self._open) >= OPEN:
                del self._open[next(iter(self._open))]
            known = self._open[contact] = _Open()
        return known

    def _ended(self, ended: ContactEnded, known: _Open) -> None:
        if keeps_a_promise(ended.contact):
            return
        at_ms = ended.arrived_at_ms if ended.queued_at_ms is None else ended.queued_at_ms
        if not self._question.covers(at_ms):
            return
        counted = self._figures(ended, at_ms, known)
        self._talks(ended, at_ms, known)
        for figures in counted:
            self._count(figures, ended)
        if counted and ended.disposition is Disposition.ANSWERED and known.caller and ended.wait_ms is not None:
            key = (known.caller, ended.queue)
            self._answered.setdefault(key, []).append((ended.ended_at_ms, counted))
            self._expiring.append((ended.ended_at_ms, key))

    # ── recorded talks ──────────────────────────────────────────────────────────────────────────────────────────────
    def _recorded(self, told: TalkRecorded) -> None:
        if told.offer in self._closing and told.state not in _GOES_ON:
            for figures in self._closing.pop(told.offer):
                figures.count_talk(told.state)
        if told.contact in self._open:
            self._open[told.contact].talks[told.offer] = told

    def _talks(self, contact: ContactEnded, at_ms: int, known: _Open) -> None:
        """Each talk in its own queue and for its own agent, wherever the contact counts."""
        for offer, told in known.talks.items():
            counted = self._figures(replace(contact, queue=told.queue, agent=told.agent), at_ms, known)
            if told.state in _GOES_ON:
                if len(self._closing) >= OPEN:
                    del self._closing[next(iter(self._closing))]
                self._closing[offer] = counted
            for figures in counted:
                figures.count_talk(told.state)

    def _still_open(self, contact: ContactId, known: _Open) -> None:
        waits, talk = known.waits, known.connected
        if waits is None or keeps_a_promise(contact) or not self._question.covers(waits.queued_at_ms):
            return
        so_far = ContactEnded(
            contact=contact,
            disposition=Disposition.ANSWERED,
            number=known.number,
            agency=waits.agency,
            queue=waits.queue,
            language=waits.language,
            agent=talk.agent if talk is not None else "",
            arrived_at_ms=known.arrived_at_ms or waits.queued_at_ms,
            queued_at_ms=waits.queued_at_ms,
            answered_at_ms=talk.answered_at_ms if talk is not None else None,
            ended_at_ms=waits.queued_at_ms,
            wait_ms=talk.wait_ms if talk is not None else 0,
            talk_ms=None,
            within_promise=talk.within_promise if talk is not None else False,
            short_abandon=False,
            offers=1 if talk is not None else 0,
        )
        self._talks(so_far, waits.queued_at_ms, known)
        for figures in self._figures(so_far, waits.queued_at_ms, known):
            if talk is None:
                figures.open += 1
            else:
                self._count(figures, so_far)

    def _figures(self, ended: ContactEnded, at_ms: int, known: _Open) -> list[Figures]:
        """Every row in which the contact counts, and the total; none, when somebody else's contractor asks."""
        question = self._question
        contractor = self._contractors.get(AgentId(ended.agent), "")
        if question.contractor and contractor != question.contractor:
            return []
        skills: tuple[str, ...] = known.waits.requirement if known.waits is not None else ()
        values: dict[Dimension, tuple[str | int, ...]] = {
            Dimension.QUEUE: (ended.queue,),
            Dimension.SKILL: skills or ("",),
            Dimension.AGENCY: (ended.agency,),
            Dimension.LANGUAGE: (ended.language,),
            Dimension.CONTRACTOR: (contractor,),
            Dimension.AGENT: (ended.agent,),
            Dimension.NUMBER: (ended.number or known.number,),
            Dimension.INTERVAL: (question.interval_of(at_ms),),
        }
        found = [self._total]
        if question.by:
            for key in product(*(values[one] for one in question.by)):
                row = self._rows.get(key)
                if row is None:
                    if len(self._rows) >= ROWS:
                        raise ReportRefused(f"more than {ROWS} rows", "split by less, or ask for a shorter time")
                    row = self._rows[key] = Figures()
                found.append(row)
        return found

    # ── first-contact resolution ────────────────────────────────────────────────────────────────────────────────────
    def _called_again(self, caller: bytes, queue: str) -> None:
        for _, counted in self._answered.pop((caller, queue), ()):
            for figures in counted:
                figures.again += 1

    def _expire(self, now_ms: int) -> None:
        """Who has not called again until now is taken to be helped."""
        until_ms = now_ms - self._question.again_ms
        while self._expiring and self._expiring[0][0] < until_ms:
            ended_at_ms, key = self._expiring.popleft()
            pending = self._answered.get(key, [])
            for one in [one for one in pending if one[0] <= ended_at_ms]:
                pending.remove(one)
                for figures in one[1]:
                    figures.resolved += 1
            if not pending:
                self._answered.pop(key, None)


def _hashed(caller: str) -> bytes:
    """Enough to tell callers apart, and no number in memory that a dump would show; empty for who hides it."""
    return blake2b(caller.encode(), digest_size=8).digest() if caller else b""
