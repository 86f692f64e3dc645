"""The engine's side of a visit, in this process: the flow's conversation performed with a leg's media.

Does what `asterisk.visit` does with FastAGI's verbs: a key that interrupts is kept for the next question, the place in
the flow is written on the leg before it is waited for, the dead man's time is renewed, the last word is the outcome.
A session whose engine dies ends like one that went well: AGISTATUS is SUCCESS, and no outcome is set.
"""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from math import ceil

from ivr_engine.core.conversation import (
    Ask,
    CallerCard,
    Conversation,
    Converse,
    Done,
    Finish,
    Keys,
    Play,
    Prompt,
    Reply,
    Silence,
    Unplayable,
    pack_outcome,
)
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.flow.interpreter import Passed, Walk
from ivr_engine.replay.simulator.legs import Leg
from ivr_engine.replay.simulator.media import MISSING, Media
from ivr_engine.replay.simulator.sounds import Sounds

DEAD_MAN_SECONDS = 30
MARGIN_SECONDS = 5
ACTIONS_PER_VISIT = 500
IGNORED_KEYS = 20
"""The limits of `asterisk.visit`, which the dialplan counts on."""

CONNECT_MS = 1
DEATH_NOTICED_MS = 3
"""Until Asterisk sees that a session's other end is gone (measured: AGISTATUS=SUCCESS after 3 ms)."""

Said = tuple[str, str, str] | tuple[str, int]
"""("play", file, interrupt) or ("wait", milliseconds): what the generator of a visit asks of the media."""


class Session:
    """One visit that is going on."""

    __slots__ = ("_alive_until_ms", "_conversation", "_early", "_leg", "_media", "_place", "_speech", "done", "failed")

    def __init__(
        self, leg: Leg, sounds: Sounds, done: Callable[[str], None], failed: Callable[[Exception], None]
    ) -> None:
        self.done = done
        self.failed = failed
        self._leg = leg
        self._media = Media(leg, sounds)
        self._early = ""
        self._place = ""
        self._alive_until_ms = leg.exchange.time.now_ms + (DEAD_MAN_SECONDS - MARGIN_SECONDS) * 1000
        self._speech: Generator[Said, str, None]

    def begin(self, conversation: Conversation, card: CallerCard) -> None:
        self._conversation = conversation
        self._place = card.place or ""
        self._speech = self._speak(conversation)
        self._next(next, self._speech)

    @property
    def trail(self) -> Sequence[Passed]:
        """Which steps and branches of the flow it came through so far."""
        return self._conversation.trail if isinstance(self._conversation, Walk) else ()

    def close(self) -> None:
        self._media.close()

    def _told(self, key: str) -> None:
        self._next(self._speech.send, key)

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
        if said[0] == "play":
            self._media.play(said[1], said[2], self._told)  # type: ignore[arg-type,misc]
        else:
            self._media.wait(max(1, int(said[1])), self._told)

    # ── the conversation ────────────────────────────────────────────────────────────────────────────────────────────
    def _speak(self, conversation: Conversation) -> Generator[Said, str, None]:
        action = conversation.begin()
        for _ in range(ACTIONS_PER_VISIT):
            match action:
                case Finish(outcome):
                    self._leg.set("IVR_OUTCOME", pack_outcome(outcome))
                    return
                case Play():
                    reply = yield from self._play(action)
                case Ask():
                    reply = yield from self._ask(action)
            action = conversation.reply(reply)

    def _play(self, play: Play) -> Generator[Said, str, Reply]:
        if self._early and self._early in play.interrupt:
            return Done()
        key, missing = yield from self._say(play.prompts, play.interrupt)
        if missing:
            return Unplayable(missing)
        self._early = key or self._early
        return Done()

    def _ask(self, ask: Ask) -> Generator[Said, str, Reply]:
        if ask.place and ask.place != self._place:
            self._leg.set("IVR_PLACE_IN_FLOW", ask.place)
            self._place = ask.place
        listened = ask.keys if ask.terminator in ask.keys else ask.keys + ask.terminator
        early = self._early if self._early in listened else ""
        if not (early and ask.barge_in):
            key, missing = yield from self._say(ask.prompts, listened if ask.barge_in else "")
            if missing:
                return Unplayable(missing)
            early = key or early
        self._early = ""
        keys = yield from self._collect(ask, early)
        return Silence() if keys is None else Keys(keys)

    def _collect(self, ask: Ask, key: str) -> Generator[Said, str, str | None]:
        keys, ignored = "", 0
        while True:
            if not key:
                wait_ms = ask.next_key_ms if keys else ask.first_key_ms
                self._stay_alive(wait_ms)
                key = yield ("wait", wait_ms)
            if not key:
                return keys or None
            if key == ask.terminator:
                return keys
            if key in ask.keys:
                keys += key
            else:
                ignored += 1
            if len(keys) >= ask.max_keys or ignored >= IGNORED_KEYS:
                return keys or None
            key = ""

    def _say(self, prompts: tuple[Prompt, ...], interrupt: str) -> Generator[Said, str, tuple[str, str]]:
        """The key that interrupted, and the recording that was missing."""
        for prompt in prompts:
            self._stay_alive(prompt.ceiling_ms)
            key = yield ("play", prompt.file, interrupt)
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


class FlowVisits:
    """Implements the exchange's `Visits` while an engine lives; refuses like a closed port while none does."""

    def __init__(self, sounds: Sounds) -> None:
        self.sounds = sounds
        self.converse: Converse | None = None
        """The revision in force; None while no engine listens."""
        self.nonce = ""
        self.bugs: list[str] = []
        self.reached: Counter[Passed] = Counter()
        """Flow, step and branch, and how often any citizen came through."""
        self._sessions: dict[Leg, Session] = {}

    def begin(self, leg: Leg, arguments: list[str], done: Callable[[str], None]) -> None:
        leg.exchange.time.after(CONNECT_MS, self._accept, leg, arguments, done)

    def leave(self, leg: Leg) -> None:
        session = self._sessions.pop(leg, None)
        if session is not None:
            self.reached.update(session.trail)
            session.close()

    def die(self) -> None:
        """The engine is gone: its sessions end without an outcome."""
        self.converse = None
        sessions, self._sessions = self._sessions, {}
        for leg, session in sessions.items():
            self.reached.update(session.trail)
            session.close()
            leg.exchange.time.after(DEATH_NOTICED_MS, self._noticed, leg, session)

    def _noticed(self, leg: Leg, session: Session) -> None:
        if not leg.ended and leg.parked is not None and leg.parked.application == "AGI":
            session.done("SUCCESS")

    def _accept(self, leg: Leg, arguments: list[str], done: Callable[[str], None]) -> None:
        if leg.ended or leg.parked is None or leg.parked.application != "AGI":
            return
        converse = self.converse
        if converse is None:
            done("FAILURE")
            return
        nonce, number, caller, contact, place = [*arguments[1:], *[""] * 5][:5]
        if nonce != self.nonce or not number or not contact:
            done("SUCCESS")  # the session is closed without a word, which Asterisk takes for a good end
            return

        def over(status: str) -> None:
            if self._sessions.pop(leg, None) is not None:  # one whose engine died was counted then
                self.reached.update(session.trail)
            done(status)

        def failed(bug: Exception) -> None:
            self.bugs.append(f"visit of {contact}: {bug!r}")
            over("SUCCESS")

        card = CallerCard(contact=ContactId(contact), number=number, caller=caller, place=place or None)
        session = self._sessions[leg] = Session(leg, self.sounds, over, failed)
        session.begin(converse(card), card)
