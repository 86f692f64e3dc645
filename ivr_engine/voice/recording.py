"""One recording: the voice speaks, silence is cut off, loudness is set, and a file that Asterisk plays comes out."""

import math
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr_engine.voice.loudness import PEAK_DB, TARGET_DB, level_db, peak_db
from ivr_engine.voice.tools import Tools

TOOL_SECONDS = 60.0
"""For one sentence; the longest takes a tenth of a second."""

RECIPE = 1
"""Raised when a change of this module would make other recordings of the same words: all are then made anew."""

BREATH_MS = 100
"""Silence after a sentence, so that the next one does not fall into it."""

SEAM_MS = 20
"""The same after a fragment of a number, which must not sound like a list."""

PAUSE_MS = 250
"""Between the groups of a telephone number."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One of espeak-ng's voices and its pace."""

    name: str
    words_a_minute: int

    def __str__(self) -> str:
        return f"{self.name} {self.words_a_minute} recipe {RECIPE}"


VOICES = {
    "ko": Voice("ko", 180),
    "en": Voice("en-gb", 170),
    # espeak-ng 1.51's `cmn` reads the numbers of the tones aloud, in English; as pinyin it speaks.
    "zh": Voice("cmn-latn-pinyin", 165),
    "ja": Voice("ja", 180),
    "vi": Voice("vi", 170),
}
"""Mongolian has none: espeak-ng does not know it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A sampling rate, and what Asterisk calls its files."""

    hz: int
    suffix: str


NARROW = Rate(8_000, ".wav")
WIDE = Rate(16_000, ".wav16")


class ToolFailed(Exception):  # noqa: N818  (the situation is the name)
    """A tool did not do what was asked of it for one recording."""


def record(words: str, voice: Voice, rate: Rate, tail_ms: int, tools: Tools) -> bytes:
    """A whole sound file: 16 bit, mono. No words are a pause. Raises ToolFailed."""
    with tempfile.TemporaryDirectory(prefix="ivr-voice-") as folder:
        # sox knows how long a file is only where it can go back to its head: no pipe at the end.
        made = Path(folder) / "made.wav"
        if not words:
            _sox(tools, ("-n", *_wav(rate), str(made)), ("trim", "0", f"{PAUSE_MS / 1000}"))
            return made.read_bytes()
        spoken = str(Path(folder) / "spoken.wav")
        _run((*tools.espeak, "-v", voice.name, "-s", str(voice.words_a_minute), "-w", spoken, "--", words), b"", tools)
        trim = ("silence", "1", "0.01", "0.3%", "reverse")
        samples = _sox(tools, (spoken, *_raw(rate)), ("highpass", "120", *trim, *trim))
        level = level_db(samples, rate.hz)
        if level == -math.inf:
            raise ToolFailed(f"the voice {voice.name!r} says nothing for {words!r}")
        # sox's own limiter makes what is turned down louder again, so peaks are left their room by arithmetic.
        gain = min(TARGET_DB - level, PEAK_DB - peak_db(samples))
        _sox(
            tools,
            (*_raw(rate), *_wav(rate), str(made)),
            ("gain", f"{gain:.2f}", "pad", "0", f"{tail_ms / 1000}"),
            samples,
        )
        return made.read_bytes()


def _raw(rate: Rate) -> tuple[str, ...]:
    return ("-t", "raw", "-r", str(rate.hz), "-e", "signed-integer", "-b", "16", "-L", "-c", "1", "-")


def _wav(rate: Rate) -> tuple[str, ...]:
    return ("-t", "wav", "-r", str(rate.hz), "-e", "signed-integer", "-b", "16", "-c", "1")


def _sox(tools: Tools, files: Sequence[str], effects: Sequence[str], given: bytes = b"") -> bytes:
    # -D: dither would be the only noise in these recordings.
    return _run((*tools.sox, "-D", "-V1", *files, *effects), given, tools)


def _run(command: Sequence[str], given: bytes, tools: Tools) -> bytes:
    try:
        done = subprocess.run(
            command, check=False, input=given, capture_output=True, timeout=TOOL_SECONDS, env=dict(tools.environment)
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolFailed(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ToolFailed(f"{' '.join(command[:3])} …: {said[-1] if said else f'exit status {done.returncode}'}")
    return done.stdout
