"""One visit that is going on: the flow's conversation performed with a leg's media.

Does what `asterisk.visit` does with FastAGI's verbs: a key that interrupts is kept for the next question, the place in
the flow is written on the leg before it is waited for, the dead man's time is renewed, the last word is the outcome.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from ivr_engine.asterisk.told import encoded, pack_facts
from ivr_engine.asterisk.visit_keys import Collecting
from ivr_engine.core.conversation import (
    Ask,
    CallerCard,
    Conversation,
    Dip,
    DipFailed,
    DipFailure,
    Done,
    Ended,
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
    ToCallback,
    ToEntry,
    ToQueue,
    Unplayable,
)
from ivr_engine.core.packing import pack_outcome
from ivr_engine.core.vocabulary import QueueId
from ivr_engine.flow.interpreter import Passed, Walk
from ivr_engine.replay.simulator.gate import Gate
from ivr_engine.replay.simulator.legs import Leg
from ivr_engine.replay.simulator.media import MISSING, Media
from ivr_engine.replay.simulator.ports import Outside
from ivr_engine.replay.simulator.sounds import Sounds

DEAD_MAN_SECONDS = 30
MARGIN_SECONDS = 5
ACTIONS_PER_VISIT = 500
ENTRY_RING_SECONDS = 25
ALL_KEYS = "0123456789*#"
"""The limits and words of `asterisk.visit`, which the dialplan counts on."""

RECORDINGS = "/var/spool/asterisk/ivr"
OFFICE = "PJSIP/{number}@ivr-office"


@dataclass(slots=True)
class Surroundings:
    """Whom a visit may turn to besides the citizen, as the engine's composition root would set them."""

    directory: Callable[[str], str | None] = lambda _entry: None
    """Entry → number."""
    outside: Outside | None = None
    surveys: Mapping[QueueId, str] = field(default_factory=dict)
    """Queue → the flow after its talks; "" for none."""
    music: Mapping[QueueId, str] = field(default_factory=dict)
    """Queue → the class of music for who waits there; "" for everybody's."""
    said: Callable[[CallerCard, str, Mapping[str, str]], None] = lambda _card, _name, _fields: None
    """Told of each fact for the core, in case the switch's word of it is not heard."""
    minted: int = 0
    """Recordings so far."""
    gate: Gate = field(default_factory=Gate)
    """Of the engine that speaks."""


@dataclass(frozen=True, slots=True)
class _Play:
    file: str
    interrupt: str


@dataclass(frozen=True, slots=True)
class _Wait:
    ms: int


@dataclass(frozen=True, slots=True)
class _Record:
    file: str
    stops: str
    longest_ms: int


@dataclass(frozen=True, slots=True)
class _Later:
    """Nothing is heard until then."""

    ms: int


Said = _Play | _Wait | _Record | _Later
"""What the generator of a visit asks of the media; it is sent the key, or for a recording (key, milliseconds)."""

Speech = Generator[Said, Any, Reply]


