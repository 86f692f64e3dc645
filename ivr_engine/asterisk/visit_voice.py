"""What a visit says and hears on the citizen's leg: prompts, keys, a recording, and the dead man's time.

The dialplan's absolute timeout is renewed only when the next command might outlast what is left of it, so that a short
visit costs two commands.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from math import ceil

from ivr_engine.asterisk.agi import REPLY_SECONDS, AgiSession
from ivr_engine.asterisk.agi_errors import AGIAppError, AGIHangup
from ivr_engine.asterisk.agi_wire import quote
from ivr_engine.asterisk.visit_keys import Collecting
from ivr_engine.core.conversation import Ask, Prompt, Record
from ivr_engine.core.vocabulary import ContactId

_log = logging.getLogger(__name__)

PLACE_VARIABLE = "IVR_PLACE_IN_FLOW"
RECORDING_VARIABLE = "IVR_RECORDING"
"""The file that a message goes to, while it is not told: `h` tells it when the citizen hangs up at its end."""

DEAD_MAN_SECONDS = 30
"""What the dialplan sets before a visit, and what is renewed: how long a frozen engine may keep a citizen."""

MARGIN_SECONDS = 5
"""For what lies between Asterisk's clock and ours: the connection, a busy moment, the command that renews."""

TONE_MS = 1_000
"""The tone before a recording, and opening its file."""

SAMPLES_EACH_MS = 8
"""Of a recording as `wav`: 8 kHz."""

ALL_KEYS = "0123456789*#"

_NOT_OF_A_FILE = re.compile(r"[^A-Za-z0-9_-]+")


class VisitCount(StrEnum):
    """What the visits count: nothing here ends one, but someone should look at it."""

    UNPLAYABLE_PROMPT = "unplayable_prompt"
    UNRECORDED = "unrecorded"
    RESUMED = "resumed"
    DEAD_MAN_RENEWED = "dead_man_renewed"
    UNKNOWN_ENTRY = "unknown_entry"


class UnplayableError(Exception):
    """This prompt is not on the switch; the conversation decides how to go on."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.file = file


class UnrecordedError(Exception):
    """The switch cannot write the recording."""


class Voice:
    """The state of one visit on its leg: what is left of the dead man's time, the place kept, a key pressed early."""

    def __init__(
        self, session: AgiSession, place: str, clock: Callable[[], float], counts: Counter[VisitCount]
    ) -> None:
        self._session = session
        self._clock = clock
        self._counts = counts
        self._place = place
        self._alive_until = clock() + DEAD_MAN_SECONDS - MARGIN_SECONDS
        self._recording_since = clock()
        self.early_key = ""
        """Pressed during a prompt, and not yet an answer to anything."""

    def keep(self, place: str) -> None:
        """Write the place in the flow on the channel, so that a second try resumes there."""
        if place and place != self._place:
            self._session.set_variable(PLACE_VARIABLE, place)
            self._place = place

    def speak(self, prompts: tuple[Prompt, ...], interrupt: str) -> str:
        """Play the prompts up to a key in `interrupt`. Raises UnplayableError at the first that is missing."""
        for prompt in prompts:
            self.stay_alive(prompt.ceiling_ms)
            try:
                key = self._session.stream_file(prompt.file, interrupt)
            except AGIAppError as error:
                self.raise_if_left(error)
                self._counts[VisitCount.UNPLAYABLE_PROMPT] += 1
                _log.error("prompt %s cannot be played: is it installed on the switch?", prompt.file)
                raise UnplayableError(prompt.file) from None
            if key:
                return key
        return ""

    def comfort(self, prompts: tuple[Prompt, ...]) -> None:
        """Play what matters to nobody's choice: one that is missing is left out."""
        for prompt in prompts:
            try:
                self.early_key = self.speak((prompt,), "") or self.early_key
            except UnplayableError:
                continue

    def collect(self, ask: Ask, key: str) -> str | None:
        """The answer, of which `key` may be the first; None when nothing was pressed."""
        collecting = Collecting(ask)
        while not collecting.take(key or self._wait_for_key(collecting.wait_ms)):
            key = ""
        return collecting.answer

    def record(self, record: Record, file: str) -> tuple[str, int]:
        """Sound the tone and record into `file`: the key that ended it ("" for none) and the length in ms.

        Raises UnrecordedError when the switch cannot write there.
        """
        self._session.set_variable(RECORDING_VARIABLE, file)
        self.stay_alive(TONE_MS + record.longest_ms)
        self._recording_since = self._clock()
        stops = quote(record.terminator + record.leave)
        silence = f"s={ceil(record.silence_ms / 1_000)}"
        try:
            answer = self._session.execute(
                "RECORD FILE", quote(file), "wav", stops, record.longest_ms, 0, "BEEP", silence
            )
        except AGIAppError as error:
            self.raise_if_left(error)
            self._counts[VisitCount.UNRECORDED] += 1
            _log.error("no recording can be written to %s: is there such a folder on the switch?", file)
            self.forget_recording()
            raise UnrecordedError(file) from None
        code, why = answer["result"]
        samples = answer.get("endpos", ("0", ""))[0]
        key = chr(int(code)) if why in ("dtmf", "randomerror") and code.isdigit() and code != "0" else ""
        length_ms = int(samples) // SAMPLES_EACH_MS if samples.isdigit() and why != "randomerror" else 0
        return key, length_ms

    def recorded_ms(self) -> int:
        """How long the citizen had to speak so far."""
        return max(0, round((self._clock() - self._recording_since) * 1_000) - TONE_MS)

    def forget_recording(self) -> None:
        """It was told, or is thrown away: the leg's end has nothing to add."""
        self._session.set_variable(RECORDING_VARIABLE, "")

    def raise_if_left(self, error: AGIAppError) -> None:
        """Asterisk answers -1 to a failure and to a hang-up, and `HANGUP` comes later: ask something that cannot fail.

        Raises AGIHangup when the citizen has left.
        """
        if isinstance(error, AGIHangup):
            raise error
        self._session.noop()

    def stay_alive(self, command_ms: int) -> None:
        """Renew the dead man's time if a command of this length could outlast what is left of it."""
        seconds = command_ms / 1_000
        now = self._clock()
        if now + seconds > self._alive_until:
            limit = max(DEAD_MAN_SECONDS, ceil(seconds) + MARGIN_SECONDS)
            self._session.set_variable("TIMEOUT(absolute)", limit)
            self._alive_until = now + limit - MARGIN_SECONDS
            self._counts[VisitCount.DEAD_MAN_RENEWED] += 1
        self._session.reply_seconds = REPLY_SECONDS + seconds

    def _wait_for_key(self, wait_ms: int) -> str:
        self.stay_alive(wait_ms)
        try:
            return self._session.wait_for_digit(max(1, wait_ms))  # Asterisk takes -1 for "for ever"
        except AGIAppError as error:
            self.raise_if_left(error)
            raise


def recording_name(contact: ContactId, minted: str) -> str:
    """Of letters that every file system takes; `minted` keeps two recordings of one contact apart."""
    return f"{_NOT_OF_A_FILE.sub('-', contact)}-{minted}"
