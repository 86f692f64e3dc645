"""The manifest of what can be said: prompt → recording, text in each language, and how long it may take.

A prompt that has no recording in a language that can reach it would be a silence in a citizen's ear: that is an error
of the folder, not of the call.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr_engine.core.conversation import Prompt
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.form import Form
from ivr_engine.flow.say import CannotSay, Sayable, compose
from ivr_engine.flow.source import Node
from ivr_engine.flow.steps import PromptId

SECTIONS = ("prompts", "voices")
"""What this module reads of a folder."""

LANGUAGES = ("ko", "en", "zh", "ja", "vi", "mn")
"""What 120 speaks: Korean and the five languages of its foreign desks."""

SOUNDS = "ivr"
"""The folder `prompts/` is linked into the switch's sounds under this name."""

PROMPTS = 2_000
"""In one manifest: ten times what a voice menu of a city says."""

CEILING_MS = 60_000
"""Nobody listens to a sentence of more than a minute before the first choice."""

FRAGMENT_CEILING_MS = 5_000
"""The longest fragment of a value (`say`) takes two seconds."""

_FILE = re.compile(r"[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,3}")
_FRAGMENT = re.compile(r"(?P<language>[a-z]{2})/say/(?P<key>.+)")

Recordings = Mapping[str, int | None]
"""Recording (`ko/greeting`) → its length in milliseconds, None where the format does not tell."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What can be said, by prompt and language. `texts` is for people and for the voice that reads them."""

    files: Mapping[tuple[PromptId, str], Prompt] = field(default_factory=dict)
    """Fragments of values (`say/ko/number/300`) too, as far as they are recorded."""
    texts: Mapping[PromptId, Mapping[str, str]] = field(default_factory=dict)
    readings: Mapping[PromptId, Mapping[str, str]] = field(default_factory=dict)
    """What the voice is given where it cannot read the text, or reads it wrongly."""
    lengths_ms: Mapping[tuple[PromptId, str], int] = field(default_factory=dict)
    """As recorded, where the recording tells."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """Language without a voice → the language that is heard there."""

    def speaks(self, prompt: PromptId, language: str) -> bool:
        """There is a recording of the prompt in that language, or in the one that is heard instead."""
        return (prompt, language) in self.files

    def prompt_ms(self, prompt: PromptId, language: str) -> int:
        """How long it takes: as recorded, else the longest it may take; 0 where it is not spoken."""
        length_ms = self.lengths_ms.get((prompt, language))
        if length_ms is not None:
            return length_ms
        heard = self.files.get((prompt, language))
        return heard.ceiling_ms if heard is not None else 0

    def heard_in(self, language: str) -> str:
        """The language in which a value is composed for a citizen who chose `language`."""
        return self.instead.get(language, language)

    def say(self, kind: str, value: Sayable, language: str) -> tuple[Prompt, ...]:
        """The recordings of a value. Raises CannotSay, also where one is missing: half a number is a wrong one."""
        heard = self.heard_in(language)
        found = [self.files.get((fragment, heard)) for fragment in compose(kind, value, heard)]
        said = tuple(prompt for prompt in found if prompt is not None)
        if len(said) < len(found):
            raise CannotSay(kind, value, f"not everything of it is recorded in {heard!r}: ivr-engine prompts build")
        return said


def read_prompts(node: Node, recordings: Recordings, diagnostics: Diagnostics) -> Manifest:
    """The manifest as far as it could be read; `recordings` are the files that are really there."""
    form = Form.of(node, diagnostics, "prompts.yaml", SECTIONS)
    below = form.below("prompts", "prompts", None, required=True) if form is not None else None
    if form is None or below is None:
        return Manifest()
    if len(below.table.keys) > PROMPTS:
        form.error("prompts", "too_long", f"{len(below.table.keys)} prompts, at most {PROMPTS}")
        return Manifest()
    reader = _Reader(recordings, _instead(form))
    for name, entry in below.forms("prompt", ("file", "text", "reading", "heard_in", "milliseconds")):
        if below.key_is_name(name):
            reader.take(PromptId(name), entry)
    reader.take_fragments()
    return Manifest(reader.files, reader.texts, reader.readings, reader.lengths_ms, reader.instead)


class _Reader:
    """What was read so far."""

    def __init__(self, recordings: Recordings, instead: Mapping[str, str]) -> None:
        self._recordings = recordings
        self.instead = instead
        self.files: dict[tuple[PromptId, str], Prompt] = {}
        self.texts: dict[PromptId, Mapping[str, str]] = {}
        self.readings: dict[PromptId, Mapping[str, str]] = {}
        self.lengths_ms: dict[tuple[PromptId, str], int] = {}

    def take(self, prompt: PromptId, entry: Form) -> None:
        file = _file(entry, prompt)
        ceiling_ms = entry.whole("milliseconds", 100, CEILING_MS, 30_000)
        texts = self.texts[prompt] = _texts(entry, prompt)
        readings = _readings(entry, prompt, texts)
        if readings:
            self.readings[prompt] = readings
        for language in texts:
            heard = language
            if f"{language}/{file}" not in self._recordings and self.instead.get(language) in texts:
                heard = self.instead[language]
            self.files[prompt, language] = Prompt(f"{SOUNDS}/{heard}/{file}", ceiling_ms)
            length_ms = self._recordings.get(f"{heard}/{file}")
            if length_ms is not None:
                self.lengths_ms[prompt, language] = length_ms
            if file and heard == language:
                _recorded(entry, f"{language}/{file}", ceiling_ms, self._recordings)
        if entry.has("heard_in"):
            self._hear_everywhere(prompt, entry, texts)

    def _hear_everywhere(self, prompt: PromptId, entry: Form, texts: Mapping[str, str]) -> None:
        """The offer of a language is made in that language, whatever is spoken so far."""
        language = entry.one_of("heard_in", tuple(texts))
        if not language:
            return
        length_ms = self.lengths_ms.get((prompt, language))
        for other in LANGUAGES:
            self.files[prompt, other] = self.files[prompt, language]
            if length_ms is not None:
                self.lengths_ms[prompt, other] = length_ms

    def take_fragments(self) -> None:
        """What composed values are made of: their names are ours, so that a recording is enough."""
        for recording, length_ms in self._recordings.items():
            found = _FRAGMENT.fullmatch(recording)
            if found is not None:
                language = found["language"]
                fragment = PromptId(f"say/{language}/{found['key']}")
                self.files[fragment, language] = Prompt(f"{SOUNDS}/{recording}", FRAGMENT_CEILING_MS)
                if length_ms is not None:
                    self.lengths_ms[fragment, language] = length_ms


def _instead(form: Form) -> dict[str, str]:
    """Language that nobody has recorded → language heard there. What a person recorded in it all the same is played."""
    below = form.below("voices", "voices", LANGUAGES)
    found: dict[str, str] = {}
    for language, entry in below.forms("voice", ("voiced", "instead")) if below is not None else ():
        if language not in LANGUAGES:
            continue
        if entry.truth("voiced", default=True):
            if entry.has("instead"):
                entry.error("instead", "not_allowed", "a language with a voice needs no other one")
            continue
        found[language] = entry.one_of("instead", [other for other in LANGUAGES if other != language])
    for language, other in found.items():
        if below is not None and other in found:
            below.error(
                language, "not_allowed", f"'{other}' has no voice either", allowed=sorted({*LANGUAGES} - {*found})
            )
    return {language: other for language, other in found.items() if other and other not in found}


def _file(entry: Form, name: str) -> str:
    file = entry.text("file", name)
    if _FILE.fullmatch(file):
        return file
    outside = file.startswith(("/", "~")) or ".." in file or "\\" in file
    message = "the file lies outside of the prompts folder" if outside else "this is not the name of a recording"
    entry.error(
        "file",
        "prompt_path",
        message,
        hint="relative to prompts/LANGUAGE/, letters A-Z a-z 0-9 _ - and /, without .wav",
    )
    return ""


def _texts(entry: Form, name: str) -> dict[str, str]:
    below = entry.below("text", f"the text of prompt '{name}'", LANGUAGES, required=True)
    if below is None:
        return {}
    if not below.table.keys:
        entry.error("text", "empty", "a prompt needs its text in at least one language")
    return {language: below.text(language) for language in below.table.keys if language in LANGUAGES}


def _readings(entry: Form, name: str, texts: Mapping[str, str]) -> dict[str, str]:
    below = entry.below("reading", f"the reading of prompt '{name}'", tuple(texts))
    return {language: below.text(language) for language in below.table.keys if language in texts} if below else {}


def _recorded(entry: Form, recording: str, ceiling_ms: int, recordings: Recordings) -> None:
    key = "file" if entry.has("file") else "text"
    if recording not in recordings:
        entry.error(
            key,
            "no_recording",
            f"there is no recording prompts/{recording}.wav",
            hint="record it, or: ivr-engine prompts build",
        )
        return
    length_ms = recordings[recording]
    if length_ms is not None and length_ms > ceiling_ms:
        entry.error(
            "milliseconds",
            "ceiling",
            f"prompts/{recording}.wav takes {length_ms} ms, longer than its ceiling",
            hint="raise 'milliseconds' or shorten the recording",
        )
