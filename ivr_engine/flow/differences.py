"""What changes for callers between two revisions: per number, in sentences; alike numbers together.

Compared is what callers come across (`behaviour`), not how it is written: a flow that is split, renamed or told in
other steps, and speaks as before, is no change. What is heard below a change is not told again. A sentence that is
only recorded anew is told once, for all who hear it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import CallerCard
from ivr_engine.core.queue_rules import RecordingRules
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.flow.behaviour import Path, Situation, explore
from ivr_engine.flow.differences_times import Piece, differing_hours, pieces, when_in_words
from ivr_engine.flow.expressions import Expression
from ivr_engine.flow.hours import Calendar
from ivr_engine.flow.numbers import REJECTED, NumberEntry, Transition
from ivr_engine.flow.prompts import SOUNDS
from ivr_engine.flow.recordings import Sounds
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import HoursStep, Step

REPLIES = 3
"""How deep callers are followed: 120 leads to a person within two keys."""

CALLER = "01012345678"
_NOTHING = "nothing"

RECORDINGS_NAMED = 20
"""How many new recordings are listed before their count."""

DAYS_NAMED = 5
"""How many days of exceptions are listed before their count."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One sentence. `when` is empty for always; `after` are the replies that lead there."""

    says: str
    after: Path = ()
    when: str = ""


