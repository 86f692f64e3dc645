"""Why one citizen waited, and why that agent: the journal's notices about a contact as a story with times.

Every offer says which key won, how many could have been chosen and what kept the others; every look for an agent that
found none says the same of the wait; every step of relaxation, promise missed and line of the contractors' ledger
stands where it happened. Callers and agents' names are in none of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ivr_engine.core.notices import (
    CallbackEnded,
    CallbackMoved,
    CallbackPromised,
    ContactAnnounced,
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactForwarded,
    ContactSentOn,
    ContactWaits,
    ContractorBooked,
    ForwardSettled,
    Notice,
    OfferEnded,
    OfferMade,
    PromiseMissed,
    RequirementUnmet,
    StepTaken,
    TalkRecorded,
    TransferEnded,
    WaitExplained,
)
from ivr_engine.core.vocabulary import Disposition, OfferResult, RecordingState
from ivr_engine.reports.question import Entry

MOMENTS = 500
"""In one story: an ordinary contact has ten; whoever lived through more is better looked at as a ladder."""

Detail = str | int | bool | Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened to the contact."""

    at_ms: int
    what: str
    """Stable: the notice's own word in snake case."""
    words: str
    """For a person."""
    detail: Mapping[str, Detail] = field(default_factory=dict)
    """For a program: counts by reason, the key that won, what is owed."""


@dataclass(frozen=True, slots=True)
class Story:
    """A contact so far, or to its end. Durations are None where nothing of the kind has happened."""

    contact: str
    arrived_at_ms: int
    disposition: str
    """Empty while it is open."""
    waited_ms: int | None
    """From queue entry to a human voice, or to the end."""
    rang_ms: int
    """Of that, phones rang, in vain or not."""
    offers: int
    moments: tuple[Moment, ...]
    cut: bool = False
    """There was more than MOMENTS."""


def story_of(contact: str, entries: Iterable[Entry]) -> Story:
    """The story of a contact from the decisions that were about it, in the order of the journal."""
    teller = _Teller(contact)
    for entry in entries:
        for notice in entry.notices:
            teller.take(entry.at_ms, notice)
    return teller.story()


