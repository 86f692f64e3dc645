"""Makes what is missing or out of date, a few recordings at a time, so that a kill at any moment leaves whole files.

Each batch is made beside its final names, then the marks are written (both the old and the new content are ours), then
the files are renamed. Whatever is found afterwards is known to be ours or not.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from ivr_engine.flow.built import Built, mark, marks_text, read_marks
from ivr_engine.flow.recordings import MARKS, wav_ms
from ivr_engine.voice.plan import Wanted
from ivr_engine.voice.recording import NARROW, Rate, ToolFailed, Voice, record
from ivr_engine.voice.tools import Tools

PROCESSES = 2
"""At once: the tools use a core each, and a centre's machine has calls to carry."""

BATCH = 24
"""Recordings between two writes of the marks: a second's work is what a kill can cost."""

_PART = ".part"


@dataclass(frozen=True, slots=True)
class Failure:
    """A recording that could not be made, and why."""

    name: str
    reason: str


def marks_file(root: Path, rate: Rate = NARROW) -> Path:
    """Where the marks of a rate are kept."""
    return root / (MARKS if rate is NARROW else f"built{rate.hz // 1000}.json")


def build(
    root: Path, jobs: Sequence[tuple[Wanted, Voice]], tools: Tools, rate: Rate, made: Callable[[Wanted], None]
) -> list[Failure]:
    """Record them below `root`; `made` is called for each that was tried. Raises MarksUnreadable and OSError."""
    marks = read_marks(marks_file(root, rate))
    failures: list[Failure] = []
    with ThreadPoolExecutor(PROCESSES) as pool:
        for start in range(0, len(jobs), BATCH):
            batch = jobs[start : start + BATCH]
            sounds = pool.map(lambda job: _sound(job, rate, tools), batch)
            parts: list[str] = []
            for (wish, voice), sound in zip(batch, sounds, strict=True):
                if isinstance(sound, Failure):
                    failures.append(sound)
                else:
                    parts.append(wish.name)
                    marks[wish.name] = _marked(root, wish, voice, sound, rate, tools)
                made(wish)
            _put(root, parts, rate, marks)
            for name in parts:
                marks[name] = replace(marks[name], before="")
    _write(marks_file(root, rate), marks_text(marks).encode())
    return failures


def remove(root: Path, names: Sequence[str], rate: Rate) -> None:
    """Take away recordings of ours that nobody wants, and their marks."""
    marks = read_marks(marks_file(root, rate))
    for name in names:
        (root / f"{name}{rate.suffix}").unlink(missing_ok=True)
        marks.pop(name, None)
    _write(marks_file(root, rate), marks_text(marks).encode())


def _sound(job: tuple[Wanted, Voice], rate: Rate, tools: Tools) -> bytes | Failure:
    wish, voice = job
    try:
        return record(wish.words, voice, rate, wish.tail_ms, tools)
    except ToolFailed as failed:
        return Failure(wish.name, str(failed))


def _marked(root: Path, wish: Wanted, voice: Voice, sound: bytes, rate: Rate, tools: Tools) -> Built:
    file = root / f"{wish.name}{rate.suffix}"
    part = file.with_name(file.name + _PART)
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(sound)
    before = mark(file.read_bytes()) if file.is_file() else ""
    return Built(wish.said, str(voice), tools.versions, mark(sound), len(sound), wav_ms(part) or 0, before)


def _put(root: Path, parts: Sequence[str], rate: Rate, marks: dict[str, Built]) -> None:
    _write(marks_file(root, rate), marks_text(marks).encode())
    for name in parts:
        file = root / f"{name}{rate.suffix}"
        os.replace(file.with_name(file.name + _PART), file)


def _write(file: Path, content: bytes) -> None:
    """The whole file or the one before it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + _PART)
    part.write_bytes(content)
    os.replace(part, file)
