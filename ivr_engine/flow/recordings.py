"""What is recorded: the files under `prompts/`, with their lengths.

The folder itself may be a link, because a site may keep its recordings elsewhere; a link inside it that leads out is
refused, because what stands there would be played to whoever calls.
"""

import wave
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from ivr_engine.flow.built import MarksUnreadable, mark, read_marks
from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.prompts import Recordings

FOLDER = "prompts"

RECORDINGS = 20_000
"""Files under `prompts/`: the manifest's limit in six languages, and leftovers."""

FOLDER_DEPTH = 6
"""`prompts/LANGUAGE/` and the four names of a recording's path."""

MARKS = "built.json"
"""Beside the recordings: which of them we made (`built`)."""

RECORDED_AS = (".wav", ".wav16", ".sln16", ".g722", ".ulaw", ".alaw", ".gsm")
"""What Asterisk plays without a module of somebody else's."""


def read_recordings(folder: Path, diagnostics: Diagnostics) -> Recordings:
    """Every recording of a folder of documents: name without extension → length in milliseconds. Raises nothing."""
    root = folder / FOLDER
    found: dict[str, int | None] = {}
    try:
        marks = read_marks(root / MARKS)
    except MarksUnreadable:
        marks = {}  # they only save work here; who builds is told
    try:
        home = root.resolve()
        for number, path in enumerate(_files(root, FOLDER_DEPTH)):
            if number >= RECORDINGS:
                diagnostics.error(Place(FOLDER), "too_many_files", f"more than {RECORDINGS} files are in this folder")
                break
            if path.suffix not in RECORDED_AS:
                continue
            inside = path.relative_to(root)
            name = inside.with_suffix("").as_posix()
            if path.is_symlink() and not path.resolve().is_relative_to(home):
                diagnostics.error(
                    Place(_printable(f"{FOLDER}/{inside.as_posix()}")),
                    "prompt_path",
                    "this link leads out of the prompts folder",
                    hint="put the recording itself here",
                )
                found.setdefault(name, None)  # told once, not again as missing
            elif path.is_file():
                length_ms = None
                if path.suffix == ".wav":
                    built = marks.get(name)
                    same = built is not None and built.size_bytes == path.stat().st_size
                    length_ms = built.length_ms if built is not None and same else wav_ms(path)
                found[name] = max(found.get(name) or 0, length_ms or 0) or None
    except (OSError, RuntimeError, ValueError) as error:
        diagnostics.error(Place(FOLDER), "unreadable", f"cannot read the recordings: {error}")
    return found


Sounds = Mapping[str, str]
"""Recording (`ko/greeting`) → what tells its content from another."""


def read_sounds(folder: Path) -> Sounds:
    """Opens every recording of a folder that `load` has taken, in all its formats. Raises OSError."""
    root = folder / FOLDER
    found: dict[str, str] = {}
    for path in islice(_files(root, FOLDER_DEPTH), RECORDINGS):
        if path.suffix in RECORDED_AS and path.is_file():
            name = path.relative_to(root).with_suffix("").as_posix()
            found[name] = found.get(name, "") + path.suffix + mark(path.read_bytes())
    return found


def _files(folder: Path, depth: int) -> Iterator[Path]:
    """In the order of names, so that the same folder is always the same revision."""
    for path in sorted(islice(folder.iterdir(), RECORDINGS + 1)) if folder.is_dir() else ():
        if path.is_dir():
            # A linked folder could lead anywhere, in a circle too: its files are links one by one, or not ours.
            if depth > 1 and not path.is_symlink():
                yield from _files(path, depth - 1)
        else:
            yield path


def wav_ms(path: Path) -> int | None:
    """How long a recording plays; None where it is not one."""
    try:
        with wave.open(str(path), "rb") as recording:
            return recording.getnframes() * 1000 // recording.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