class _Teller:
    def __init__(self, contact: str) -> None:
        self._contact = contact
        self._moments: list[Moment] = []
        self._cut = False
        self._queue = ""
        self._waiting = False
        self._arrived_at_ms: int | None = None
        self._waited_ms: int | None = None
        self._rang_ms = 0
        self._offers = 0
        self._disposition = ""

    def story(self) -> Story:
        """All of it, once everything was taken."""
        arrived = self._arrived_at_ms
        if arrived is None:
            arrived = self._moments[0].at_ms if self._moments else 0
        return Story(
            self._contact,
            arrived,
            self._disposition,
            self._waited_ms,
            self._rang_ms,
            self._offers,
            tuple(self._moments),
            self._cut,
        )

    def take(self, at_ms: int, notice: Notice) -> None:
        """One notice; those about others say nothing here."""
        if isinstance(notice, RequirementUnmet):
            if self._waiting and notice.queue == self._queue:
                words = f"alarm: nobody is logged in who meets {notice.needs} ({notice.known} agents could)"
                self._tell(at_ms, notice, words, needs=notice.needs, known=notice.known, waiting=notice.waiting)
        elif self._contact in (getattr(notice, "contact", None), getattr(notice, "origin", None)):
            self._about(at_ms, notice)

    def _about(self, at_ms: int, notice: Notice) -> None:  # noqa: PLR0912, PLR0915  (one branch for each notice)
        match notice:
            case ContactBegan():
                self._arrived_at_ms = notice.arrived_at_ms
                found = ", found on the switch after a start" if notice.adopted else ""
                words = "picked up our call" if notice.callback else f"arrived, having dialled {_number(notice)}"
                self._tell(at_ms, notice, f"{words}{found}")
            case ContactWaits():
                self._waits(at_ms, notice)
            case WaitExplained():
                self._explained(at_ms, notice)
            case StepTaken():
                words = f"{notice.step} after {_s(notice.waited_ms)}: needs {notice.needs or 'anybody'} now"
                words += f", priority {notice.priority}"
                self._tell(at_ms, notice, words, step=notice.step, needs=notice.needs, priority=notice.priority)
            case ContactAnnounced():
                self._tell(at_ms, notice, _announced(notice), place=notice.place, prompt=notice.prompt)
            case OfferMade():
                self._offered(at_ms, notice)
            case ContractorBooked():
                self._booked(at_ms, notice)
            case OfferEnded():
                self._offer_ended(at_ms, notice)
            case PromiseMissed():
                words = f"the answer promise of {_s(notice.promise_ms)} is missed"
                self._tell(at_ms, notice, words, promise_ms=notice.promise_ms)
            case ContactConnected():
                self._waiting = False
                if self._waited_ms is None:
                    self._waited_ms = notice.wait_ms
                kept = "within the promise" if notice.within_promise else "late"
                words = f"talks with {notice.agent} after {_s(notice.wait_ms)}, {kept}"
                self._tell(at_ms, notice, words, agent=notice.agent, wait_ms=notice.wait_ms)
            case TalkRecorded():
                detail = {"state": notice.state.value, "recording": notice.recording, "length_ms": notice.length_ms}
                self._tell(at_ms, notice, _recorded(notice), agent=notice.agent, **detail)
            case ContactSentOn():
                key = notice.why if notice.why.startswith("key ") else ""
                words = f"left {notice.queue} by {key}" if key else f"{notice.queue} would not hold it ({notice.why})"
                words = f"{words}: {notice.act.value} {notice.target}".rstrip()
                self._tell(at_ms, notice, words, why=notice.why, act=notice.act.value, target=notice.target)
            case CallbackPromised():
                self._tell(at_ms, notice, f"a call back is promised; the place in {notice.queue} is kept")
            case CallbackMoved():
                self._called_back(at_ms, notice)
            case CallbackEnded():
                words = f"the call back ended: {notice.end.value}, {_s(notice.waited_ms)} after it was promised"
                self._tell(at_ms, notice, words, end=notice.end.value, dials=notice.dials)
            case ContactForwarded():
                self._tell(at_ms, notice, f"the flow rings the office {notice.entry}", entry=notice.entry)
            case ForwardSettled():
                became = "answered" if notice.answered else f"failed ({_word(notice.cause)})"
                self._tell(at_ms, notice, f"the office {notice.entry} {became} after {_s(notice.rang_ms)}")
            case TransferEnded():
                cause = f" ({_word(notice.cause)})" if notice.cause is not None else ""
                self._tell(at_ms, notice, f"the transfer to {notice.entry} ended: {notice.result.value}{cause}")
            case ContactEnded():
                self._ended(at_ms, notice)
            case _:
                pass

    def _called_back(self, at_ms: int, notice: CallbackMoved) -> None:
        cause = f" ({notice.cause})" if notice.cause else ""
        dials = f"dialled {notice.dials} time{'' if notice.dials == 1 else 's'} so far"
        named = f"; its own story: {notice.contact}" if notice.contact not in ("", self._contact) else ""
        words = f"the call back is {notice.state.value.replace('_', ' ')}{cause}, {dials}{named}"
        detail = {"state": notice.state.value, "dials": notice.dials, "cause": notice.cause, "call": notice.contact}
        self._tell(at_ms, notice, words, **detail)

    def _waits(self, at_ms: int, notice: ContactWaits) -> None:
        self._queue, self._waiting = notice.queue, True
        needs = " and ".join(notice.requirement) or "anybody"
        again = f"back in its old place in {notice.queue} (return {notice.returns})" if notice.returns else ""
        words = again or f"joined {notice.queue}"
        words += f", needs {needs}, priority {notice.priority}"
        self._tell(at_ms, notice, words, queue=notice.queue, needs=needs, returns=notice.returns)

    def _explained(self, at_ms: int, notice: WaitExplained) -> None:
        parts = []
        if notice.ahead:
            parts.append(f"{notice.ahead} before it")
        if notice.stands_for:
            parts.append(f"stands for agent {notice.stands_for} alone, for a while")
        if notice.out_of_sight:
            parts.append("the switch is out of sight, nobody is rung")
        if notice.kept_back:
            parts.append(f"{notice.kept_back} idle, kept back for a small desk")
        if notice.not_free:
            parts.append(f"who could was not free: {_counts(notice.not_free)}")
        elif not notice.kept_back and not notice.out_of_sight:
            parts.append("no agent has what it needs")
        words = f"waits for {notice.needs or 'anybody'}: {'; '.join(parts)}"
        self._tell(
            at_ms,
            notice,
            words,
            needs=notice.needs,
            ahead=notice.ahead,
            not_free=dict(notice.not_free),
            kept_back=notice.kept_back,
            stands_for=notice.stands_for,
            out_of_sight=notice.out_of_sight,
        )

    def _offered(self, at_ms: int, notice: OfferMade) -> None:
        self._offers += 1
        second = "a second phone, " if notice.second else ""
        could = "1 candidate" if notice.candidates == 1 else f"{notice.candidates} candidates"
        words = f"{second}{notice.agent}'s phone rings for up to {_s(notice.ring_ms)}: {notice.reason} ({could})"
        if notice.not_free:
            words += f"; who could was not free: {_counts(notice.not_free)}"
        self._tell(
            at_ms,
            notice,
            words,
            offer=notice.offer,
            agent=notice.agent,
            reason=notice.reason,
            candidates=notice.candidates,
            not_free=dict(notice.not_free),
            waited_ms=notice.waited_ms,
            ring_ms=notice.ring_ms,
            second=notice.second,
        )

    def _booked(self, at_ms: int, notice: ContractorBooked) -> None:
        owed = ", ".join(f"{name} {value / 100:+.2f}" for name, value in sorted(notice.owed.items()))
        act = "booked to" if notice.by > 0 else "taken back from"
        words = f"{act} contractor {notice.contractor}; owed now: {owed or 'nothing'}"
        detail: dict[str, int] = dict(notice.owed)
        self._tell(at_ms, notice, words, contractor=notice.contractor, by=notice.by, owed_hundredths=detail)

    def _offer_ended(self, at_ms: int, notice: OfferEnded) -> None:
        self._rang_ms += notice.rang_ms
        became = {
            OfferResult.ANSWERED: "answered",
            OfferResult.DECLINED: "declined",
            OfferResult.NO_ANSWER: "did not answer",
            OfferResult.WITHDRAWN: "needed not answer: withdrawn",
            OfferResult.FAILED: "could not be rung",
        }[notice.result]
        cause = f" ({_word(notice.cause)})" if notice.cause is not None else ""
        words = f"{notice.agent} {became}{cause} after {_s(notice.rang_ms)}"
        self._tell(at_ms, notice, words, offer=notice.offer, result=notice.result.value, rang_ms=notice.rang_ms)

    def _ended(self, at_ms: int, notice: ContactEnded) -> None:
        self._waiting = False
        self._disposition = notice.disposition.value
        if self._waited_ms is None:
            self._waited_ms = notice.wait_ms
        words = f"ended: {notice.disposition.value}"
        if notice.disposition is Disposition.ABANDONED and notice.wait_ms is not None:
            words += f" after waiting {_s(notice.wait_ms)}{' (short)' if notice.short_abandon else ''}"
        elif notice.talk_ms is not None:
            words += f", talked {_s(notice.talk_ms)}"
        self._tell(at_ms, notice, words, disposition=notice.disposition.value)

    def _tell(self, at_ms: int, notice: Notice, words: str, **detail: Detail) -> None:
        if len(self._moments) >= MOMENTS:
            self._cut = True
            return
        kind = type(notice).__name__
        what = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("_")
        self._moments.append(Moment(at_ms, what, words, detail))


