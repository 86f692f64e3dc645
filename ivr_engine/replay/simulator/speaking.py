"""What the dialplan itself plays to a leg, and the keys that it reads meanwhile: Playback and Read.

Recordings joined by `&` are heard one after the other. A key stops them in a Read, and is lost in a Playback; whoever
takes the leg away (a redirect, an agent who picks up) stops both.
"""

from collections.abc import Callable

from ivr_engine.replay.simulator import words
from ivr_engine.replay.simulator.legs import Leg, Parked
from ivr_engine.replay.simulator.plan import PARKED, Move, Run
from ivr_engine.replay.simulator.sounds import BEGIN_MS

BEEP_MS = 250
"""What a feature code is answered with; Asterisk's own sound, and none of the operators'."""


def playback(arguments: str) -> Run:
    """Playback(files)"""
    files = words.text(words.split(arguments, ",")[0])
    return lambda leg: _Playing(leg, files(leg), lambda: leg.exchange.go_on(leg)).begin("Playback", None)


def read_keys(arguments: str) -> Run:
    """Read(variable,files,most,options,attempts,seconds)"""
    name, prompt, most, _options, _attempts, seconds = words.split(arguments, ",")
    files, max_keys, wait_ms = words.text(prompt), int(most), int(seconds) * 1000
    return lambda leg: _Reading(leg, name, files(leg), max_keys, wait_ms).begin()


class _Playing:
    """One recording after the other; `over` when the last has ended."""

    __slots__ = ("_files", "_leg", "_over", "_timer")

    def __init__(self, leg: Leg, files: str, over: Callable[[], None]) -> None:
        self._leg = leg
        self._files = [file for file in files.split("&") if file]
        self._over = over
        self._timer = leg.exchange.time.after(0, self._next)

    def begin(self, application: str, key: Callable[[str], None] | None) -> Move:
        self._leg.parked = Parked(application, self.stop, key)
        return PARKED

    def stop(self) -> None:
        self._timer.cancel()

    def _next(self) -> None:
        if not self._files:
            self._over()
            return
        exchange, file = self._leg.exchange, self._files.pop(0)
        length_ms = exchange.length_ms(file)
        if length_ms is not None:
            exchange.hears(self._leg, file)
        self._timer = exchange.time.after(BEEP_MS if length_ms is None else BEGIN_MS + length_ms, self._next)


class _Reading:
    """Keys into a variable: as many as wanted, up to #, or until nobody presses any more."""

    __slots__ = ("_keys", "_leg", "_max_keys", "_name", "_playing", "_timer", "_wait_ms")

    def __init__(self, leg: Leg, name: str, files: str, max_keys: int, wait_ms: int) -> None:
        self._leg = leg
        self._name = name
        self._max_keys = max_keys
        self._wait_ms = wait_ms
        self._keys = ""
        self._timer = leg.exchange.time.after(wait_ms, self._over)
        self._playing: _Playing | None = None
        if files:
            self._timer.cancel()
            self._playing = _Playing(leg, files, self._listen)

    def begin(self) -> Move:
        self._leg.parked = Parked("Read", self._stop, self._key)
        return PARKED

    def _stop(self) -> None:
        self._timer.cancel()
        if self._playing is not None:
            self._playing.stop()

    def _listen(self) -> None:
        self._timer = self._leg.exchange.time.after(self._wait_ms, self._over)

    def _key(self, key: str) -> None:
        self._stop()
        if key != "#":
            self._keys += key
            if len(self._keys) < self._max_keys:
                self._listen()
                return
        self._over()

    def _over(self) -> None:
        self._leg.variables[self._name] = self._keys
        self._leg.exchange.go_on(self._leg)
