"""One contact, or a whole run, as a ladder: who did what to whom, one rung a fact, time running down.

A list of facts says what happened; a ladder lets a person *see* it: the citizen's leg on the left, the switch with its
flow, the engine, the agents and the recipients to the right, arrows between them, and beside each rung what every leg
was doing from then on. `ladder_of` makes it from a history, whatever level or journal that came from; `ladder_text`
and `ladder_svg` draw it. Nothing here knows a terminal or a picture.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ivr_engine.core.vocabulary import AgentState
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.ladder_words import ENGINE, SWITCH, Line, Part, Said, Tone, Whose, say

RUNGS = 400
"""A ladder longer than eight screens is read by nobody; what is left out is told in its place."""


@dataclass(frozen=True, slots=True)
class Column:
    part: Part
    name: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One fact. `source` and `target` are columns (equal for what happens in one place)."""

    at_ms: int
    line: Line
    source: int
    target: int
    words: str
    detail: str
    tone: Tone
    legs: tuple[Tone | None, ...]
    """What each column does from here on; None: it is not there."""
    mark: str = ""
    """Not as expected here, in words."""


@dataclass(frozen=True, slots=True)
class Ladder:
    title: str
    columns: tuple[Column, ...]
    rungs: tuple[Rung, ...]
    before: tuple[Tone | None, ...] = ()
    """What each column did before the first rung."""


_IMPLIED = frozenset({AgentState.OFFERED, AgentState.ON_CONTACT})
"""Agent states that the offer's and the talk's own rungs tell already."""


def ladder_of(
    history: History, subject: str = "", *, title: str = "", marks: Mapping[int, str] | None = None, most: int = RUNGS
) -> Ladder:
    """The ladder of one citizen or agent (everything that touched them), or of the whole history.

    `marks` are words by the index of a fact in `history.facts`; an index at or past the end marks the end. A
    marked fact is always drawn. At most `most` rungs are, those around the first mark, or the first and last ones.
    """
    marks = dict(marks or {})
    facts = history.facts
    chosen = _concerning(facts, subject) if subject else set(range(len(facts)))
    chosen |= {index for index in marks if 0 <= index < len(facts)}
    said = [(index, say(facts[index])) for index in sorted(chosen)]
    columns = _columns(one for _, one in said)
    crowd = sum(column.part is Part.CITIZEN for column in columns) > 1
    seats = {(column.part, column.name): seat for seat, column in enumerate(columns)}

    legs: list[Tone | None] = [Tone.QUIET if column.part in (Part.SWITCH, Part.ENGINE) else None for column in columns]
    before = tuple(legs)
    seen: set[str] = set()
    with_citizen: dict[str, str] = {}
    rungs: list[Rung] = []
    for index, one in said:
        fact = facts[index]
        seat = seats.get((Part.AGENT, fact.subject))
        was = legs[seat] if fact.verb is Verb.AGENT and seat is not None else None
        for whose, tone in one.doing:
            legs[seats[whose]] = tone
            if whose[0] is Part.RECIPIENT:
                with_citizen[whose[1]] = fact.subject
        if fact.verb is Verb.ENDED:
            for entry in [entry for entry, citizen in with_citizen.items() if citizen == fact.subject]:
                legs[seats[Part.RECIPIENT, entry]] = None
        quiet = fact.verb is Verb.AGENT and (
            fact.details.get("state") in _IMPLIED
            or (one.tone is Tone.QUIET and was is Tone.QUIET)
            or (fact.subject not in seen and fact.at_ms <= 0)
        )
        if fact.verb is Verb.AGENT:
            seen.add(fact.subject)
        if (quiet or not one.words) and index not in marks:
            # What it changes is seen at the next rung, whose own fact it comes with.
            before = before if rungs else tuple(legs)
            continue
        citizen = (Part.CITIZEN, fact.subject)
        apart = crowd and citizen in seats and citizen not in (one.source, one.target)
        whose_it_is = f"{fact.subject}: " if apart else ""
        rungs.append(
            Rung(
                at_ms=fact.at_ms,
                line=one.line,
                source=seats.get(one.source, 0),
                target=seats.get(one.target, 0),
                words=f"{whose_it_is}{one.words or fact.verb}",
                detail=one.detail,
                tone=one.tone,
                legs=tuple(legs),
                mark=marks.get(index, ""),
            )
        )
    past = [words for index, words in sorted(marks.items()) if index >= len(facts)]
    if past:
        end, last = history.ended_at_ms, len(columns) - 1
        rungs.append(Rung(end, Line.WORLD, 0, last, "the end", "", Tone.BAD, tuple(legs), "; ".join(past)))
    return Ladder(title, columns, _shortened(rungs, most), before)


# ── choosing ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _concerning(facts: tuple[Happened, ...], subject: str) -> set[int]:
    """The facts of one subject, of the agents while they are about it, and of the world in its lifetime."""
    own = {
        index
        for index, fact in enumerate(facts)
        if fact.subject == subject or (fact.verb is not Verb.AGENT and fact.details.get("agent") == subject)
    }
    if not own:
        return set()
    first, last = min(own), max(own)
    touched: dict[str, int] = {}
    about: set[int] = set()
    for index, fact in enumerate(facts):
        agent = fact.details.get("agent", "")
        if index in own and fact.verb is not Verb.AGENT:
            if agent:
                touched[agent] = index
            elif fact.verb is Verb.ENDED:
                touched = dict.fromkeys(touched, index)
        elif fact.verb is Verb.AGENT and fact.subject in touched:
            about.add(index)
            if fact.details.get("state") == AgentState.IDLE and index > last:
                del touched[fact.subject]
        elif not fact.subject and first <= index <= last:
            about.add(index)
        elif fact.verb is Verb.OFFERED and agent in touched:
            del touched[agent]  # somebody else's now
    return own | about


def _columns(said: Iterable[Said]) -> tuple[Column, ...]:
    """Citizens, switch, engine, agents, recipients; within a part in the order of their first fact."""
    found: dict[Whose, None] = {SWITCH: None, ENGINE: None}
    for one in said:
        if one.line is not Line.WORLD:
            found.update(dict.fromkeys((one.source, one.target)))
        found.update(dict.fromkeys(whose for whose, _ in one.doing))
    order = list(Part)
    return tuple(Column(part, name) for part, name in sorted(found, key=lambda whose: order.index(whose[0])))


def _shortened(rungs: list[Rung], most: int) -> tuple[Rung, ...]:
    if len(rungs) <= most:
        return tuple(rungs)
    marked = next((place for place, rung in enumerate(rungs) if rung.mark), None)
    if marked is None:
        head, tail = rungs[: most // 2], rungs[len(rungs) - (most - most // 2) :]
        return (*head, _left_out(len(rungs) - most, head[-1]), *tail)
    start = max(0, min(marked - 2 * most // 3, len(rungs) - most))
    middle = rungs[start : start + most]
    after = len(rungs) - start - most
    return (
        *([_left_out(start, rungs[start - 1])] if start else []),
        *middle,
        *([_left_out(after, middle[-1])] if after else []),
    )


def _left_out(count: int, after: Rung) -> Rung:
    last = max(0, len(after.legs) - 1)
    return Rung(after.at_ms, Line.LEFT_OUT, 0, last, f"{count} more", "", Tone.QUIET, after.legs)
