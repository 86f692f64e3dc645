"""How long each recording plays: read once from the operators' own files."""

import wave
from functools import lru_cache
from pathlib import Path

from ivr_engine.flow.prompts import SOUNDS
from ivr_engine.flow.revision import Revision

RECORDINGS_KNOWN = 20_000
"""As many as a folder may hold (flow.revision)."""

BEGIN_MS = 2
"""Until the first packet of a recording: Asterisk opens the file and the stream."""


class Sounds:
    """The recordings of the folder that the switch's sounds link to, with their lengths."""

    def __init__(self, folder: Path, revision: Revision) -> None:
        self._folder = folder / "prompts"
        self._ceilings = {prompt.file: prompt.ceiling_ms for prompt in revision.manifest.files.values()}
        # A recording that is also heard instead of another one keeps its own name.
        self._prompts = {prompt.file: key for key, prompt in reversed([*revision.manifest.files.items()])}
        self._lengths: dict[str, int | None] = {}

    def length_ms(self, file: str) -> int | None:
        """How long it plays; None when there is no such recording on the switch."""
        if file not in self._lengths:
            self._lengths[file] = self._length_ms(file)
        return self._lengths[file]

    def _length_ms(self, file: str) -> int | None:
        path = self._folder / f"{file.removeprefix(f'{SOUNDS}/')}.wav"
        try:
            return _wav_ms(path, path.stat().st_mtime_ns)
        except (OSError, EOFError, wave.Error, ZeroDivisionError):
            return self._ceilings.get(file)

    def prompt(self, file: str) -> tuple[str, str]:
        """(prompt, language) of a recording; the file's own name where no manifest knows it."""
        found = self._prompts.get(file)
        if found is not None:
            return str(found[0]), found[1]
        language, _, name = file.removeprefix(f"{SOUNDS}/").partition("/")
        return (name, language) if name else (file, "")


@lru_cache(maxsize=RECORDINGS_KNOWN)
def _wav_ms(path: Path, _stamp: int) -> int:
    with wave.open(str(path), "rb") as recording:
        return recording.getnframes() * 1000 // recording.getframerate()
