"""What callers of a number come across: every situation within so many replies, by walking all of them.

A situation is what is heard since the last reply, and what can be replied then, or how the call goes on from there.
Replies are told as people would: `1`, `silence`, `digits`, `a message`, `water_bill answers`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ivr_engine.core.conversation import (
    Ask,
    CallerCard,
    Dip,
    DipFailed,
    DipFailure,
    Dipped,
    Outcome,
    Play,
    Record,
    ToCallback,
    ToEntry,
    Value,
    ValueType,
    queue_request,
)
from ivr_engine.flow.checksums import example
from ivr_engine.flow.rehearsal import Heard, Rehearsal, Turn
from ivr_engine.flow.rehearsal_text import end_in_words
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import CollectStep, FlowId, MenuStep, Step, SurveyStep

SITUATIONS = 400
"""Of one number at one time. Three keys through three menus of ten would be a thousand: the nearest come first."""

SILENCE, DIGITS, MESSAGE = "silence", "digits", "a message"
ANSWERS, NO_ANSWER = "answers", "does not answer"

Path = tuple[str, ...]
"""The replies that lead to a situation."""

_SAMPLES: Mapping[ValueType, Value] = {ValueType.TEXT: "1", ValueType.WHOLE_NUMBER: 1, ValueType.TRUTH: True}


@dataclass(frozen=True, slots=True)
class Situation:
    """What is heard, and what then. `ends` is empty where something is waited for."""

    heard: tuple[Heard, ...]
    replies: tuple[str, ...] = ()
    ends: str = ""
    queue: str = ""


def explore(revision: Revision, card: CallerCard, replies: int) -> dict[Path, Situation]:
    """Every situation within so many replies, the nearest first; at most SITUATIONS of them."""
    found: dict[Path, Situation] = {}
    ahead: list[Path] = [()]
    for path in ahead:
        if len(found) >= SITUATIONS:
            break
        situation = _situation(revision, card, path)
        found[path] = situation
        if len(path) < replies:
            ahead += [(*path, reply) for reply in situation.replies]
    return found


def _situation(revision: Revision, card: CallerCard, path: Path) -> Situation:
    audience = _Listener(revision, list(path))
    heard: list[Heard] = []
    for turn in Rehearsal(revision, card, audience).turns():
        heard += turn.heard
        if turn.outcome is not None:
            request = queue_request(turn.outcome)
            queue = str(request.queue) if request is not None else ""
            return Situation(tuple(heard), (), end_in_words(_of_anybody(turn.outcome), revision), queue)
        if audience.replied:
            audience.replied = False
            heard.clear()
    return Situation(tuple(heard), tuple(audience.offered))


def _of_anybody(outcome: Outcome) -> Outcome:
    """Whose number was dialled goes with the contact; callers notice nothing of it."""
    match outcome:
        case ToCallback():
            return replace(outcome, request=replace(outcome.request, agency=""))
        case ToEntry():
            return replace(outcome, otherwise=replace(outcome.otherwise, agency=""))
        case _:
            return replace(outcome, agency="")


@dataclass(slots=True)
class _Listener:
    """Gives the replies of a path, and then tells what else could be replied."""

    revision: Revision
    left: list[str]
    replied: bool = False
    offered: list[str] = field(default_factory=list)

    def answer(self, ask: Ask, turn: Turn) -> str:
        step = self._step(turn)
        reply = self._next((*self._keys(ask, step), SILENCE))
        if reply == DIGITS:
            if isinstance(step, CollectStep):
                return example(step.checksum, step.min_keys, step.max_keys)
            return "1" * ask.max_keys
        return "" if reply == SILENCE else reply

    def interrupts(self, _play: Play, _turn: Turn) -> str:
        return ""

    def message(self, _record: Record, _turn: Turn) -> str:
        return "" if self._next((MESSAGE, SILENCE)) == SILENCE else "5s"

    def look_up(self, dip: Dip, _turn: Turn) -> Dipped | DipFailed:
        ways = (f"{dip.source} {ANSWERS}", f"{dip.source} {NO_ANSWER}")
        if self._next(ways) == ways[0]:
            return Dipped({output.name: _SAMPLES[output.type] for output in dip.outputs})
        return DipFailed(DipFailure.UNREACHABLE)

    def _next(self, offered: tuple[str, ...]) -> str:
        if not self.left:
            self.offered[:] = offered
            raise EOFError
        self.replied = True
        return self.left.pop(0)

    def _keys(self, ask: Ask, step: Step | None) -> Iterator[str]:
        """Those that mean something: a wrong one is as good as another."""
        match step:
            case MenuStep():
                yield from step.choices
            case CollectStep() if ask.max_keys == 1 and step.confirm is not None and step.max_keys > 1:
                yield from (step.confirm.yes, step.confirm.no)
            case SurveyStep():
                yield "1"
            case _:
                yield DIGITS
        yield from (key for key in ask.leave if not isinstance(step, MenuStep) or key not in step.choices)

    def _step(self, turn: Turn) -> Step | None:
        if not turn.passed:
            return None
        last = turn.passed[-1]
        flow = self.revision.flows.get(FlowId(last.flow))
        return flow.steps.get(last.step) if flow is not None else None
