"""One visit: a conversation of the flow, spoken over one FastAGI session.

The flow says Play, Ask, Finish; here they become Asterisk's verbs. What the dialplan and we owe each other:

- The dialplan sets `TIMEOUT(absolute)` to DEAD_MAN_SECONDS and `AGIEXITONHANGUP=yes` before a visit, so that a frozen
  engine cannot keep a citizen. A visit renews that only when its next command might outlast what is left: a short one
  costs two commands.
- Before it waits for keys it keeps its place in the flow on the channel, so that a second try resumes there.
- Its last command sets IVR_OUTCOME. The dialplan looks at nothing else: `AGISTATUS` calls a crash a success and a
  missing prompt a failure. A visit that did not get that far leaves no outcome.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from math import ceil

from ivr_engine.asterisk.agi import REPLY_SECONDS, AgiSession
from ivr_engine.asterisk.agi_errors import AGIAppError, AGIHangup
from ivr_engine.asterisk.agi_wire import AgiEnvironment
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

_log = logging.getLogger(__name__)

OUTCOME_VARIABLE = "IVR_OUTCOME"
PLACE_VARIABLE = "IVR_PLACE_IN_FLOW"

DEAD_MAN_SECONDS = 30
"""What the dialplan sets before a visit, and what is renewed: how long a frozen engine may keep a citizen."""

MARGIN_SECONDS = 5
"""For what lies between Asterisk's clock and ours: the connection, a busy moment, the command that renews."""

ACTIONS_PER_VISIT = 500
"""A minute each would be eight hours: only a conversation that loops without waiting for anybody gets this far."""

IGNORED_KEYS = 20
"""Keys that are not listened for start the wait again; someone leaning on one must not wait for ever."""


class VisitCount(StrEnum):
    """What the visits count: nothing here ends one, but someone should look at it."""

    UNPLAYABLE_PROMPT = "unplayable_prompt"
    RESUMED = "resumed"
    DEAD_MAN_RENEWED = "dead_man_renewed"


class VisitError(Exception):
    """A visit that cannot begin or does not end: the dialplan or the flow is wrong; the dialplan falls back."""


def read_caller_card(environment: AgiEnvironment) -> CallerCard:
    """Who calls, from the visit's arguments: number, caller, contact, place. Raises VisitError when one is missing."""
    try:
        number, caller, contact, place = environment.arguments
    except ValueError:
        given = len(environment.arguments)
        raise VisitError(
            f"a visit takes 4 arguments behind the nonce (number, caller, contact, place), got {given}"
        ) from None
    if not number or not contact:
        raise VisitError("a visit needs a number and a contact; the dialplan left one empty")
    return CallerCard(contact=ContactId(contact), number=number, caller=caller, place=place or None)


class _UnplayableError(Exception):
    """This prompt is not on the switch; the conversation decides how to go on."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.file = file


class FlowVisits:
    """Speaks conversations: what `AgiServer` calls for each session."""

    def __init__(self, converse: Converse, clock: Callable[[], float] = time.monotonic) -> None:
        """`converse` opens the conversation of a dialled number; `clock` counts seconds from anywhere."""
        self._converse = converse
        self._clock = clock
        self.counts: Counter[VisitCount] = Counter()

    def __call__(self, session: AgiSession) -> None:
        """One visit, in the session's greenlet.

        Raises AGIHangup when the citizen left (no outcome is set), VisitError, and whatever the conversation raises.
        """
        card = read_caller_card(session.environment)
        if card.place is not None:
            self.counts[VisitCount.RESUMED] += 1
        _Visit(session, card, self._clock, self.counts).run(self._converse(card))


class _Visit:
    """The state of one visit: what is left of the dead man's time, the place kept, a key pressed early."""

    def __init__(
        self, session: AgiSession, card: CallerCard, clock: Callable[[], float], counts: Counter[VisitCount]
    ) -> None:
        self._session = session
        self._clock = clock
        self._counts = counts
        self._place = card.place or ""
        self._early_key = ""
        self._alive_until = clock() + DEAD_MAN_SECONDS - MARGIN_SECONDS

    def run(self, conversation: Conversation) -> None:
        action = conversation.begin()
        for _ in range(ACTIONS_PER_VISIT):
            match action:
                case Finish(outcome):
                    self._session.set_variable(OUTCOME_VARIABLE, pack_outcome(outcome))
                    return
                case Play():
                    reply = self._play(action)
                case Ask():
                    reply = self._ask(action)
            action = conversation.reply(reply)
        raise VisitError(f"the conversation did not finish within {ACTIONS_PER_VISIT} actions")

    def _play(self, play: Play) -> Reply:
        if self._early_key and self._early_key in play.interrupt:
            return Done()
        try:
            self._early_key = self._speak(play.prompts, play.interrupt) or self._early_key
        except _UnplayableError as missing:
            return Unplayable(missing.file)
        return Done()

    def _ask(self, ask: Ask) -> Reply:
        if ask.place and ask.place != self._place:
            self._session.set_variable(PLACE_VARIABLE, ask.place)
            self._place = ask.place
        listened = ask.keys if ask.terminator in ask.keys else ask.keys + ask.terminator
        early = self._early_key if self._early_key in listened else ""
        if not (early and ask.barge_in):
            try:
                early = self._speak(ask.prompts, listened if ask.barge_in else "") or early
            except _UnplayableError as missing:
                return Unplayable(missing.file)
        self._early_key = ""
        keys = self._collect(ask, early)
        return Silence() if keys is None else Keys(keys)

    def _collect(self, ask: Ask, key: str) -> str | None:
        """The answer, of which `key` may be the first; None when nothing was pressed."""
        keys = ""
        ignored = 0
        while True:
            if not key:
                key = self._wait_for_key(ask.next_key_ms if keys else ask.first_key_ms)
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

    def _speak(self, prompts: tuple[Prompt, ...], interrupt: str) -> str:
        """Play the prompts up to a key in `interrupt`. Raises _UnplayableError at the first that is missing."""
        for prompt in prompts:
            self._stay_alive(prompt.ceiling_ms)
            try:
                key = self._session.stream_file(prompt.file, interrupt)
            except AGIAppError as error:
                self._raise_if_left(error)
                self._counts[VisitCount.UNPLAYABLE_PROMPT] += 1
                _log.error("prompt %s cannot be played: is it installed on the switch?", prompt.file)
                raise _UnplayableError(prompt.file) from None
            if key:
                return key
        return ""

    def _wait_for_key(self, wait_ms: int) -> str:
        self._stay_alive(wait_ms)
        try:
            return self._session.wait_for_digit(max(1, wait_ms))  # Asterisk takes -1 for "for ever"
        except AGIAppError as error:
            self._raise_if_left(error)
            raise

    def _raise_if_left(self, error: AGIAppError) -> None:
        """Asterisk answers -1 to a failure and to a hang-up, and `HANGUP` comes later: ask something that cannot fail.

        Raises AGIHangup when the citizen has left.
        """
        if isinstance(error, AGIHangup):
            raise error
        self._session.noop()

    def _stay_alive(self, command_ms: int) -> None:
        """Renew the dead man's time if a command of this length could outlast what is left of it."""
        seconds = command_ms / 1_000
        now = self._clock()
        if now + seconds > self._alive_until:
            limit = max(DEAD_MAN_SECONDS, ceil(seconds) + MARGIN_SECONDS)
            self._session.set_variable("TIMEOUT(absolute)", limit)
            self._alive_until = now + limit - MARGIN_SECONDS
            self._counts[VisitCount.DEAD_MAN_RENEWED] += 1
        self._session.reply_seconds = REPLY_SECONDS + seconds
