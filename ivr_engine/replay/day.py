"""A day without its engine: who called wanting what, how long each would wait and talk, and when the agents worked.

This is what a replay against other flows keeps fixed. It is read from a journal (`day_of`), or made up: `ordinary_day`
is 120's day of 42,097 contacts, from the assumptions written in it. Times are milliseconds since the Unix epoch.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from math import ceil, sqrt

from ivr_engine.core.configuration import AgentSettings
from ivr_engine.core.events import Configured
from ivr_engine.core.notices import AgentChanged, ContactEnded
from ivr_engine.core.vocabulary import AgentId, AgentState, Disposition, OfferResult, Presence, Skill
from ivr_engine.replay.recording import Recorded
from ivr_engine.replay.stories import Stories, Story

DAY_MS = 24 * 60 * 60_000
HALF_HOUR_MS = 30 * 60_000

PATIENCE_MS = 120_000
TALK_MS = 180_000
PICKS_UP_MS = 2_000
"""Means where a journal knows none: nobody gave up, talked or answered in it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One citizen, as far as 120 cannot change it."""

    id: str
    at_ms: int
    number: str
    queue: str
    """Wanted; empty: the flow was all that was wanted, or the citizen left it."""
    language: str
    patience_ms: int
    """In a queue without a person; in the flow, where no queue was wanted."""
    talk_ms: int
    picks_up_ms: int
    """How long the agent's phone rings before this citizen's call is taken."""
    missed: int = 0
    """So many phones ring in vain first."""
    wrap_up_ms: int | None = None
    """The work after the talk, where the agent said that it was done; None: it took as long as the queue gives it."""


@dataclass(frozen=True, slots=True)
class Spell:
    """An agent is available from then until then."""

    agent: AgentId
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Day:
    """Everything that a replay keeps; `recorded` is how it really ended, empty for a day that never was."""

    source: str
    arrivals: tuple[Arrival, ...]
    agents: tuple[AgentSettings, ...]
    spells: tuple[Spell, ...]
    recorded: Mapping[str, ContactEnded] = field(default_factory=dict)


@dataclass(slots=True)
class _AfterWork:
    """Which work after a contact an agent ended by hand, and after how long."""

    done_ms: dict[str, int] = field(default_factory=dict)
    _contacts: dict[AgentId, str] = field(default_factory=dict)
    _begun: dict[AgentId, AgentChanged] = field(default_factory=dict)

    def take(self, notice: AgentChanged, at_ms: int) -> None:
        agent = notice.agent
        if notice.state is AgentState.ON_CONTACT and notice.contact is not None:
            self._contacts[agent] = notice.contact
        elif notice.state is AgentState.WRAP_UP:
            before = self._begun.get(agent, notice)
            self._begun[agent] = replace(notice, since_ms=before.since_ms)
        begun = self._begun.get(agent)
        if begun is None or notice.state is AgentState.WRAP_UP:
            return
        del self._begun[agent]
        contact, until_ms = self._contacts.pop(agent, None), begun.wrap_up_until_ms
        if contact is not None and (until_ms is None or at_ms < until_ms):
            self.done_ms[contact] = max(0, at_ms - begun.since_ms)


# ── from a journal ──────────────────────────────────────────────────────────────────────────────────────────────────
def day_of(entries: Iterable[Recorded], source: str) -> Day:
    """The day of a journal. Raises what reading the entries raises.

    How long somebody would have waited who was answered, and talked who gave up, nobody knows. Patience goes on from
    what was waited with the mean that the day's abandons show (an exponential has no memory); talks are drawn from the
    day's own. Both depend on the contact alone, so that two replays of one day are the same.
    """
    stories, after_work = Stories(), _AfterWork()
    spells: list[Spell] = []
    since: dict[AgentId, int] = {}
    seen: set[AgentId] = set()
    first_ms: int | None = None
    last_ms = 0
    for entry in entries:
        stories.take(entry)
        last_ms = entry.at_ms
        if isinstance(entry.event, Configured):  # chooses nobody's presence, and may be of days before
            continue
        first_ms = entry.at_ms if first_ms is None else first_ms
        for notice in entry.notices:
            if not isinstance(notice, AgentChanged):
                continue
            agent, state = notice.agent, notice.state
            after_work.take(notice, entry.at_ms)
            if notice.presence is Presence.AVAILABLE or state is AgentState.ON_CONTACT:
                # first heard of in the middle of something: was there before the journal's stretch began
                was_there = agent not in seen and state is not AgentState.IDLE
                since.setdefault(agent, first_ms if was_there else entry.at_ms)
            elif agent in since:
                spells.append(Spell(agent, since.pop(agent), entry.at_ms))
            seen.add(agent)
    spells += [Spell(agent, from_ms, last_ms + DAY_MS) for agent, from_ms in since.items()]
    over = [story for story in stories.over if story.ended is not None]
    waited = [_waited_ms(story) for story in over]
    gone = sum(1 for story in over if story.ended and story.ended.disposition is Disposition.ABANDONED)
    patience_ms = max(1_000, sum(waited) // gone) if gone else PATIENCE_MS
    talks = sorted(story.ended.talk_ms for story in over if story.ended and story.ended.talk_ms) or [TALK_MS]
    done_ms = after_work.done_ms
    arrivals = sorted(
        (_arrival(story, patience_ms, talks, done_ms) for story in over), key=lambda one: (one.at_ms, one.id)
    )
    recorded = {str(story.began.contact): story.ended for story in over if story.ended is not None}
    agents = tuple(sorted(stories.agents.values(), key=lambda one: one.id))
    return Day(
        source, tuple(arrivals), agents, tuple(sorted(spells, key=lambda one: (one.from_ms, one.agent))), recorded
    )


def _waited_ms(story: Story) -> int:
    return (story.ended.wait_ms or 0) if story.ended is not None else 0


def _arrival(story: Story, patience_ms: int, talks: list[int], done_ms: Mapping[str, int]) -> Arrival:
    ended, began = story.ended, story.began
    assert ended is not None
    lot = random.Random(began.contact)
    gave_up = ended.disposition is Disposition.ABANDONED
    rang = [end for end in story.offer_ends.values() if end.result is OfferResult.ANSWERED]
    missed = (OfferResult.NO_ANSWER, OfferResult.DECLINED, OfferResult.FAILED)
    if not story.waits:
        patience = ended.ended_at_ms - began.arrived_at_ms
    else:
        patience = _waited_ms(story) + (0 if gave_up else int(lot.expovariate(1 / patience_ms)))
    return Arrival(
        id=began.contact,
        at_ms=began.arrived_at_ms,
        number=began.number,
        queue=str(story.waits[0].queue) if story.waits else "",
        language=story.waits[0].language if story.waits else ended.language,
        patience_ms=max(1, patience),
        talk_ms=max(1, ended.talk_ms if ended.talk_ms else lot.choice(talks)),
        picks_up_ms=rang[0].rang_ms if rang else PICKS_UP_MS,
        missed=sum(1 for end in story.offer_ends.values() if end.result in missed),
        wrap_up_ms=done_ms.get(began.contact),
    )


# ── made up ─────────────────────────────────────────────────────────────────────────────────────────────────────────
CONTACTS = 42_097
HOURLY = (
    *(1.6, 0.9, 0.55, 0.4, 0.4, 0.55, 0.9, 1.9, 4.0, 8.4, 9.3, 8.5),
    *(6.3, 7.7, 8.1, 7.7, 7.4, 6.4, 4.1, 3.1, 2.7, 2.6, 2.9, 3.6),
)
"""Assumed shares of the hours from 0 to 23, in percent."""


@dataclass(frozen=True, slots=True)
class _Class:
    share: float
    handle_seconds: int
    """Talk and wrap-up together, mean of an exponential."""
    queue: str
    number: str
    language: str = "ko"
    patience_seconds: int = 120


CLASSES = (
    _Class(40.0, 125, "transport", "120"),
    _Class(14.4, 180, "general", "120"),
    _Class(8.9, 215, "water", "120"),
    _Class(4.5, 215, "welfare", "0200001009"),
    _Class(4.0, 225, "tax", "120"),
    _Class(3.0, 210, "vehicles", "120"),
    _Class(23.2, 200, "districts", "0200002011"),
    _Class(0.55, 260, "english", "120", "en", 240),
    # chinese, japanese, vietnamese, mongolian, sign language: 120's flows lead to the general queue so far
    _Class(1.445, 293, "general", "120", "ko", 240),
)
"""Assumed: shares in percent (normalised) and mean handling."""

WRAP_UP_SECONDS = 18
STAFFING = 0.4
"""Korean agents of each half hour: load + STAFFING x its square root. That gives 2,164 staffed hours
and 92.0 % of those offered answered within 15 s."""

_SECOND = ("water", "welfare", "tax", "vehicles", "district")
_PAIRS = tuple((a, b) for index, a in enumerate(_SECOND) for b in _SECOND[index + 1 :])


def ordinary_day(midnight_ms: int, *, contacts: int = CONTACTS, seed: int = 120) -> Day:
    """The ordinary day, from the assumptions above; fewer `contacts` make a smaller centre, not a quieter one.

    Arrivals are Poisson within each hour, patience, handling and picking up (1 s + Exp 1 s) exponential. An *agent* is
    a position: the first ones are taken all day, the last ones in the busiest half hour only. Every Korean agent takes
    transport and general, and two of five other desks; English has a desk of its own.
    """
    lot = random.Random(seed)
    hours = HOURLY
    whole = sum(hours)
    arrivals = []
    ends = list(accumulate(one.share for one in CLASSES))
    for number in range(contacts):
        hour = lot.choices(range(24), hours)[0]
        at_ms = midnight_ms + hour * 3_600_000 + lot.randrange(3_600_000)
        kind = lot.choices(CLASSES, cum_weights=ends)[0]
        talk = lot.expovariate(1 / max(1, kind.handle_seconds - WRAP_UP_SECONDS))
        arrivals.append(
            Arrival(
                id=f"day-{number:06d}",
                at_ms=at_ms,
                number=kind.number,
                queue=kind.queue,
                language=kind.language,
                patience_ms=1 + int(lot.expovariate(1 / kind.patience_seconds) * 1000),
                talk_ms=1 + int(talk * 1000),
                picks_up_ms=1_000 + int(lot.expovariate(1.0) * 1000),
            )
        )
    share = sum(one.share for one in CLASSES)
    mean_seconds = sum(one.share * one.handle_seconds for one in CLASSES) / share
    positions = []
    for half in range(48):
        load = contacts * hours[half // 2] / whole * mean_seconds / 3600
        positions.append(max(2, ceil(load + STAFFING * sqrt(load))))
    agents = [
        AgentSettings(AgentId(f"{2001 + index}"), f"{2001 + index}", _skills(index)) for index in range(max(positions))
    ]
    spells = [spell for index, agent in enumerate(agents) for spell in _spells(agent.id, index, positions, midnight_ms)]
    for index in range(3):
        english = AgentSettings(
            AgentId(f"{9001 + index}"), f"{9001 + index}", {Skill("english"): 5, Skill("general"): 1}
        )
        agents.append(english)
        spells.append(
            Spell(english.id, midnight_ms if index < 1 else midnight_ms + 14 * HALF_HOUR_MS, midnight_ms + DAY_MS)
        )
    ordered = tuple(sorted(arrivals, key=lambda one: (one.at_ms, one.id)))
    source = f"an ordinary day of {contacts} contacts, assumed (seed {seed})"
    return Day(source, ordered, tuple(agents), tuple(sorted(spells, key=lambda one: (one.from_ms, one.agent))))


def _skills(index: int) -> dict[Skill, int]:
    first, second = _PAIRS[index % len(_PAIRS)]
    return {Skill("transport"): 5, Skill("general"): 5, Skill(first): 3, Skill(second): 3}


def _spells(agent: AgentId, index: int, positions: list[int], midnight_ms: int) -> Iterable[Spell]:
    """The runs of half hours in which this position is taken."""
    began: int | None = None
    for half in range(len(positions) + 1):
        taken = half < len(positions) and index < positions[half]
        if taken and began is None:
            began = half
        elif not taken and began is not None:
            yield Spell(agent, midnight_ms + began * HALF_HOUR_MS, midnight_ms + half * HALF_HOUR_MS)
            began = None