def _s(value_ms: int) -> str:
    return f"{value_ms / 1000:.1f} s"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {why}" for why, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _word(cause: object) -> str:
    return str(cause) if cause is not None else "unknown"


def written(story: Story, clock: Iterable[str]) -> str:
    """For the terminal. `clock`: the time of day of each moment, as the reader's place has it."""
    waited = "–" if story.waited_ms is None else _s(story.waited_ms)
    lines = [
        f"{story.contact}: {story.disposition or 'still open'}; waited {waited}, phones rang {_s(story.rang_ms)}, "
        f"{story.offers} offer{'' if story.offers == 1 else 's'}",
        "clock of the wait: from queue entry to a human voice",
        "",
    ]
    for moment, time in zip(story.moments, clock, strict=True):
        after = moment.at_ms - story.arrived_at_ms
        lines.append(f"{time}  {after / 1000:>+8.1f} s  {moment.words}")
    if story.cut:
        lines.append(f"… more than {MOMENTS} moments; see all of it with: ivr-engine show {story.contact}")
    return "\n".join(lines) + "\n"


def _number(began: ContactBegan) -> str:
    return began.number or "a number unknown"


def _recorded(notice: TalkRecorded) -> str:
    match notice.state:
        case RecordingState.RUNNING:
            return f"the talk with {notice.agent} is recorded"
        case RecordingState.PAUSED:
            return f"nothing is recorded for now, {_s(notice.length_ms)} so far"
        case RecordingState.KEPT:
            return f"a recording of {_s(notice.length_ms)} is kept: {notice.recording}"
        case RecordingState.FAILED:
            return f"the recording failed: the switch could not write {notice.recording}"
        case RecordingState.UNTOLD:
            return f"the end of the recording was not told; the folder knows: {notice.recording}"
        case RecordingState.NOT_HEARD:
            return f"the talk is not recorded: did not hear the notice of {notice.queue} to its end"
        case RecordingState.NOT_IN_SHARE:
            return f"the talk is not recorded: not of the share that {notice.queue} records"


def _announced(notice: ContactAnnounced) -> str:
    said = [f"place {notice.place}"] if notice.place else []
    if notice.from_ms is not None and notice.to_ms is not None:
        wait = f"{notice.from_ms // 60_000} to {notice.to_ms // 60_000} minutes"
        said.append(f"that it takes longer, {wait}" if notice.longer else wait)
    return f"hears {' and '.join(said) or 'a word of comfort'}"
