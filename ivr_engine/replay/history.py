"""What happened, in words that are the same on every level: the one thing that verdicts, ladders and comparisons read.

A `Happened` says who did what, when. Citizens, agents and recipients have the scenario's names, never channel ids, so
that two runs can be laid side by side. Most facts come from the journal's notices (`journal_facts`), the same on every
level; what a phone heard and pressed comes from the level itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MUSIC = "music/"
"""Before the class of music, where what a citizen hears is told: a prompt cannot be called so."""

USUAL_MUSIC = "ivr-wait"
"""The class that every citizen hears whose queue has none of its own. Nothing is told of it."""


class Verb(StrEnum):
    """Everything that can happen to somebody. The details of each are listed behind it."""

    # of a citizen, from the level
    HEARD = "heard"  # prompt, language
    PRESSED = "pressed"  # keys
    SPOKE = "spoke"  # lasts_ms
    # of a citizen, from the journal
    ARRIVED = "arrived"  # number
    QUEUED = "queued"  # queue, requirement, agency, language, returns
    OFFERED = "offered"  # agent, reason
    OFFER_ENDED = "offer_ended"  # agent, result, cause
    PROMISE_MISSED = "promise_missed"  # queue
    CONNECTED = "connected"  # agent, within_promise, wait_ms
    TRANSFER = "transfer"  # state, entry, agent
    TRANSFER_ENDED = "transfer_ended"  # result, cause, entry, agent
    FORWARDED = "forwarded"  # entry, agency
    FORWARD_ENDED = "forward_ended"  # result (answered, failed), cause, entry
    CALLBACK = "callback"  # number, queue
    CALLBACK_MOVED = "callback_moved"  # state, cause
    CALLBACK_ENDED = "callback_ended"  # end, dials
    NOTED = "noted"  # facts, survey
    RECORDED = "recorded"  # length_ms
    TALK_RECORDED = "talk_recorded"  # state (running, paused, kept, failed, untold), agent, length_ms
    TEXTED = "texted"  # sent
    FELL_BACK = "fell_back"
    ENDED = "ended"  # disposition, agency, queue, agent, short_abandon, offers
    # of an agent
    AGENT = "agent"  # presence, state, reason
    # of the world
    SWITCH = "switch"  # connected
    ENGINE = "engine"  # started, killed, frozen, thawed: true
    CANARY = "canary"  # tried, rolled_back: true


@dataclass(frozen=True, slots=True)
class Happened:
    """One fact: at `at_ms` of the scenario, `subject` (a citizen's or agent's name, or "") did or suffered `verb`."""

    at_ms: int
    verb: Verb
    subject: str = ""
    details: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        told = " ".join(f"{key}={value}" for key, value in self.details.items() if value)
        return f"{self.at_ms / 1000:8.3f}  {self.subject:<12} {self.verb} {told}".rstrip()


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happened in one run, in the order of time."""

    facts: tuple[Happened, ...]
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Samples at the end, by name and labels as Prometheus writes them."""
    ended_at_ms: int = 0

    def of(self, subject: str) -> tuple[Happened, ...]:
        """The facts of one citizen or agent."""
        return tuple(fact for fact in self.facts if fact.subject == subject)
