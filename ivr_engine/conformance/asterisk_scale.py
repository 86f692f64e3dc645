"""Waits of minutes in seconds: a scenario whose file says `time: scale` runs faster on a real switch.

What people do and what the operators set (patience, talks, rings, promises, after-works) is divided by one factor; what
is not theirs to set stays: recordings play as long as they are, the switch's own turns and the engine's rests take
what they take. Whether such a run proves the same is not guessed: the simulated level tells the story of both, and a
factor is taken only if the two are the same, fact by fact, and nothing has come so close to anything else that a real
switch might turn it round. What then happens on the real switch is told in the times of the file, each fact with the
deviation that was seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ivr_engine.conformance.compare import Track, tracks, witness
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.replay import simulated
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.revisions import loaded
from ivr_engine.replay.scenario import (
    Act,
    AgentPlan,
    CitizenPlan,
    Conduct,
    Happening,
    QueueChange,
    RecipientPlan,
    Scenario,
    Trigger,
    When,
    WorldAct,
)
from ivr_engine.replay.shipped import dialplans

FACTORS = (10, 8, 6, 5, 4, 3, 2)
"""Tried in this order. Beyond ten the recordings, which nobody shortens, are most of a run."""

CLOSE_MS = 700
"""Two facts that come closer than this by scaling alone could change places on two busy cores."""

SHORT_MS = 1_000
"""What is no longer than this is kept: it saves nothing, and talks of nothing at all run into what comes after them."""

SHORTEST_RING_MS = 2_000
"""What queues.yaml takes for a ring; shorter ones stay at that, as long as the promise is longer."""

WORTH_MS = 3_000
"""A factor that saves less is no gain."""

WAIT = "wait_ms"
"""The one duration among the details: of a citizen, until the answer."""

_OURS = frozenset({Trigger.HEARD, Trigger.ANSWERED})
"""Moments of a recording: its length is not scaled, and what is done in it neither."""

_UNSCALED = frozenset(Happening) - {
    Happening.PRESENCE,
    Happening.WRAP_UP_FINISHED,
    Happening.WRAP_UP_EXTENDED,
}
"""Faults meet the limits of engine and switch, which nobody scales."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A faster run of a scenario, and the way back to the scenario's own times."""

    scenario: Scenario
    factor: int
    foreseen: History
    """What the simulated level tells of the faster one."""
    original: History
    """And of the one that the file describes."""

    def back(self, history: History) -> History:
        """What happened, in the times of the file: each fact as early or late as it was."""
        shifts = _shifts(self.foreseen, self.original)
        told = [shifts.back(fact) for fact in history.facts]
        told.sort(key=lambda fact: fact.at_ms)
        return replace(history, facts=tuple(told), ended_at_ms=max((fact.at_ms for fact in told), default=0))


def scaled(scenario: Scenario, original: History) -> Scaled | None:
    """The fastest run that tells the same story; None for a file that does not allow it, or where none does.

    Raises FlowErrors for documents that are wrong.
    """
    if not scenario.scales or any(act.what in _UNSCALED for act in scenario.world):
        return None
    queues = simulated.queues_of(scenario, loaded(scenario.dialplans or dialplans()).queues)
    for factor in FACTORS:
        faster = _divided(scenario, queues, factor)
        if faster is None:
            continue
        run = simulated.run(faster)
        if run.problems or not _same_story(original, run.history):
            continue
        if _length_ms(original) - _length_ms(run.history) < WORTH_MS:
            return None  # a smaller factor saves even less
        return Scaled(faster, factor, run.history, original)
    return None


# ── dividing ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _divided(scenario: Scenario, queues: Iterable[QueueSettings], factor: int) -> Scenario | None:
    changes = [_queue(queue, factor) for queue in queues]
    if any((change.promise_ms or 0) <= (change.ring_ms or 0) for change in changes):
        return None
    return replace(
        scenario,
        queues=tuple(changes),
        citizens=tuple(_citizen(plan, factor) for plan in scenario.citizens),
        agents=tuple(_agent(plan, factor) for plan in scenario.agents),
        recipients=tuple(_recipient(plan, factor) for plan in scenario.recipients),
        world=tuple(_world(act, factor) for act in scenario.world),
    )


