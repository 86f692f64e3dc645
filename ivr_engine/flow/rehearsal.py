"""One conversation without a telephone: what a citizen would hear, step by step, with the place of each step.

The walk is the one that serves citizens (`Revision.converse`); here somebody else answers it, key by key, and the
recordings are told as text. `Rehearsal.turns` goes as far as it can and asks `Audience` for what only a person or
another system can tell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Protocol

from ivr_engine.core.conversation import (
    Action,
    Ask,
    CallerCard,
    Dip,
    DipFailed,
    Dipped,
    Done,
    Finish,
    Keys,
    NotSent,
    Outcome,
    Play,
    Prompt,
    Record,
    Recorded,
    Remember,
    Reply,
    SendText,
    Sent,
    Silence,
)
from ivr_engine.flow.diagnostics import Place
from ivr_engine.flow.interpreter import Walk
from ivr_engine.flow.prompts import Manifest
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.say import words_of
from ivr_engine.flow.steps import FlowId, PromptId
from ivr_engine.flow.steps_branches import in_words

ACTIONS = 500
"""As many as a visit on the switch may have."""

MESSAGE_MS = 5_000
"""How long a message is that somebody left and whose length nobody told."""

HIDDEN = "•"
"""Stands for each secret key: what a citizen keys in secret is not shown here either."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One sentence, or one composed value (`prompt` is then empty), in the language in which it is recorded."""

    prompt: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Passed:
    """One step on the way: where it is written, what it does, and the branch by which it was left ("" on arrival)."""

    flow: str
    step: str
    branch: str
    place: Place
    does: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that the flow did, and what came back."""

    does: str
    """says, asks, records, looks_up, texts, notes, ends."""
    heard: tuple[Heard, ...] = ()
    passed: tuple[Passed, ...] = ()
    """The steps since the turn before, the step of this turn included."""
    reply: str = ""
    note: str = ""
    """What else is to be known: the keys that count, the question of a dip, the text that was sent."""
    ms: int = 0
    """How long what is said takes, heard to its end."""
    outcome: Outcome | None = None


class Audience(Protocol):
    """Whoever answers instead of a citizen and of other systems."""

    def answer(self, ask: Ask, turn: Turn) -> str:
        """What is pressed at a question; "" is silence. May raise EOFError: the citizen hangs up."""

    def interrupts(self, play: Play, turn: Turn) -> str:
        """A key that is pressed during a sentence that one of `play.leave` ends; "" lets it be said."""

    def message(self, record: Record, turn: Turn) -> str:
        """`12s`: a message of so many seconds; "": silence; anything else is a key."""

    def look_up(self, dip: Dip, turn: Turn) -> Dipped | DipFailed:
        """The answer of another system."""


@dataclass(slots=True)
class Rehearsal:
    """One conversation of a revision. `texts_taken`: the gateway for texts takes what a flow sends."""

    revision: Revision
    card: CallerCard
    audience: Audience
    texts_taken: bool = True
    hung_up: bool = False
    ignored: list[str] = field(default_factory=list)
    """Keys that no question waited for."""
    _names: Mapping[str, tuple[PromptId, str]] = field(default_factory=dict)
    _seen: int = 0

    def __post_init__(self) -> None:
        # A recording that is also heard instead of another one keeps its own name.
        files = [*self.revision.manifest.files.items()]
        self._names = {prompt.file: key for key, prompt in reversed(files)}

    def turns(self) -> Iterator[Turn]:
        """Every turn to the end, to where the citizen hangs up, or to ACTIONS of them."""
        walk = self.revision.converse(self.card)
        assert isinstance(walk, Walk), "a revision's conversations are walks"
        action = walk.begin()
        for _ in range(ACTIONS):
            told = self._told(walk, action)
            if isinstance(action, Finish):
                yield told
                return
            try:
                turn, reply = self._reply(action, told)
            except EOFError:
                self.hung_up = True
                yield replace(told, reply="hangs up")
                return
            yield turn
            action = walk.reply(reply)

    # ── what the flow does ───────────────────────────────────────────────────────────────────────────────────────
    def _told(self, walk: Walk, action: Action) -> Turn:
        passed = tuple(self._passed(*one) for one in walk.trail[self._seen :])
        self._seen = len(walk.trail)
        match action:
            case Play():
                return self._saying("says", action.prompts, passed, _leaving(action.leave))
            case Ask():
                return self._saying("asks", action.prompts, passed, _awaited(action))
            case Record():
                note = f"up to {action.longest_ms / 1000:g} s after the tone{_leaving(action.leave, ', ')}"
                return self._saying("records", action.prompts, passed, note)
            case Dip():
                shown = ", ".join(f"{name}={_shown(action, name)}" for name in action.values)
                return self._saying("looks_up", action.prompts, passed, f"{action.source}({shown}) {action.url}")
            case SendText():
                return Turn("texts", passed=passed, note=f"to {action.to}: {action.text}")
            case Remember():
                noted = ", ".join(f"{name}={value}" for name, value in action.facts.items())
                return Turn("notes", passed=passed, note=noted)
            case Finish(outcome):
                return Turn("ends", passed=passed, outcome=outcome)

    def _saying(self, does: str, prompts: tuple[Prompt, ...], passed: tuple[Passed, ...], note: str) -> Turn:
        return Turn(does, tuple(self._heard(prompts)), passed, note=note, ms=sum(map(self._takes_ms, prompts)))

    def _heard(self, prompts: tuple[Prompt, ...]) -> Iterator[Heard]:
        """Sentences as they are written; the pieces of a composed value together."""
        manifest = self.revision.manifest
        named = [self._names.get(prompt.file, (PromptId(prompt.file), "")) for prompt in prompts]
        for is_value, group in groupby(named, key=lambda one: one[0].startswith("say/")):
            if is_value:
                pieces = [*group]
                yield Heard("", pieces[0][1], words_of([prompt for prompt, _ in pieces]))
                continue
            for prompt, language in group:
                yield Heard(prompt, language, _text(manifest, prompt, language))

    def _takes_ms(self, prompt: Prompt) -> int:
        known = self._names.get(prompt.file)
        return self.revision.manifest.prompt_ms(*known) if known is not None else prompt.ceiling_ms

    def _passed(self, name: str, step: str, branch: str) -> Passed:
        flow = FlowId(name)
        place = self.revision.places.get((flow, step), Place(f"flows/{flow}.yaml"))
        return Passed(flow, step, branch, place, in_words(self.revision.flows[flow].steps[step]))

    # ── what comes back ──────────────────────────────────────────────────────────────────────────────────────────
    def _reply(self, action: Action, turn: Turn) -> tuple[Turn, Reply]:
        match action:
            case Play():
                key = self.audience.interrupts(action, turn) if action.leave else ""
                if key and key in action.leave:
                    return replace(turn, reply=key), Keys(key)
                return turn, Done()
            case Ask():
                keys = self._pressed(action, self.audience.answer(action, turn))
                if keys is None:
                    return replace(turn, reply="silence"), Silence()
                return replace(turn, reply=HIDDEN * len(keys) if action.secret else keys), Keys(keys)
            case Record():
                return self._message(action, turn)
            case Dip():
                answer = self.audience.look_up(action, turn)
                if isinstance(answer, DipFailed):
                    return replace(turn, reply=f"failed: {answer.reason}"), answer
                told = ", ".join(f"{name}={value}" for name, value in answer.outputs.items())
                return replace(turn, reply=told), answer
            case SendText():
                sent: Sent | NotSent = Sent() if self.texts_taken else NotSent("as asked for")
                return replace(turn, reply="taken" if self.texts_taken else "not taken"), sent
            case _:
                return turn, Done()

    def _pressed(self, ask: Ask, given: str) -> str | None:
        """As the switch takes keys: one that ends the question counts alone, others that nobody waits for do not."""
        keys = ""
        for place, key in enumerate(given):
            if key in ask.leave:
                self._ignore(given[place + 1 :])
                return key
            if key in ask.terminator and (keys or ask.max_keys > 1) and key not in ask.keys:
                self._ignore(given[place + 1 :])
                return keys
            if key not in ask.keys:
                self._ignore(key)
                continue
            keys += key
            if len(keys) == ask.max_keys:
                rest = given[place + 1 :]
                self._ignore(rest[1:] if rest[:1] and rest[0] in ask.terminator else rest)
                return keys
        return keys or None

    def _ignore(self, keys: str) -> None:
        if keys:
            self.ignored.append(keys)

    def _message(self, record: Record, turn: Turn) -> tuple[Turn, Reply]:
        given = self.audience.message(record, turn)
        if given and given in record.leave:
            return replace(turn, reply=given), Keys(given)
        seconds = given.removesuffix("s")
        if given.endswith("s") and seconds.isascii() and seconds.isdigit():
            ms = min(int(seconds[:4]) * 1_000, record.longest_ms)
            return replace(turn, reply=f"{ms / 1000:g} s recorded"), Recorded("rehearsed", ms)
        if not given:
            return replace(turn, reply="silence"), Recorded("rehearsed", 0)
        return replace(turn, reply=f"{MESSAGE_MS / 1000:g} s recorded"), Recorded("rehearsed", MESSAGE_MS)


def _leaving(keys: str, before: str = "") -> str:
    return f"{before}{' '.join(keys)} brings a person" if keys else ""


def _awaited(ask: Ask) -> str:
    if ask.max_keys == 1:
        return f"one of {' '.join(dict.fromkeys(ask.keys + ask.leave))}"
    end = f", {ask.terminator} ends" if ask.terminator else ""
    hidden = ", secret" if ask.secret else ""
    return f"up to {ask.max_keys} keys{end}{hidden}{_leaving(ask.leave, ', ')}"


def _shown(dip: Dip, name: str) -> str:
    return HIDDEN if name in dip.secret else str(dip.values[name])


def _text(manifest: Manifest, prompt: PromptId, language: str) -> str:
    texts = manifest.texts.get(prompt, {})
    return texts.get(language) or next(iter(texts.values()), prompt)
