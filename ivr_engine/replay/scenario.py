"""What a caller, an agent and the world do, and what 120 must have done: one scenario, as frozen values.

The YAML reader (`language`) makes these, every level (simulated, wire, asterisk) performs them, the verdict reads the
expectations. Times are milliseconds from the scenario's start unless the name says otherwise. Nothing here knows how a
level works; what a level cannot perform it says so (`levels`), and is not asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ivr_engine.flow.diagnostics import Place

LONGEST_MS = 30 * 60_000
"""A scenario ends by itself; one that has not after half an hour of its own time never will."""


class Level(StrEnum):
    """Where a scenario runs."""

    SIMULATED = "simulated"
    WIRE = "wire"
    ASTERISK = "asterisk"


# ── citizens ────────────────────────────────────────────────────────────────────────────────────────────────────────
class Trigger(StrEnum):
    """What an act waits for; the act follows `after_ms` later."""

    DIALLED = "dialled"
    ANSWERED = "answered"
    """The switch picked up (not yet a person)."""
    HEARD = "heard"
    """The prompt named in `of` began to play."""
    QUEUED = "queued"
    RINGING = "ringing"
    """An agent's phone rings for this citizen."""
    CONNECTED = "connected"
    HELD = "held"
    CONSULTING = "consulting"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    """Back in the queue."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment that the scenario's run decides."""

    trigger: Trigger = Trigger.DIALLED
    after_ms: int = 0
    of: str = ""
    """The prompt id, for HEARD."""
    nth: int = 1
    """The how-manyth time."""


@dataclass(frozen=True, slots=True)
class Press:
    """The citizen presses keys, `gap_ms` apart."""

    keys: str
    when: When
    place: Place
    gap_ms: int = 200


@dataclass(frozen=True, slots=True)
class HangUp:
    when: When
    place: Place


@dataclass(frozen=True, slots=True)
class Speech:
    """The citizen speaks for `lasts_ms`: a mark in what happened; on a real switch, sound for so long."""

    when: When
    lasts_ms: int
    place: Place


Act = Press | HangUp | Speech
"""What a citizen does at a moment."""


@dataclass(frozen=True, slots=True)
class CitizenPlan:
    """One citizen. Without a hang-up the citizen stays until the other side ends it."""

    name: str
    dials: str
    place: Place
    caller: str = ""
    """Digits; empty: the runner gives each citizen a fictitious number of their own."""
    arrives_ms: int = 0
    acts: tuple[Act, ...] = ()
    patience_ms: int | None = None
    """Hangs up after so long in a queue without a person."""
    re_invites: tuple[When, ...] = ()
    """The phone negotiates the call anew, with the same media; the switch answers by itself, the engine is not told."""
    offers_video: bool = False
    """The call is offered with audio and video. As `re_invites`, nothing that the engine learns of."""
    rung: tuple["Conduct", ...] = ()
    """How the phone is taken when the citizen is called back, ring by ring; nobody is there where nothing is said."""
    language: str = ""
    """What the citizen understands: the language of what is expected to be heard, where the file says no other."""


