"""`ivr-engine try`: one call in the terminal, by the walk that serves citizens; or on one line, for scripts."""

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ivr_engine.command_line.documents import loaded
from ivr_engine.command_line.ending import WRONG, give_up
from ivr_engine.command_line.moments import SEOUL
from ivr_engine.core.conversation import Ask, CallerCard, Dip, DipFailed, DipFailure, Dipped, Moment, Play, Record
from ivr_engine.core.packing import pack_outcome
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.flow.diagnostics import nearest
from ivr_engine.flow.prompts import LANGUAGES
from ivr_engine.flow.rehearsal import Rehearsal, Turn
from ivr_engine.flow.rehearsal_text import as_plain, written_reply, written_turn
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import DipStep
from ivr_engine.outside.answer import AnswerUnreadable, read_answer

MOMENTS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
ASKED_AGAIN = 5
"""How often something that cannot be read is asked for again in the terminal."""


class TryForm(StrEnum):
    TEXT = "text"
    JSON = "json"


def rehearse(
    number: Annotated[str, typer.Argument(help="the number that is dialled")] = "120",
    folder: Annotated[Path, typer.Option("--dialplans", help="folder of YAML documents")] = Path("dialplans"),
    keys: Annotated[
        str | None,
        typer.Option(
            help="what is pressed at each question, parted by commas, nothing is silence: '1,,2#'; a message is '12s'; "
            "^0 presses 0 during the next sentence that a key can end. Then nobody is asked anything"
        ),
    ] = None,
    at: Annotated[str | None, typer.Option(help="when, in Seoul: '2027-02-07 21:30'; now unless said")] = None,
    language: Annotated[
        str | None, typer.Option(help="as if the number were of this language; a flow may have its own")
    ] = None,
    dip: Annotated[
        list[str] | None,
        typer.Option(help='what another system answers: water_bill=ok:{"bill": …}, or water_bill=slow'),
    ] = None,
    caller: Annotated[str, typer.Option(help="the caller's number; empty: withheld")] = "01012345678",
    no_texts: Annotated[bool, typer.Option("--no-texts", help="the gateway takes no text")] = False,
    expect: Annotated[
        str | None, typer.Option(help="exit with 1 unless the outcome begins so: queue:water, end:self_served")
    ] = None,
    form: Annotated[TryForm, typer.Option("--format", help="text or json")] = TryForm.TEXT,
) -> None:
    """Try one call: what is heard, which steps it comes through, how it ends. Exit status 1: not as expected."""
    revision = loaded(folder)
    if language is not None:
        if language not in LANGUAGES:
            give_up(f"--language: 120 does not speak {language!r}; one of {', '.join(LANGUAGES)}")
        revision = revision.spoken_in(language)
    card = CallerCard(ContactId("try"), number, caller, moment=_moment(at))
    told = _told_dips(dip or [], revision)
    asked = keys is None and form is TryForm.TEXT
    audience = _Person(told, revision) if asked else _Written(told, _read_keys(keys))
    rehearsal = Rehearsal(revision, card, audience, texts_taken=not no_texts)
    turns: list[Turn] = []
    for turn in rehearsal.turns():
        turns.append(turn)
        if form is TryForm.TEXT:
            if not isinstance(audience, _Person) or not audience.has_shown(turn):
                _print(written_turn(turn, revision))
            if turn.reply:
                print(written_reply(turn))
    outcome = turns[-1].outcome if turns else None
    left = [*rehearsal.ignored, *(audience.unused if isinstance(audience, _Written) else ())]
    if form is TryForm.JSON:
        whole = {
            "number": number,
            "revision": revision.id,
            "at_ms": card.moment.at_ms,
            "turns": as_plain(turns, revision),
            "ms": sum(turn.ms for turn in turns),
            "unused_keys": left,
        }
        print(json.dumps(whole, ensure_ascii=False, indent=1))
    else:
        print(f"  {sum(turn.ms for turn in turns) / 1000:.1f} s of speech, revision {revision.id}")
        if left:
            print(f"  nobody waited for: {', '.join(left)}")
        if number not in revision.numbers.entries:
            near = nearest(number, revision.numbers.entries)
            print(f"  {number} is no number of {folder}{f'; did you mean {near}?' if near else ''}")
    if expect is not None and (outcome is None or not pack_outcome(outcome).startswith(expect)):
        print(f"expected {expect}, got {pack_outcome(outcome) if outcome else 'no outcome'}", file=sys.stderr)
        raise typer.Exit(WRONG)


