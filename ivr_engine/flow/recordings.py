"""What is recorded: the files under `prompts/`, with their lengths.

The folder itself may be a link, because a site may keep its recordings elsewhere; a link inside it that leads out is
refused, because what stands there would be played to whoever calls.
"""

import os
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
        for number, (inside, entry) in enumerate(_files(root, FOLDER_DEPTH)):
            if number >= RECORDINGS:
                diagnostics.error(Place(FOLDER), "too_many_files", f"more than {RECORDINGS} files are in this folder")
                break
            name, suffix = os.path.splitext(inside)
            if suffix not in RECORDED_AS:
                continue
            path = root / inside
            if entry.is_symlink() and not path.resolve().is_relative_to(home):
                diagnostics.error(
                    Place(_printable(f"{FOLDER}/{inside}")),
                    "prompt_path",
                    "this link leads out of the prompts folder",
                    hint="put the recording itself here",
                )
                found.setdefault(name, None)  # told once, not again as missing
            elif entry.is_file():
                length_ms = None
                if suffix == ".wav":
                    built = marks.get(name)
                    same = built is not None and built.size_bytes == entry.stat().st_size
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
    for inside, entry in islice(_files(root, FOLDER_DEPTH), RECORDINGS):
        name, suffix = os.path.splitext(inside)
        if suffix in RECORDED_AS and entry.is_file():
            found[name] = found.get(name, "") + suffix + mark((root / inside).read_bytes())
    return found


def _files(folder: Path, depth: int, above: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Each file's path in the folder, in the order of names, so that the same folder is always the same revision.

    Entries of the folder and not paths: what each is stands in the folder, and thousands of files are not asked.
    """
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        listed = sorted(islice(entries, RECORDINGS + 1), key=lambda entry: entry.name)
    for entry in listed:
        if entry.is_dir():
            # A linked folder could lead anywhere, in a circle too: its files are links one by one, or not ours.
            if depth > 1 and not entry.is_symlink():
                yield from _files(Path(entry.path), depth - 1, f"{above}{entry.name}/")
        else:
            yield above + entry.name, entry


def wav_ms(path: Path) -> int | None:
    """How long a recording plays; None where it is not one."""
    try:
        with wave.open(str(path), "rb") as recording:
            return recording.getnframes() * 1000 // recording.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
