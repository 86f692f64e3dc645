"""What a FastAGI session hears and says on a leg: a recording up to a key, or a wait for one.

Both sides of the model's visits use it: the one that performs the flow in this process, and the one that is told by
bytes what to play.
"""

from collections.abc import Callable

from ivr_engine.replay.simulator.legs import Leg
from ivr_engine.replay.simulator.sounds import BEGIN_MS, Sounds

MISSING = "missing"
"""What a recording that is not there says in place of a key."""

AT_ONCE_MS = 0

TONE_MS = 250
"""What is sounded before a recording."""

Heard = Callable[[str], None]
"""The key, "" for none, or MISSING."""

Spoken = Callable[[str, int], None]
"""The key that ended a recording, "" for none, and how long it is."""


class Media:
    """The ear and the mouth of one leg in a visit. `close` it when the leg leaves."""

    __slots__ = ("_done", "_interrupt", "_leg", "_recording", "_sounds", "_timer")

    def __init__(self, leg: Leg, sounds: Sounds) -> None:
        self._leg = leg
        self._sounds = sounds
        self._interrupt = ""
        self._done: Heard | None = None
        self._recording: tuple[str, int] | None = None
        """File, and when its first word is due."""
        self._timer = leg.exchange.time.after(0, _nothing)
        if leg.parked is not None:
            leg.parked.key = self.key

    def play(self, file: str, interrupt: str, done: Heard) -> None:
        """STREAM FILE: keys in `interrupt` end it, others are lost."""
        length_ms = self._sounds.length_ms(file)
        self._done, self._interrupt = done, interrupt
        if length_ms is None:
            self._later(AT_ONCE_MS, MISSING)
            return
        self._leg.exchange.hears(self._leg, file)
        early = self._early()
        self._later(AT_ONCE_MS if early else BEGIN_MS + length_ms, early)

    def wait(self, wait_ms: int, done: Heard) -> None:
        """WAIT FOR DIGIT: any key."""
        self._done, self._interrupt = done, "0123456789*#ABCD"
        early = self._early()
        self._later(AT_ONCE_MS if early else wait_ms, early)

    def pause(self, wait_ms: int, done: Heard) -> None:
        """Nothing is played and no key is listened for: somebody else is asked meanwhile."""
        self._done, self._interrupt = done, ""
        self._later(wait_ms, "")

    def record(self, file: str, stops: str, longest_ms: int, done: Spoken) -> None:
        """RECORD FILE: whoever is asked to speak does, up to a key in `stops`, the longest time or the leg's end."""
        time, recordings = self._leg.exchange.time, self._leg.exchange.recordings
        begins_at_ms = time.now_ms + TONE_MS
        self._recording = file, begins_at_ms

        def over(key: str) -> None:
            self._recording = None
            recordings[file] = max(0, time.now_ms - begins_at_ms)
            done(key, recordings[file])

        self._done, self._interrupt = over, stops
        early = self._early()
        self._later(AT_ONCE_MS if early else TONE_MS + longest_ms, early)

    def key(self, key: str) -> None:
        """A key arrives now."""
        if self._done is None:
            self._leg.keys.append(key)
        elif key in self._interrupt:
            self._timer.cancel()
            self._tell(key)

    def close(self) -> None:
        """The leg leaves; what was being recorded stays as it is."""
        if self._recording is not None:
            file, begins_at_ms = self._recording
            self._leg.exchange.recordings[file] = max(0, self._leg.exchange.time.now_ms - begins_at_ms)
            self._recording = None
        self._timer.cancel()
        self._done = None

    def _early(self) -> str:
        """A key that nobody has listened to yet."""
        while self._leg.keys:
            key = self._leg.keys.popleft()
            if key in self._interrupt:
                return key
        return ""

    def _later(self, delay_ms: int, told: str) -> None:
        self._timer = self._leg.exchange.time.after(delay_ms, self._tell, told)

    def _tell(self, told: str) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(told)


def _nothing() -> None: ...
