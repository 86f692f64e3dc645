"""Which keys lead where: from a number to each outcome that its flow can have, with the fewest keys first.

The journal keeps where a citizen got to, never what was pressed. So a recorded citizen is one who wanted that queue in
that language, and finds the way there through any revision of the flows, as a person listening to the menu would.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import (
    Ask,
    CallerCard,
    Dip,
    DipFailed,
    DipFailure,
    Done,
    Finish,
    Keys,
    NotRecorded,
    NotSent,
    Outcome,
    Play,
    Record,
    Remember,
    Reply,
    SendText,
    Silence,
    queue_request,
)
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.flow.checksums import example
from ivr_engine.flow.interpreter import Walk
from ivr_engine.flow.place import read_place
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import CollectStep, FlowId
from ivr_engine.replay.simulator.sounds import Sounds

THINKS_MS = 1_000
"""After the menu began: who knows the way presses soon. An assumption; recordings of one contact correct it."""

WALKS = 2_000
"""Walks tried for one number; a flow of a hundred menus has fewer places where a citizen can stand."""

KEYS = "1234567890*#"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the citizen does at one question; `keys` is empty for silence."""

    prompt: str
    """The first prompt of the question, which began to play for the `nth` time."""
    nth: int
    keys: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a flow."""

    outcome: Outcome
    answers: tuple[Answer, ...]
    takes_ms: int
    """Prompts, thinking, and silence as long as the flow waits."""

    @property
    def keys(self) -> str:
        """Everything pressed."""
        return "".join(answer.keys for answer in self.answers)


@dataclass(frozen=True, slots=True)
class _Here:
    """One question as a searcher tells it from others."""

    flow: str
    step: str
    language: str
    tries: int
    question: int
    confirming: bool
    calls: tuple[tuple[str, str], ...]


def _here(walk: Walk, ask: Ask) -> _Here:
    """A place may name an earlier question (what is secret has to be asked again), so the trail says where it is."""
    flow, step, _ = walk.trail[-1]
    standing = read_place(ask.place)
    if standing is None:
        return _Here(flow, step, "", 0, 0, confirming=False, calls=())
    question, confirming = standing.question, bool(standing.pending)
    return _Here(flow, step, standing.language, standing.tries, question, confirming, standing.calls)


class Ways:
    """The ways of one revision, looked for once for each number."""

    def __init__(self, folder: Path, revision: Revision) -> None:
        self._revision = revision
        self._sounds = Sounds(folder, revision)
        self._known: dict[str, tuple[Way, ...]] = {}

    @property
    def queues(self) -> tuple[QueueSettings, ...]:
        """Those of the revision."""
        return self._revision.queues

    def of(self, number: str) -> tuple[Way, ...]:
        """All that were found, fewest keys first."""
        if number not in self._known:
            self._known[number] = tuple(self._search(number))
        return self._known[number]

    def silent(self, number: str) -> Way:
        """Of who presses nothing."""
        return next(way for way in self.of(number) if not way.keys)

    def to(self, number: str, queue: str, language: str) -> Way | None:
        """The shortest to that queue in that language; None when this flow has none."""
        return next((way for way in self.of(number) if _leads(way, queue, language)), None)

    def _search(self, number: str) -> Iterator[Way]:
        ahead: list[tuple[int, int, tuple[Reply, ...]]] = [(0, 0, ())]
        seen: set[_Here] = set()
        order = 0
        for _ in range(WALKS):
            if not ahead:
                return
            pressed, _, replies = heapq.heappop(ahead)
            walked = self._walk(number, replies)
            if isinstance(walked, Way):
                yield walked
                continue
            here, ask = walked
            if here in seen:
                continue
            seen.add(here)
            keys = KEYS if ask.max_keys == 1 else (self._digits(here, ask),)
            replying: tuple[Reply, ...] = (Silence(), *(Keys(key) for key in keys))
            for reply in replying:
                order += 1
                cost = pressed + (len(reply.keys) if isinstance(reply, Keys) else 0)
                heapq.heappush(ahead, (cost, order, (*replies, reply)))

    def _digits(self, here: "_Here", ask: Ask) -> str:
        """Digits that the question takes: those that a citizen had are not recorded."""
        flow = self._revision.flows.get(FlowId(here.flow))
        step = flow.steps.get(here.step) if flow is not None else None
        if isinstance(step, CollectStep):
            return example(step.checksum, step.min_keys, step.max_keys)
        return "1" * ask.max_keys

    def _walk(self, number: str, replies: tuple[Reply, ...]) -> "Way | tuple[_Here, Ask]":
        """To the end, or to the first question without a reply."""
        walk = self._revision.converse(CallerCard(ContactId("way"), number))
        assert isinstance(walk, Walk), "a revision's conversations are walks"
        answers: list[Answer] = []
        heard: dict[str, int] = {}
        takes_ms = 0
        left = iter(replies)
        action = walk.begin()
        while True:
            match action:
                case Finish(outcome):
                    return Way(outcome, tuple(answers), takes_ms)
                case Play():
                    takes_ms += sum(self._plays_ms(prompt.file) for prompt in action.prompts)
                    self._count(heard, action)
                    action = walk.reply(Done())
                case Remember():
                    action = walk.reply(Done())
                # Nobody recorded what the citizen said, what another system told and which texts went out.
                case Dip():
                    action = walk.reply(DipFailed(DipFailure.UNREACHABLE))
                case SendText():
                    action = walk.reply(NotSent())
                case Record():
                    action = walk.reply(NotRecorded())
                case Ask():
                    self._count(heard, action)
                    reply = next(left, None)
                    if reply is None:
                        return _here(walk, action), action
                    prompt = self._sounds.prompt(action.prompts[0].file)[0]
                    keys = reply.keys if isinstance(reply, Keys) else ""
                    answers.append(Answer(prompt, heard[prompt], keys))
                    spoken_ms = sum(self._plays_ms(prompt.file) for prompt in action.prompts)
                    if not keys:
                        takes_ms += spoken_ms + action.first_key_ms
                    else:
                        takes_ms += THINKS_MS if action.barge_in else spoken_ms + THINKS_MS
                    action = walk.reply(reply)

    def _count(self, heard: dict[str, int], action: Play | Ask) -> None:
        for one in action.prompts:
            prompt = self._sounds.prompt(one.file)[0]
            heard[prompt] = heard.get(prompt, 0) + 1

    def _plays_ms(self, file: str) -> int:
        return self._sounds.length_ms(file) or 0


def _leads(way: Way, queue: str, language: str) -> bool:
    request = queue_request(way.outcome)
    return request is not None and (str(request.queue), request.language) == (queue, language)
