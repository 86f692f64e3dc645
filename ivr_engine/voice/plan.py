"""What is to be said, and what there is of it: the plan of a build, and what `prompts check` and `list` tell."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ivr_engine.flow.built import Marks, mark
from ivr_engine.flow.diagnostics import Diagnostics, FlowErrors
from ivr_engine.flow.documents import read_folder
from ivr_engine.flow.prompts import FRAGMENT_CEILING_MS, LANGUAGES, Manifest, read_prompts
from ivr_engine.flow.recordings import RECORDED_AS, wav_ms
from ivr_engine.flow.revision import HOMES
from ivr_engine.flow.say import fragments
from ivr_engine.voice.recording import BREATH_MS, NARROW, SEAM_MS, VOICES, Rate, Voice

HOME = "prompts.yaml"
_KANJI = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One recording that should be there."""

    name: str
    """Without extension, below `prompts/`: `ko/greeting`."""
    language: str
    text: str
    words: str
    """What the voice is given."""
    ceiling_ms: int
    tail_ms: int
    is_fragment: bool = False

    @property
    def voice(self) -> Voice | None:
        """Who can speak it; None where only a person can."""
        return VOICES.get(self.language)

    @property
    def said(self) -> str:
        """What tells a change of the words, or of how they are spoken."""
        return mark(f"{self.words}\0{self.tail_ms}".encode())


class State(StrEnum):
    """What there is of a recording."""

    RECORDED = "recorded"
    """By a person; never overwritten."""
    BUILT = "built"
    """By us, of these words."""
    STALE = "stale"
    """By us, of other words or by another voice."""
    MISSING = "missing"
    UNREADABLE = "unreadable"
    """There is a voice, but it cannot read this text: the prompt needs a reading."""
    UNVOICED = "unvoiced"
    """There is no voice of this language: a person has to record it."""


TO_BUILD = (State.MISSING, State.STALE)


@dataclass(frozen=True, slots=True)
class Found:
    """A wanted recording and what there is of it."""

    wanted: Wanted
    state: State
    length_ms: int | None = None

    @property
    def too_long(self) -> bool:
        """It takes longer than its sentence may."""
        return self.length_ms is not None and self.length_ms > self.wanted.ceiling_ms


def read_manifest(folder: Path) -> Manifest:
    """Every sentence in each language of its texts, and the fragments of values in those that have a voice."""
    diagnostics = Diagnostics()
    documents = read_folder(folder, HOMES, diagnostics)
    node = documents.document(HOME, HOMES[HOME])
    manifest = read_prompts(node, _Assumed(), diagnostics) if node is not None else Manifest()
    if diagnostics.errors:
        raise FlowErrors(diagnostics.in_order())
    return manifest


class _Assumed(Mapping[str, int | None]):
    """Every recording, as if it were there: what is missing is what a build is for."""

    def __getitem__(self, name: str) -> None:
        return None

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def wanted(manifest: Manifest) -> Iterator[Wanted]:
    """Every sentence in each language of its texts, and the fragments of values in those of them with a voice."""
    for prompt, texts in manifest.texts.items():
        readings = manifest.readings.get(prompt, {})
        for language, text in texts.items():
            heard = manifest.files[prompt, language]
            name = f"{language}/{heard.file.split('/', 2)[2]}"
            yield Wanted(name, language, text, readings.get(language, text), heard.ceiling_ms, BREATH_MS)
    spoken = {language for texts in manifest.texts.values() for language in texts}
    for language in LANGUAGES:
        if language in spoken and language in VOICES:
            for fragment in fragments(language):
                name = f"{language}/say/{fragment.id.split('/', 2)[2]}"
                yield Wanted(
                    name, language, fragment.text, fragment.reading, FRAGMENT_CEILING_MS, SEAM_MS, is_fragment=True
                )


def survey(root: Path, wishes: Iterable[Wanted], marks: Marks, rate: Rate = NARROW) -> list[Found]:
    """What there is of each below `root` (the folder `prompts`)."""
    return [_found(root, wish, marks, rate) for wish in wishes]


def _found(root: Path, wish: Wanted, marks: Marks, rate: Rate) -> Found:
    file = root / f"{wish.name}{rate.suffix}"
    built = marks.get(wish.name)
    if file.is_file():
        sound = mark(file.read_bytes())
        if built is None or not built.owns(sound):
            return Found(wish, State.RECORDED, wav_ms(file))
        current = built.words == wish.said and built.voice == str(wish.voice) and built.sound == sound
        return Found(wish, State.BUILT if current else State.STALE, built.length_ms if current else wav_ms(file))
    # In another rate a person's recording is as good: Asterisk converts.
    others = (suffix for suffix in RECORDED_AS if suffix not in (".wav", ".wav16"))
    if any((root / f"{wish.name}{suffix}").is_file() for suffix in others):
        return Found(wish, State.RECORDED)
    if wish.voice is None:
        return Found(wish, State.UNVOICED)
    if wish.language == "ja" and _KANJI.search(wish.words):
        return Found(wish, State.UNREADABLE)
    return Found(wish, State.MISSING)


def leftovers(root: Path, wishes: Iterable[Wanted], marks: Marks, rate: Rate = NARROW) -> list[str]:
    """Recordings that we made and that nobody wants any more: a prompt was renamed or taken out."""
    names = {wish.name for wish in wishes}
    gone = (name for name in marks if name not in names)
    return [name for name in gone if _is_ours(root / f"{name}{rate.suffix}", name, marks)]


def _is_ours(file: Path, name: str, marks: Marks) -> bool:
    return file.is_file() and marks[name].owns(mark(file.read_bytes()))
