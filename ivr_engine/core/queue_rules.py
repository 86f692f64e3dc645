"""What operators may decide about a queue besides whom it needs: order, choice, ringing, steps while waiting, limits.

Each rule is data of the configuration, so that it is journalled with it and a replay decides as the day did. Every
default is the plain queue: the longest idle agent, the oldest contact, no step, no limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ivr_engine.core.requirement import Requirement
from ivr_engine.core.vocabulary import Skill


class OrderPolicy(StrEnum):
    """Which contact of one priority an agent takes."""

    FIFO = "fifo"
    PROMISE_FIRST = "promise_first"
    """Those who can still be answered inside the promise first, late ones after them, bounded by `guard_ms`."""


class ChoicePolicy(StrEnum):
    """Which of the idle agents who fit."""

    LONGEST_IDLE = "longest_idle"
    FEWEST_SKILLS = "fewest_skills"
    HIGHEST_PROFICIENCY = "highest_proficiency"
    COVERAGE = "coverage"
    """The agent whose absence costs the waiting and the expected contacts least, so that rare skills stay free."""


@dataclass(frozen=True, slots=True)
class LateRules:
    """What `promise_first` does beyond inside and late. The defaults know no more than these two."""

    fresh_ms: int = 0
    """Who has waited less can still wait: contacts near the end of their second promise go before."""
    second_promise_ms: int = 0
    """Nobody shall be late twice: beyond it, contacts stand last (the guard sees to them). 0: there is none."""
    second_window_ms: int = 0
    """So long before it ends, a contact goes before fresh ones."""
    calm_guard_ms: int = 0
    """Instead of `guard_ms` while the centre is not crowded: the gaps of a calm day serve the late by themselves."""


TWO_STEPS = LateRules()


@dataclass(frozen=True, slots=True)
class LendingRules:
    """How far protected desks lend idle agents to others: see `routing_lending`."""

    target_percent: int = 75
    """Of a desk's own contacts: answered within the promise. Only what is above it is lent."""
    price_percent: int = 14
    """Of one own contact that may find nobody: the price at which a desk with an even purse lends."""
    horizon_ms: int = 80_000
    """Own contacts that are expected within this count for the price: most of a lent talk."""
    after_ms: int = 2_000
    """A contact that has waited less can still wait: the large desk helps most of them by itself."""
    at_once_percent: int = 0
    """Of the price that is paid otherwise: what is paid for a contact that has waited less. 0: nobody is lent to it."""
    opening_debt_percent: int = 300
    """Of one contact: what each desk owes when it begins, so that no day begins with its agents away."""
    gain_percent: int = 10
    thrift_percent: int = 60
    """How much one contact in the purse, or owed, changes the price that is paid."""
    need_ms: int = 2_000
    """The need at which the price is paid that is written; more for more, less for less, within these bounds."""
    need_least_percent: int = 20
    need_most_percent: int = 400


class CallbackFirst(StrEnum):
    """Whose phone rings first when a callback is due."""

    AGENT = "agent"
    """The agent picks up and knows who comes; then the citizen is dialled: no citizen ever waits again."""
    CITIZEN = "citizen"
    """An agent is kept free while the citizen's phone rings: no agent listens to ringing."""


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """How a queue keeps the promise to call back. The default dials nobody: a list for people to work through."""

    dials: int = 0
    """How often a citizen is dialled at most; 0: never by the engine."""
    first: CallbackFirst = CallbackFirst.AGENT
    ring_ms: int = 25_000
    spacing_ms: int = 300_000
    """Between the end of a dial in vain and the next one."""
    expires_ms: int = 8 * 3_600_000
    """After so long nobody is dialled any more."""
    from_minute: int = 0
    to_minute: int = 0
    """Citizens are rung between these minutes of the day; equal: at any time."""
    utc_offset_minutes: int = 540
    """Of that day: Seoul's."""
    numbers: tuple[str, ...] = ()
    """What may be dialled: digits, and X for any digit. None: nobody."""
    country: str = "+82"
    """Written before a number from home, in place of its first 0."""


class WrapUpMode(StrEnum):
    FIXED = "fixed"
    """Over at its deadline, or earlier when the agent says so."""
    EXTENDABLE = "extendable"
    """The agent may ask for more time, up to a ceiling."""
    MANUAL = "manual"
    """Over when the agent says so; the ceiling is the limit."""


class ClockStart(StrEnum):
    """From when the answer promise counts."""

    QUEUED = "queued"
    """From joining the queue: Seoul's 15 s."""
    ARRIVED = "arrived"
    """From the first ring at 120, menus included."""


class OverflowAct(StrEnum):
    """What becomes of a contact that a queue cannot or will not hold."""

    WAIT = "wait"
    """It waits all the same."""
    QUEUE = "queue"
    """To another queue, with its age."""
    FLOW = "flow"
    """To a flow, which speaks and decides."""
    CALLBACK = "callback"
    VOICEMAIL = "voicemail"
    END = "end"
    """A sentence, then the end."""