def _shorter(ms: int, factor: int) -> int:
    return max(ms // factor, min(ms, SHORT_MS))


def _queue(queue: QueueSettings, factor: int) -> QueueChange:
    return QueueChange(
        queue.id,
        max(SHORTEST_RING_MS, queue.ring_ms // factor),
        _shorter(queue.wrap_up_ms, factor),
        _shorter(queue.promise_ms, factor),
        _shorter(queue.short_abandon_ms, factor),
    )


def _citizen(plan: CitizenPlan, factor: int) -> CitizenPlan:
    return replace(
        plan,
        arrives_ms=_shorter(plan.arrives_ms, factor),
        patience_ms=None if plan.patience_ms is None else _shorter(plan.patience_ms, factor),
        acts=tuple(_act(act, factor) for act in plan.acts),
        re_invites=tuple(_when(when, factor) for when in plan.re_invites),
    )


def _act(act: Act, factor: int) -> Act:
    return replace(act, when=_when(act.when, factor))


def _when(when: When, factor: int) -> When:
    return when if when.trigger in _OURS else replace(when, after_ms=_shorter(when.after_ms, factor))


def _agent(plan: AgentPlan, factor: int) -> AgentPlan:
    done_ms = plan.finishes_wrap_up_after_ms
    return replace(
        plan,
        conducts=_conducts(plan.conducts, factor),
        acts=tuple(replace(act, after_ms=_shorter(act.after_ms, factor)) for act in plan.acts),
        finishes_wrap_up_after_ms=None if done_ms is None else _shorter(done_ms, factor),
    )


def _recipient(plan: RecipientPlan, factor: int) -> RecipientPlan:
    return replace(plan, conducts=_conducts(plan.conducts, factor))


def _conducts(conducts: Sequence[Conduct], factor: int) -> tuple[Conduct, ...]:
    return tuple(
        replace(
            conduct,
            after_ms=_shorter(conduct.after_ms, factor),
            talk_ms=None if conduct.talk_ms is None else _shorter(conduct.talk_ms, factor),
        )
        for conduct in conducts
    )


def _world(act: WorldAct, factor: int) -> WorldAct:
    return replace(act, at_ms=_shorter(act.at_ms, factor))


# ── the same story ──────────────────────────────────────────────────────────────────────────────────────────────────
def _same_story(original: History, faster: History) -> bool:
    """Fact by fact of everybody, and nothing nearer to anything else than a real switch can keep apart."""
    here, there = tracks(original), tracks(faster)
    if here.keys() != there.keys() or any(_timeless(there[track]) != _timeless(told) for track, told in here.items()):
        return False
    meant, moments = _apart(original), _apart(faster)  # every single key of what is typed
    pairs: list[tuple[int, int]] = []
    for track, told in meant.items():
        if len(told) != len(moments[track]):
            return False
        pairs += [(other.at_ms, fact.at_ms) for fact, other in zip(told, moments[track], strict=True)]
    pairs.sort()
    return all(
        later >= before and (soon - now >= CLOSE_MS or later - before < CLOSE_MS)
        for (now, before), (soon, later) in pairwise(pairs)
    )


def _timeless(facts: Iterable[Happened]) -> list[Happened]:
    return [replace(fact, at_ms=0) for fact in facts]


def _length_ms(history: History) -> int:
    return max((fact.at_ms for fact in history.facts), default=0)


# ── the way back ────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class _Shift:
    """What one fact of the faster run is in the times of the file: so much later, and after a wait so much longer."""

    verb: Verb
    later_ms: int
    longer_ms: int

    def of(self, fact: Happened) -> Happened:
        waited_ms = fact.details.get(WAIT)
        details = fact.details if waited_ms is None else {**fact.details, WAIT: str(int(waited_ms) + self.longer_ms)}
        return replace(fact, at_ms=fact.at_ms + self.later_ms, details=details)


class _Shifts:
    """The shifts of all facts of each track; asked in the order of time."""

    def __init__(self, known: Mapping[Track, list[_Shift]], all_of_it: list[tuple[int, int]]) -> None:
        self._known = {track: iter(shifts) for track, shifts in known.items()}
        self._all = all_of_it

    def back(self, fact: Happened) -> Happened:
        """By its counterpart where it has one, else as late as whatever came before it."""
        expected = next(self._known.get(_track(fact), iter(())), None)
        if expected is not None and expected.verb is fact.verb:
            return expected.of(fact)
        earlier = [later_ms for at_ms, later_ms in self._all if at_ms <= fact.at_ms]
        return replace(fact, at_ms=fact.at_ms + (earlier[-1] if earlier else 0))


def _shifts(foreseen: History, original: History) -> _Shifts:
    known: dict[Track, list[_Shift]] = {}
    everything: list[tuple[int, int]] = []
    meant_of = _apart(original)
    for track, told in _apart(foreseen).items():
        for fact, meant in zip(told, meant_of.get(track, ()), strict=False):
            later_ms = meant.at_ms - fact.at_ms
            longer_ms = int(meant.details.get(WAIT) or 0) - int(fact.details.get(WAIT) or 0)
            known.setdefault(track, []).append(_Shift(fact.verb, later_ms, longer_ms))
            everything.append((fact.at_ms, later_ms))
    return _Shifts(known, sorted(everything))


def _track(fact: Happened) -> Track:
    return fact.subject, witness(fact.verb)


def _apart(history: History) -> Mapping[Track, list[Happened]]:
    """Every fact with the others of the same eyes, as they came."""
    found: dict[Track, list[Happened]] = {}
    for fact in history.facts:
        found.setdefault(_track(fact), []).append(fact)
    return found