@dataclass(slots=True)
class _Written:
    """All answers are on the command line; after the last one nothing is pressed any more."""

    dips: dict[str, str]
    unused: list[str]

    def answer(self, _ask: Ask, _turn: Turn) -> str:
        return self._next()

    def interrupts(self, _play: Play, _turn: Turn) -> str:
        if self.unused and self.unused[0].startswith("^"):
            return self._next()[1:]
        return ""

    def message(self, _record: Record, _turn: Turn) -> str:
        return self._next()

    def look_up(self, dip: Dip, _turn: Turn) -> Dipped | DipFailed:
        return _answered(dip, self.dips.get(dip.source, DipFailure.UNREACHABLE.value))

    def _next(self) -> str:
        return self.unused.pop(0).strip() if self.unused else ""


@dataclass(slots=True)
class _Person:
    """Somebody at the terminal."""

    dips: dict[str, str]
    revision: Revision
    _shown: list[Turn] = field(default_factory=list)

    def has_shown(self, turn: Turn) -> bool:
        """The turn was printed before its question was put."""
        return any(turn.passed == shown.passed and turn.does == shown.does for shown in self._shown[-1:])

    def answer(self, _ask: Ask, turn: Turn) -> str:
        return self._asked(turn, "      keys (Enter: silence, Ctrl-D: hang up): ")

    def interrupts(self, _play: Play, turn: Turn) -> str:
        return self._asked(turn, "      a key during this (Enter: none): ")

    def message(self, _record: Record, turn: Turn) -> str:
        return self._asked(turn, "      a message of how long, as 12s (Enter: silence), or a key: ")

    def look_up(self, dip: Dip, turn: Turn) -> Dipped | DipFailed:
        if dip.source in self.dips:
            return _answered(dip, self.dips[dip.source])
        wanted = ", ".join(f"{output.at} ({output.type.value.replace('_', ' ')})" for output in dip.outputs)
        for _ in range(ASKED_AGAIN):
            given = self._asked(turn, f"      what {dip.source} answers, JSON with {wanted} (Enter: unreachable): ")
            if not given:
                break
            answer = _answered(dip, f"ok:{given}")
            if isinstance(answer, Dipped):
                return answer
            print("      that is not what was declared")
        return DipFailed(DipFailure.UNREACHABLE)

    def _asked(self, turn: Turn, question: str) -> str:
        if not self.has_shown(turn):
            _print(written_turn(turn, self.revision))
            self._shown[:] = [turn]
        return input(question).strip()


def _answered(dip: Dip, told: str) -> Dipped | DipFailed:
    """By the reader that reads real answers. `ok:JSON`, or why there is none."""
    if not told.startswith("ok:"):
        return DipFailed(DipFailure(told))
    try:
        return Dipped(read_answer(told.removeprefix("ok:").encode(), dip.outputs))
    except AnswerUnreadable:
        return DipFailed(DipFailure.UNREADABLE)


def _read_keys(keys: str | None) -> list[str]:
    written = [one.strip() for one in keys.split(",")] if keys else []
    for one in written:
        if not re.fullmatch(r"\^?[0-9*#]*|[0-9]+s", one):
            give_up(f"--keys: {one!r} is no key; write keys (12#), nothing for silence, ^0 or a message (12s)")
    return written


def _told_dips(told: list[str], revision: Revision) -> dict[str, str]:
    steps = (step for flow in revision.flows.values() for step in flow.steps.values())
    sources = {step.source for step in steps if isinstance(step, DipStep)}
    found: dict[str, str] = {}
    for one in told:
        source, equals, answer = one.partition("=")
        if not equals or not (answer.startswith("ok:") or answer in set(DipFailure)):
            failures = ", ".join(DipFailure)
            give_up(f"--dip: {one!r} is neither SOURCE=ok:JSON nor SOURCE= one of {failures}")
        if source not in sources:
            near = nearest(source, sources)
            give_up(f"--dip: no step asks {source!r}{f'; did you mean {near!r}?' if near else ''}")
        found[source] = answer
    return found


def _moment(at: str | None) -> Moment:
    when = datetime.now(SEOUL) if at is None else _read_moment(at)
    if when is None:
        give_up(f"--at: {at!r} is no moment; write it as 2027-02-07 21:30")
    return Moment(int(when.timestamp() * 1000))


def _read_moment(at: str) -> datetime | None:
    for form in MOMENTS:
        try:
            return datetime.strptime(at, form).replace(tzinfo=SEOUL)
        except ValueError:
            continue
    return None


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