@dataclass(frozen=True, slots=True)
class Overflow:
    """One configured outcome; `target` names the queue, the flow or the prompt."""

    act: OverflowAct = OverflowAct.WAIT
    target: str = ""


@dataclass(frozen=True, slots=True)
class RingRules:
    """How long one phone may ring; `QueueSettings.ring_ms` is the ceiling."""

    by_promise: bool = False
    """From what is left of the promise, so that a second phone can still keep it; else always the ceiling."""
    floor_ms: int = 5_000
    """Nobody picks up a phone that rings for less; below two floors one phone gets all that is left, and the floor
    at least."""
    second_offer_after_ms: int = 0
    """Another idle agent's phone rings too when the first has rung this long; 0: never."""


@dataclass(frozen=True, slots=True)
class RelaxationStep:
    """`[conditions] → [operations]`: when all of its conditions hold, the contact needs less or stands higher.

    Steps are taken in their order, each once, and never back. With `every_ms`, a step is taken again each so often, at
    most `times` times, before the next.
    """

    waited_ms: int = 0
    """Not before the contact has waited so long."""
    place: int = 0
    """Only at this place of its queue or a later one; 0: at any place."""
    free_agents: int | None = None
    """Only when at most so many agents of the present requirement are idle."""
    expected_wait_ms: int = 0
    """Only when the expected wait is at least this; 0: whatever it is."""
    drop: frozenset[Skill] = frozenset()
    """Skills that are not needed any more."""
    lower: Mapping[Skill, int] = field(default_factory=dict)
    """Skills whose least proficiency falls by so much (never below 1)."""
    also: Requirement | None = None
    """Who meets this fits as well."""
    raise_priority: int = 0
    every_ms: int = 0
    times: int = 1


class EscalationAct(StrEnum):
    RELAX = "relax"
    """Who meets `also` fits as well."""
    RAISE = "raise"
    ANNOUNCE = "announce"
    OVERFLOW = "overflow"
    CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """What happens to a contact around the end of its promise."""

    act: EscalationAct
    from_promise_ms: int = 0
    """So long before (negative) or after the promise ends."""
    also: Requirement | None = None
    raise_priority: int = 0
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Language → recording; who speaks another hears the first."""
    overflow: Overflow = Overflow()


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """When a queue takes nobody more, and what happens then. 0: no limit."""

    waiting: int = 0
    expected_wait_ms: int = 0
    longest_wait_ms: int = 0
    full: Overflow = Overflow()
    """Also when the expected wait is over its limit."""
    nobody: Overflow = Overflow()
    """No agent of the requirement is logged in."""
    unmeetable: Overflow = Overflow()
    """No agent of the configuration has the skills, at no step of relaxation."""
    too_long: Overflow = Overflow()
    """The contact has waited for `longest_wait_ms`."""
    closed: Overflow = Overflow()
    """The hours of the queue are over."""
    closing_grace_ms: int = 0
    """Who still waits so long after the hours ended is sent on as well; 0: who came in time is served."""


@dataclass(frozen=True, slots=True)
class Announcements:
    """What a citizen who waits is told, and which keys are heard meanwhile. The default says nothing."""

    first_after_ms: int = 0
    """Since the citizen has waited; 0: never."""
    every_ms: int = 0
    """Between the beginnings of two; 0: there is one."""
    place: bool = False
    wait: bool = False
    comfort: tuple[Mapping[str, str], ...] = ()
    """One after the other, each language → recording; who speaks another hears the first."""
    keys: Mapping[str, Overflow] = field(default_factory=dict)
    """Key → where it leads."""


@dataclass(frozen=True, slots=True)
class RecordingRules:
    """Whether talks are recorded. The default records none, and tells citizens nothing of it."""

    notice: str = ""
    """The prompt that citizens hear to its end before this queue; who did not is not recorded. Empty: nobody is."""
    share_percent: int = 100
    """Of the contacts that heard it."""
    keep_days: int = 90
    """After so many days a recording is deleted."""


SPOKEN_MINUTES = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60)
"""To these an announced wait is rounded, outward; of longer ones nothing is said."""

SPOKEN_PLACES = 20
"""Of a later place nothing is said: it comforts nobody."""


@dataclass(frozen=True, slots=True)
class WaitPhrases:
    """The centre's words for place and wait in one language, each as recordings joined by `&`. Empty: not spoken."""

    places: tuple[str, ...] = ()
    """The whole sentence for the first, the second …"""
    soon: str = ""
    """Less than a minute."""
    up_to: tuple[str, ...] = ("", "")
    """Before and after the minutes."""
    between: tuple[str, ...] = ("", "", "")
    """Before, between and after the two."""
    minutes: tuple[str, ...] = ()
    """One for each of SPOKEN_MINUTES."""
    longer: str = ""
    """It takes longer than was said; the new range follows."""