class Session:
    """One visit that is going on."""

    __slots__ = (
        "_alive_until_ms",
        "_around",
        "_conversation",
        "_early",
        "_leg",
        "_media",
        "_place",
        "_recording",
        "_speech",
        "card",
        "closed",
        "done",
        "failed",
    )

    def __init__(
        self,
        leg: Leg,
        sounds: Sounds,
        around: Surroundings,
        done: Callable[[str], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.done = done
        self.failed = failed
        self._leg = leg
        self._around = around
        self._media = Media(leg, sounds)
        self._early = ""
        self._place = ""
        self.closed = False
        self._alive_until_ms = leg.exchange.time.now_ms + (DEAD_MAN_SECONDS - MARGIN_SECONDS) * 1000
        self._speech: Generator[Said, Any, None]

    def begin(self, conversation: Conversation, card: CallerCard) -> None:
        self._conversation = conversation
        self.card = card
        self._recording: tuple[str, int] | None = None
        self._place = card.place or ""
        self._speech = self._speak(conversation, card)
        self._next(next, self._speech)

    @property
    def trail(self) -> Sequence[Passed]:
        """Which steps and branches of the flow it came through so far."""
        return self._conversation.trail if isinstance(self._conversation, Walk) else ()

    def leave(self) -> None:
        """The citizen is gone, perhaps in the middle of a message."""
        self.close()
        if self._recording is not None:
            file, since_ms = self._recording
            length_ms = self._leg.exchange.time.now_ms - since_ms
            self._around.said(self.card, "IvrRecorded", {"Recording": file, "Milliseconds": str(length_ms)})

    def close(self) -> None:
        self.closed = True
        self._media.close()

    def _told(self, key: str) -> None:
        self._around.gate(self._go_on, key)

    def _spoken(self, key: str, length_ms: int) -> None:
        self._around.gate(self._go_on, (key, length_ms))

    def _go_on(self, told: object) -> None:
        if not self.closed:
            self._next(self._speech.send, told)

    def _next(self, step: Callable[..., Said], *argument: object) -> None:
        try:
            said = step(*argument)
        except StopIteration:
            self.done("SUCCESS")
            return
        except Exception as bug:
            self.close()
            self.failed(bug)
            return
        match said:
            case _Play():
                self._media.play(said.file, said.interrupt, self._told)
            case _Wait():
                self._media.wait(max(1, said.ms), self._told)
            case _Later():
                self._media.pause(said.ms, self._told)
            case _Record():
                self._media.record(said.file, said.stops, said.longest_ms, self._spoken)

    # ── the conversation ────────────────────────────────────────────────────────────────────────────────────────────
    def _speak(self, conversation: Conversation, card: CallerCard) -> Generator[Said, Any, None]:
        action = conversation.begin()
        for _ in range(ACTIONS_PER_VISIT):
            match action:
                case Finish(outcome):
                    self._finish(outcome, card)
                    return
                case Play():
                    reply = yield from self._play(action)
                case Ask():
                    reply = yield from self._ask(action)
                case Record():
                    reply = yield from self._record(action)
                case Dip():
                    reply = yield from self._dip(action)
                case SendText():
                    reply = yield from self._send(action)
                case Remember():
                    for facts in pack_facts(action.facts):
                        self._tell("IvrNoted", {"Survey": action.survey, "Facts": facts})
                    reply = Done()
            action = conversation.reply(reply)

    def _play(self, play: Play) -> Speech:
        key = self._early
        if not key or key not in play.interrupt + play.leave:
            key, missing = yield from self._say(play.prompts, play.interrupt + play.leave)
            if missing:
                return Unplayable(missing)
        if key and key in play.leave:
            self._early = ""
            return Keys(key)
        self._early = key or self._early
        return Done()

    def _ask(self, ask: Ask) -> Speech:
        self._keep(ask.place)
        listened = "".join(dict.fromkeys(ask.keys + ask.terminator + ask.leave))
        early = self._early if self._early in listened else ""
        if not (early and (ask.barge_in or early in ask.leave)):
            key, missing = yield from self._say(ask.prompts, listened if ask.barge_in else ask.leave)
            if missing:
                return Unplayable(missing)
            early = key or early
        self._early = ""
        keys = yield from self._collect(ask, early)
        return Silence() if keys is None else Keys(keys)

    def _record(self, record: Record) -> Speech:
        self._keep(record.place)
        key = self._early
        if not (key and (record.barge_in or key in record.leave)):
            key, missing = yield from self._say(record.prompts, ALL_KEYS if record.barge_in else record.leave)
            if missing:
                return Unplayable(missing)
        self._early = ""
        if key and key in record.leave:
            return Keys(key)
        self._around.minted += 1
        name = f"{self._leg.uniqueid.replace('.', '-')}-{self._around.minted}"
        file = f"{RECORDINGS}/{name}"
        self._leg.set("IVR_RECORDING", file)
        self._stay_alive(record.longest_ms)
        self._recording = file, self._leg.exchange.time.now_ms
        key, length_ms = yield _Record(file, record.terminator + record.leave, record.longest_ms)
        self._recording = None
        left = bool(key) and key in record.leave
        if not left:
            self._tell("IvrRecorded", {"Recording": file, "Milliseconds": str(length_ms)})
        self._leg.set("IVR_RECORDING", "")
        return Keys(key) if left else Recorded(name, length_ms)

    # ── others ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _dip(self, dip: Dip) -> Speech:
        outside = self._around.outside
        if outside is None:
            return DipFailed(DipFailure.REFUSED)
        self._keep(dip.place)
        asked_at_ms = self._leg.exchange.time.now_ms
        after_ms, reply = outside.ask(dip)
        for prompt in dip.prompts:
            yield from self._say((prompt,), "")
        yield _Later(max(0, asked_at_ms + after_ms - self._leg.exchange.time.now_ms))
        return reply

    def _send(self, text: SendText) -> Speech:
        self._keep(text.place)
        reply: Sent | NotSent = NotSent("no gateway is set up")
        if self._around.outside is not None:
            after_ms, reply = self._around.outside.send(text)
            yield _Later(after_ms)
        reason = encoded(reply.reason, 200) if isinstance(reply, NotSent) else ""
        sent = "yes" if isinstance(reply, Sent) else "no"
        self._tell("IvrTexted", {"Key": encoded(text.key, 200), "Sent": sent, "Reason": reason})
        return reply

    def _tell(self, name: str, fields: dict[str, str]) -> None:
        self._leg.exchange.user_event(self._leg, name, {"Contact": self._leg.uniqueid, **fields})
        self._around.said(self.card, name, fields)

    def _finish(self, outcome: Outcome, card: CallerCard) -> None:
        leg = self._leg
        if isinstance(outcome, ToEntry):
            number = self._around.directory(outcome.entry)
            if number is None:
                outcome = outcome.otherwise
            else:
                leg.set("IVR_TARGET", OFFICE.format(number=number))
                leg.set("IVR_RING_SECONDS", str(ENTRY_RING_SECONDS))
                leg.set("IVR_OTHERWISE", pack_outcome(outcome.otherwise))
        if isinstance(outcome, ToQueue) and not card.flow and (survey := self._around.surveys.get(outcome.queue)):
            leg.set("IVR_SURVEY", survey)
        waits = outcome.otherwise if isinstance(outcome, ToEntry) else outcome
        if isinstance(waits, ToQueue) and (music := self._around.music.get(waits.queue)):
            leg.set("IVR_MUSIC", music)
        packed = pack_outcome(outcome)
        leg.set("IVR_OUTCOME", packed)
        if isinstance(outcome, Ended | ToCallback):
            self._around.said(card, "IvrEnded", {"Outcome": packed})

    # ── keys and prompts ────────────────────────────────────────────────────────────────────────────────────────────
    def _keep(self, place: str) -> None:
        if place and place != self._place:
            self._leg.set("IVR_PLACE_IN_FLOW", place)
            self._place = place

    def _collect(self, ask: Ask, key: str) -> Generator[Said, Any, str | None]:
        collecting = Collecting(ask)
        while True:
            if not key:
                self._stay_alive(collecting.wait_ms)
                key = yield _Wait(collecting.wait_ms)
            if collecting.take(key):
                return collecting.answer
            key = ""

    def _say(self, prompts: tuple[Prompt, ...], interrupt: str) -> Generator[Said, Any, tuple[str, str]]:
        """The key that interrupted, and the recording that was missing."""
        for prompt in prompts:
            self._stay_alive(prompt.ceiling_ms)
            key = yield _Play(prompt.file, interrupt)
            if key == MISSING:
                return "", prompt.file
            if key:
                return key, ""
        return "", ""

    def _stay_alive(self, command_ms: int) -> None:
        exchange = self._leg.exchange
        if exchange.time.now_ms + command_ms > self._alive_until_ms:
            limit_seconds = max(DEAD_MAN_SECONDS, ceil(command_ms / 1000) + MARGIN_SECONDS)
            exchange.set_absolute(self._leg, limit_seconds)
            self._alive_until_ms = exchange.time.now_ms + (limit_seconds - MARGIN_SECONDS) * 1000
