"""Lays the histories of one scenario on several levels side by side: what one says and another does not is a failure.

The simulated level is the measure: it is what people develop against. For each subject the order of what happened must
be the same, in the details that mean something to a person (`TOLD`); times may differ by what a level needs for the
same thing. What a citizen hears, what a citizen presses and what the engine decided are seen by different eyes, whose
accounts of one moment come in any order: each is compared in its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from ivr_engine.asterisk import ami
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.scenario import Level

TOLERANCE_MS: Mapping[Level, int] = {Level.SIMULATED: 0, Level.WIRE: 100, Level.ASTERISK: 1_500}
"""How far a level's times may lie from the simulated ones: sockets, and on a real switch two busy cores with a dozen
centres on them, and engines that take half a second to start."""

LONGEST_PAUSE_MS = round(ami.LONGEST_PAUSE_SECONDS * 1_000)
"""The service's link doubles its pause, partly random, with each try: it finds a switch that was away for a while late
by as much again, and by this at most. What comes after that is as late."""

LATE_START_MS = 3_000
"""An engine that starts in mid-story, on two cores that thirty switches share, may be this late, and what follows too.
Who did not wait for it has another story, and that is a difference."""

TOLD: Mapping[Verb, tuple[str, ...]] = {
    Verb.HEARD: ("prompt", "language"),
    Verb.PRESSED: ("keys",),
    Verb.SPOKE: ("lasts_ms",),
    Verb.ARRIVED: ("number",),
    Verb.QUEUED: ("queue", "requirement", "agency", "language", "returns"),
    Verb.OFFERED: ("agent",),
    Verb.OFFER_ENDED: ("agent", "result", "cause"),
    Verb.PROMISE_MISSED: ("queue",),
    Verb.CONNECTED: ("agent", "within_promise"),
    Verb.TRANSFER: ("state", "entry", "agent"),
    Verb.TRANSFER_ENDED: ("result", "cause", "entry", "agent"),
    Verb.FORWARDED: ("entry", "agency"),
    Verb.FORWARD_ENDED: ("result", "cause", "entry"),
    Verb.CALLBACK: ("number", "queue"),
    Verb.CALLBACK_MOVED: ("state", "cause"),
    Verb.CALLBACK_ENDED: ("end", "dials"),
    Verb.NOTED: ("facts", "survey"),
    Verb.RECORDED: (),
    Verb.TALK_RECORDED: ("state", "agent"),
    Verb.TEXTED: ("sent",),
    Verb.FELL_BACK: (),
    Verb.ENDED: ("disposition", "agency", "queue", "agent", "short_abandon", "offers"),
    Verb.AGENT: ("presence", "state", "reason"),
    Verb.SWITCH: ("connected",),
    Verb.ENGINE: ("started", "killed", "frozen", "thawed"),
    Verb.CANARY: ("tried", "rolled_back"),
}
"""The details that must agree. Durations and reasons in words hold times, which agree only roughly."""

AROUND = 2
"""Facts shown before the first divergence."""


Track = tuple[str, str]
"""Whose facts, and by whose eyes."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place at which two levels tell different stories of one subject."""

    subject: str
    measure: Level
    other: Level
    index: int
    expected: Happened | None
    found: Happened | None
    before: tuple[Happened, ...] = ()
    """What both told until there, the last of it."""

    def __str__(self) -> str:
        lines = [f"{self.subject or 'the world'}: {self.other} differs from {self.measure}"]
        lines += [f"    {fact}" for fact in self.before]
        lines += [f"  ▸ {self.measure:<9} {self.expected or 'nothing more'}"]
        lines += [f"  ▸ {self.other:<9} {self.found or 'nothing more'}"]
        return "\n".join(lines)


def compare(
    histories: Mapping[Level, History], tolerance_ms: Mapping[Level, int] = TOLERANCE_MS
) -> tuple[Difference, ...]:
    """Every subject's first difference on each level, against the first of those given (in the order of `Level`)."""
    levels = [level for level in Level if level in histories]
    found: list[Difference] = []
    for other in levels[1:]:
        measure = levels[0]
        allowed_ms = max(tolerance_ms[measure], tolerance_ms[other])
        late = _late_links(histories[measure]) if other is Level.ASTERISK else ()
        here, there = tracks(histories[measure]), tracks(histories[other])
        for track in sorted(here.keys() | there.keys()):
            difference = _first(here.get(track, ()), there.get(track, ()), allowed_ms, late)
            if difference is not None:
                index, expected, actual = difference
                before = tuple(there[track][max(0, index - AROUND) : index]) if track in there else ()
                found.append(Difference(track[0], measure, other, index, expected, actual, before))
    return tuple(found)


def _first(
    here: Sequence[Happened], there: Sequence[Happened], allowed_ms: int, late: Sequence[tuple[int, int]]
) -> tuple[int, Happened | None, Happened | None] | None:
    for index, (expected, actual) in enumerate(zip_longest(here, there)):
        if expected is None or actual is None or expected != replace(actual, at_ms=expected.at_ms):
            return index, expected, actual
        late_ms = max((by_ms for since_ms, by_ms in late if since_ms <= expected.at_ms), default=0)
        if not -allowed_ms <= actual.at_ms - expected.at_ms <= allowed_ms + late_ms:
            return index, expected, actual
    return None


def _late_links(measure: History) -> list[tuple[int, int]]:
    """(since when, by how much a real link may be later): from each return of the link, and start of an engine, on."""
    late: list[tuple[int, int]] = []
    lost_ms: int | None = None
    for fact in measure.facts:
        if fact.verb is Verb.ENGINE and "started" in fact.details:
            late.append((fact.at_ms, LATE_START_MS))
        if fact.verb is not Verb.SWITCH:
            continue
        if fact.details.get("connected") != "true":
            lost_ms = fact.at_ms
        elif lost_ms is not None:
            late.append((fact.at_ms, min(fact.at_ms - lost_ms, LONGEST_PAUSE_MS)))
            lost_ms = None
    return late


def tracks(history: History) -> dict[Track, list[Happened]]:
    """(subject, whose eyes) → its facts, with the details that count, as they are compared."""
    found: dict[Track, list[Happened]] = {}
    for fact in history.facts:
        told = {key: fact.details[key] for key in TOLD[fact.verb] if fact.details.get(key)}
        facts = found.setdefault((fact.subject, witness(fact.verb)), [])
        last = facts[-1] if facts else None
        bare = Happened(max(0, fact.at_ms), fact.verb, fact.subject, told)
        if last is not None and fact.verb is last.verb is Verb.PRESSED:
            # keys come one by one where a phone sends them, and together where a plan says them
            facts[-1] = replace(last, details={"keys": last.details["keys"] + told["keys"]})
        elif last is not None and fact.verb in (Verb.AGENT, Verb.SWITCH) and last.verb is fact.verb and fact.at_ms <= 0:
            facts[-1] = bare  # how everybody came to their first state is each level's own affair
        else:
            facts.append(bare)
    return found


def witness(verb: Verb) -> str:
    """Whose eyes see it: of one moment each tells in its own order. That a talk is recorded the agent's leg tells."""
    return verb.value if verb in (Verb.HEARD, Verb.PRESSED, Verb.SPOKE, Verb.TALK_RECORDED) else "journal"