@dataclass(frozen=True, slots=True)
class NumbersChanged:
    """Numbers whose callers come across the same differences."""

    numbers: tuple[str, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """All of it. Empty: nobody who calls notices anything."""

    old: str
    new: str
    numbers: tuple[NumbersChanged, ...] = ()
    queues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hours: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    centre: tuple[str, ...] = ()
    """What holds for all queues together."""
    recordings: tuple[str, ...] = ()
    """The same words, spoken otherwise."""

    @property
    def none(self) -> bool:
        return not (self.numbers or self.queues or self.hours or self.centre or self.recordings)


def compare(
    old: Revision, new: Revision, monday: date, replies: int = REPLIES, sounds: tuple[Sounds, Sounds] = ({}, {})
) -> Differences:
    """`monday` begins the week that both are walked through; `sounds`: the recordings of both, if read."""
    groups: dict[tuple[Difference, ...], list[str]] = {}
    walker = _Walker(old, new, monday, replies)
    numbers = dict.fromkeys([*new.numbers.entries, *old.numbers.entries])
    for number in numbers:
        found = tuple(walker.of_number(number))
        if found:
            groups.setdefault(found, []).append(number)
    return Differences(
        old.id,
        new.id,
        tuple(NumbersChanged(tuple(alike), found) for found, alike in groups.items()),
        _queues(old.queues, new.queues),
        _hours(old, new, monday),
        tuple(_fields(old.routing, new.routing)),
        tuple(_recorded(old, new, *sounds)),
    )


class _Walker:
    """Walks both revisions, once for numbers that mean the same."""

    def __init__(self, old: Revision, new: Revision, monday: date, replies: int) -> None:
        self._old, self._new, self._replies = old, new, replies
        names = {name for revision in (old, new) for name in _names(revision)}
        self._by_number = bool(names & {"number", "agency"})
        by_the_clock = any(name.startswith("now.") for name in names)
        calendars = [*_asked(old), *_asked(new)]
        self._pieces = pieces(calendars, monday, by_the_clock=by_the_clock)
        self._monday = monday
        self._walked: dict[object, tuple[Difference, ...]] = {}

    def of_number(self, number: str) -> Iterator[Difference]:
        before, after = (revision.numbers.entries.get(number) for revision in (self._old, self._new))
        if before is None or after is None:
            what = "is a number of ours now" if before is None else "is nobody's number any more"
            yield Difference(what)
        if before is not None and after is not None:
            yield from (Difference(says) for says in _of_entries(before, after))
        key = (_alike(before, self._by_number), _alike(after, self._by_number))
        if key not in self._walked:
            self._walked[key] = tuple(self._heard(number))
        yield from self._walked[key]

    def _heard(self, number: str) -> Iterator[Difference]:
        found: dict[tuple[Path, str], list[Piece]] = {}
        for piece in self._pieces:
            card = CallerCard(ContactId("diff"), number, CALLER, moment=piece.moment)
            both = [explore(revision, card, self._replies) for revision in (self._old, self._new)]
            for path, says in _situations(both[0], both[1]):
                found.setdefault((path, says), []).append(piece)
        for (path, says), chosen in found.items():
            yield Difference(says, path, when_in_words(chosen, self._pieces))


# ── situations ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _situations(old: Mapping[Path, Situation], new: Mapping[Path, Situation]) -> Iterator[tuple[Path, str]]:
    """Top down; below what is new, gone or ends otherwise nothing is compared."""
    ahead: list[Path] = [()]
    for path in ahead:
        before, after = old.get(path), new.get(path)
        if before is None or after is None:
            continue  # deeper than both were walked
        if _texts(before) != _texts(after):
            yield path, f"callers hear {_quoted(after)} instead of {_quoted(before)}"
        if before.ends != after.ends:
            yield path, _ends(before, after)
            continue
        moved = dict(_moved(path, before, after, old, new))
        for reply in before.replies:
            if reply in after.replies:
                ahead.append((*path, reply))
            elif reply in moved:
                yield path, f"{_key(reply)} is {_key(moved[reply])} now"
            else:
                yield path, f"{_key(reply)} is gone; it led to: {_told(old.get((*path, reply)))}"
        for reply in after.replies:
            if reply not in before.replies and reply not in moved.values():
                yield path, f"{_key(reply)} is new: {_told(new.get((*path, reply)))}"


def _moved(
    path: Path, before: Situation, after: Situation, old: Mapping[Path, Situation], new: Mapping[Path, Situation]
) -> Iterator[tuple[str, str]]:
    """Key → the key that leads to the same now."""
    came = [reply for reply in after.replies if reply not in before.replies]
    for reply in before.replies:
        if reply in after.replies or (was := old.get((*path, reply))) is None:
            continue
        same = next((other for other in came if new.get((*path, other)) == was), None)
        if same is not None:
            came.remove(same)
            yield reply, same


def _ends(before: Situation, after: Situation) -> str:
    if before.ends and after.ends:
        return f"they come to: {after.ends}; before: {before.ends}"
    if after.ends:
        return f"nothing more is asked, they come to: {after.ends}"
    return f"they are asked for more ({', '.join(map(_key, after.replies))}); before: {before.ends}"


def _told(situation: Situation | None) -> str:
    if situation is None:
        return "something deeper"
    ends = situation.ends or f"a question ({', '.join(map(_key, situation.replies))})"
    return f"{_quoted(situation)}, then {ends}" if situation.heard else ends


def _texts(situation: Situation) -> tuple[tuple[str, str], ...]:
    return tuple((heard.text, heard.language) for heard in situation.heard)


def _quoted(situation: Situation) -> str:
    return " ".join(f"“{heard.text}”" for heard in situation.heard) or _NOTHING


def _key(reply: str) -> str:
    return f"key {reply}" if len(reply) == 1 else reply


# ── what is written of a number, a queue, a calendar ────────────────────────────────────────────────────────────────
def _alike(entry: NumberEntry | None, by_number: bool) -> object:
    """Numbers for which this is the same are walked once."""
    if entry is None:
        return None
    life = entry.in_force
    told = (entry.flow, entry.queue, entry.requirement, entry.language, entry.greeting, entry.hours)
    return (*told, life.old_destination, life.rolled_back, life.service, entry.number if by_number else "")


def _of_entries(before: NumberEntry, after: NumberEntry) -> Iterator[str]:
    if before.language != after.language:
        yield f"language: {before.language} → {after.language}"
    if before.requirement != after.requirement:
        yield f"extra skills: {_listed(before.requirement)} → {_listed(after.requirement)}"
    if before.in_force != after.in_force:
        yield f"{_life(after.in_force)}; before: {_life(before.in_force)}"


def _life(life: Transition) -> str:
    if life.rolled_back:
        return f"forwarded to entry {life.old_destination}"
    service = life.service
    if service is None:
        return "served always"
    parts = [f"served from {service.since}" if service.since else "served"]
    if service.notice_until:
        parts.append(f"with the notice until {service.notice_until}")
    if service.until:
        then = "rejected" if service.after == REJECTED else f"as {service.after}"
        parts.append(f"until {service.until}, then {then}")
    if service.since and life.old_destination:
        parts.append(f"before that forwarded to entry {life.old_destination}")
    return " ".join(parts)


def _queues(old: Iterable[QueueSettings], new: Iterable[QueueSettings]) -> dict[str, tuple[str, ...]]:
    before, after = ({str(queue.id): queue for queue in queues} for queues in (old, new))
    found: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys([*after, *before]):
        if name not in before or name not in after:
            found[name] = ("is new" if name not in before else "is gone",)
        elif changes := tuple(_of_queues(before[name], after[name])):
            found[name] = changes
    return found


def _of_queues(before: QueueSettings, after: QueueSettings) -> Iterator[str]:
    """Whether talks are recorded is said in words: that is what citizens and the law ask."""
    if bool(before.recording.notice) is not bool(after.recording.notice):
        yield _recording(after.recording)
        before = replace(before, recording=after.recording)
    yield from _fields(before, after)


def _recording(rules: RecordingRules) -> str:
    if not rules.notice:
        return "talks are not recorded any more"
    some = "" if rules.share_percent == 100 else f" of {rules.share_percent} % of the contacts"
    return f"talks{some} are recorded now, after the notice '{rules.notice}', and kept for {rules.keep_days} days"


def _hours(old: Revision, new: Revision, monday: date) -> dict[str, tuple[str, ...]]:
    before, after = old.hours.calendars, new.hours.calendars
    found: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys([*after, *before]):
        if name not in before or name not in after:
            found[name] = ("is new" if name not in before else "is gone",)
            continue
        changes = [f"{what}: {when}" for what, when in differing_hours(before[name], after[name], monday).items()]
        changes += _days(before[name], after[name])
        if changes:
            found[name] = tuple(changes)
    return found


def _recorded(old: Revision, new: Revision, before: Sounds, after: Sounds) -> Iterator[str]:
    """Sentences whose words stayed; of new words the numbers tell. Pieces of values are counted."""
    told: list[str] = []
    pieces_changed: dict[str, int] = {}
    seen: set[str] = set()
    for (prompt, _), recording in new.manifest.files.items():
        name = recording.file.removeprefix(f"{SOUNDS}/")
        if name in seen or name not in before or before[name] == after.get(name):
            continue
        seen.add(name)
        language = name.split("/", 1)[0]
        texts = [revision.manifest.texts.get(prompt, {}).get(language) for revision in (old, new)]
        if prompt.startswith("say/"):
            pieces_changed[language] = pieces_changed.get(language, 0) + 1
        elif texts[0] == texts[1]:
            told.append(f"“{texts[1]}” [{language}]")
    yield from told[:RECORDINGS_NAMED]
    if len(told) > RECORDINGS_NAMED:
        yield f"{len(told) - RECORDINGS_NAMED} more sentences"
    yield from (
        f"{count} pieces of numbers, dates and times [{language}]" for language, count in pieces_changed.items()
    )


def _days(before: Calendar, after: Calendar) -> Iterator[str]:
    """Exceptions and emergencies: on which days something else is written."""
    days = sorted(day for day in {*before.special, *after.special} if before.special.get(day) != after.special.get(day))
    if days:
        more = f" and {len(days) - DAYS_NAMED} more" if len(days) > DAYS_NAMED else ""
        yield f"something else is written for {', '.join(map(str, days[:DAYS_NAMED]))}{more}"
    if before.holidays != after.holidays:
        yield f"holidays: {before.holidays} → {after.holidays}"
    for what, those, others in (("new", after.closings, before.closings), ("gone", before.closings, after.closings)):
        yield from (f"the emergency '{one.message}' is {what}" for one in those if one not in others)


def _fields(before: object, after: object, inside: str = "") -> Iterator[str]:
    """What differs between two of one dataclass, field by field; times in seconds."""
    for one in fields(before):  # type: ignore[arg-type]
        was, is_now = getattr(before, one.name), getattr(after, one.name)
        if was == is_now:
            continue
        name = f"{inside}{one.name.removesuffix('_ms').replace('_', ' ')}"
        if is_dataclass(was) and type(was) is type(is_now):
            yield from _fields(was, is_now, f"{name}, ")
        else:
            yield f"{name}: {_value(one.name, was)} → {_value(one.name, is_now)}"


def _value(name: str, value: object) -> str:
    if name.endswith("_ms") and isinstance(value, int):
        return f"{value / 1000:g} s"
    if isinstance(value, frozenset):
        return _listed(value)
    if value is None or value in ((), ""):
        return _NOTHING
    return str(value) if isinstance(value, str | int) else f"({'; '.join(_inside(value))})"


def _inside(value: object) -> Iterator[str]:
    """A nested setting: only what is said in it; a list by the number of its entries."""
    if isinstance(value, tuple):
        yield f"{len(value)} steps" if len(value) != 1 else "1 step"
        return
    if not hasattr(value, "__dataclass_fields__"):
        yield str(value)
        return
    for one in fields(value):  # type: ignore[arg-type]
        inner = getattr(value, one.name)
        if isinstance(inner, str | int) and inner not in ("", 0):
            yield f"{one.name.removesuffix('_ms').replace('_', ' ')} {_value(one.name, inner)}"


def _listed(words: Iterable[object]) -> str:
    return " ".join(sorted(map(str, words))) or _NOTHING


# ── what flows look at ──────────────────────────────────────────────────────────────────────────────────────────────
def _names(revision: Revision) -> Iterator[str]:
    """Every name that an expression of any step uses."""
    for flow in revision.flows.values():
        for step in flow.steps.values():
            for expression in _expressions(step):
                yield from expression.names


def _expressions(step: Step) -> Iterator[Expression]:
    for one in fields(step):
        value = getattr(step, one.name)
        if isinstance(value, Expression):
            yield value
        elif isinstance(value, Mapping):
            yield from (each for each in value.values() if isinstance(each, Expression))


def _asked(revision: Revision) -> Iterator[Calendar]:
    """The calendars by which any flow goes."""
    steps = [step for flow in revision.flows.values() for step in flow.steps.values() if isinstance(step, HoursStep)]
    wanted = {step.hours for step in steps if step.hours}
    if any(not step.hours for step in steps):
        wanted |= {entry.hours for entry in revision.numbers if entry.hours is not None}
    yield from (calendar for name, calendar in revision.hours.calendars.items() if name in wanted)