# ── agents and recipients ───────────────────────────────────────────────────────────────────────────────────────────
class Answering(StrEnum):
    """What a phone does when it rings."""

    ANSWERS = "answers"
    DECLINES = "declines"
    BUSY = "busy"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a phone takes one call. `talk_ms` None: stays until the other side hangs up."""

    does: Answering = Answering.ANSWERS
    after_ms: int = 1_000
    talk_ms: int | None = 30_000


class TalkAct(StrEnum):
    """What an agent does during a talk."""

    HOLD = "hold"
    RESUME = "resume"
    CONSULT = "consult"
    COMPLETE = "complete"
    CANCEL = "cancel"
    CONFERENCE = "conference"
    HANG_UP = "hang_up"


class By(StrEnum):
    API = "api"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class AgentAct:
    """`after_ms` after the `nth` contact of this agent was connected."""

    does: TalkAct
    after_ms: int
    place: Place
    entry: str = ""
    by: By = By.API
    nth: int = 1


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """One counsellor: skills, the choice at the start, and how each ring in turn is taken (the last one repeats)."""

    id: str
    place: Place
    skills: Mapping[str, int] = field(default_factory=dict)
    contractor: str = ""
    presence: str = "available"
    registered: bool = True
    conducts: tuple[Conduct, ...] = (Conduct(),)
    acts: tuple[AgentAct, ...] = ()
    finishes_wrap_up_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RecipientPlan:
    """An official behind a directory entry."""

    entry: str
    place: Place
    number: str
    conducts: tuple[Conduct, ...] = (Conduct(),)


# ── the world ───────────────────────────────────────────────────────────────────────────────────────────────────────
class Happening(StrEnum):
    PRESENCE = "presence"
    """`agent` chooses `value`, by API or phone."""
    WRAP_UP_FINISHED = "wrap_up_finished"
    WRAP_UP_EXTENDED = "wrap_up_extended"
    ENGINE_KILLED = "engine_killed"
    ENGINE_STARTED = "engine_started"
    ENGINE_FROZEN = "engine_frozen"
    """Its process is stopped for `lasts_ms` and goes on."""
    AMI_CUT = "ami_cut"
    """The link is down for `lasts_ms`."""
    EVENTS_DELAYED = "events_delayed"
    """For `lasts_ms`, events arrive `by_ms` late (order kept)."""
    EVENTS_DOUBLED = "events_doubled"
    EVENTS_SWAPPED = "events_swapped"
    """For `lasts_ms`, of two events that follow each other closely the second one arrives first."""
    INBOX_FULL = "inbox_full"
    """For `lasts_ms`, the engine can take no fact and no question."""
    DATABASE_AWAY = "database_away"
    """For `lasts_ms`, nothing can be written."""
    CLOCK_SET = "clock_set"
    """The wall clock of the machine is set by `by_ms`, ahead or (negative) back."""
    REVISION_LOADED = "revision_loaded"
    """The folder `value` becomes the revision in force."""
    SWITCH_RESTARTED = "switch_restarted"
    """It dies, and another one is there `lasts_ms` later."""


@dataclass(frozen=True, slots=True)
class WorldAct:
    """Something that happens at a fixed time of the scenario."""

    what: Happening
    at_ms: int
    place: Place
    agent: str = ""
    value: str = ""
    reason: str = ""
    by: By = By.API
    lasts_ms: int = 0
    by_ms: int = 0
    after_contact: bool = False
    """Of a presence: not now."""
    percent: int = 100
    """Of a revision: the share of the contacts that get it."""


# ── expectations ────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Near:
    """A time with its tolerance. `exactly_ms` ± `tolerance_ms`; levels in real time add their own slack."""

    exactly_ms: int
    tolerance_ms: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """`least` ≤ n ≤ `most` (None: no bound)."""

    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class FactPattern:
    """Some fact of the history: `verb` of `subject`, with the details named; empty strings match everything."""

    verb: str
    subject: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    at: Near | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class ExpectSequence:
    """These facts of one subject, in this order; `complete`: and no other fact with one of these verbs."""

    subject: str
    patterns: tuple[FactPattern, ...]
    place: Place
    complete: bool = True


@dataclass(frozen=True, slots=True)
class ExpectOrder:
    """These facts, of any subjects, in this order, whatever lies between."""

    patterns: tuple[FactPattern, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class ExpectCount:
    """How often a fact happens. `never` is Count(0, 0)."""

    pattern: FactPattern
    count: Count
    place: Place


@dataclass(frozen=True, slots=True)
class ExpectDuration:
    """From the first fact of one pattern to the first fact of the other after it."""

    start: FactPattern
    end: FactPattern
    near: Near
    place: Place


@dataclass(frozen=True, slots=True)
class ExpectMetric:
    """A sample of `/metrics` at the end, labels as Prometheus writes them."""

    sample: str
    value: float
    place: Place


Expectation = ExpectSequence | ExpectOrder | ExpectCount | ExpectDuration | ExpectMetric


# ── other systems ───────────────────────────────────────────────────────────────────────────────────────────────────
class OutsideActs(StrEnum):
    """What a system does with a question."""

    ANSWERS = "answers"
    SILENT = "silent"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class DipTurn:
    """One answer to one data dip."""

    body: str = ""
    after_ms: int = 0
    status: int = 200
    does: OutsideActs = OutsideActs.ANSWERS


class TextTurn(StrEnum):
    """What becomes of one text message."""

    TAKEN = "taken"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class OutsidePlan:
    """How other systems answer, turn by turn; the last turn serves for all that follow."""

    dips: Mapping[str, tuple[DipTurn, ...]] = field(default_factory=dict)
    texts: tuple[TextTurn, ...] = ()

    def turn(self, source: str, number: int) -> DipTurn:
        """The answer to question `number` from 0; a source that nobody named is away."""
        turns = self.dips.get(source, ())
        return turns[min(number, len(turns) - 1)] if turns else DipTurn(does=OutsideActs.AWAY)

    def text_turn(self, number: int) -> TextTurn:
        """What becomes of text `number` from 0; taken, where nothing else is said."""
        return self.texts[min(number, len(self.texts) - 1)] if self.texts else TextTurn.TAKEN


# ── the whole ───────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class QueueChange:
    """What this scenario needs otherwise than `dialplans/` has it; None keeps."""

    queue: str
    ring_ms: int | None = None
    wrap_up_ms: int | None = None
    promise_ms: int | None = None
    short_abandon_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One file (or one row of its table of examples), ready to run anywhere in `levels`."""

    name: str
    title: str
    place: Place
    starts_at_ms: int
    """Wall time at the start (epoch, ms), told in the file as Seoul's local time."""
    dialplans: Path | None = None
    """None: 120's own, as shipped."""
    queues: tuple[QueueChange, ...] = ()
    agents: tuple[AgentPlan, ...] = ()
    recipients: tuple[RecipientPlan, ...] = ()
    citizens: tuple[CitizenPlan, ...] = ()
    world: tuple[WorldAct, ...] = ()
    outside: OutsidePlan = field(default_factory=OutsidePlan)
    expectations: tuple[Expectation, ...] = ()
    levels: frozenset[Level] = frozenset(Level)
    why_not_elsewhere: str = ""
    scales: bool = False
    """On a real switch, times of minutes may be divided by a factor that changes nothing else."""
    limit_ms: int = LONGEST_MS
    tags: frozenset[str] = frozenset()
