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
from ivr_engine.flow.source import Node
from ivr_engine.flow.steps import PromptId

SECTIONS = ("prompts",)
"""What this module reads of a folder."""

LANGUAGES = ("ko", "en", "zh", "ja", "vi", "mn")
"""What 120 speaks: Korean and the five languages of its foreign desks."""

SOUNDS = "ivr"
"""The folder `prompts/` is linked into the switch's sounds under this name."""

PROMPTS = 2_000
"""In one manifest: ten times what a voice menu of a city says."""

CEILING_MS = 60_000
"""Nobody listens to a sentence of more than a minute before the first choice."""

_FILE = re.compile(r"[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,3}")

Recordings = Mapping[str, int | None]
"""Recording (`ko/greeting`) → its length in milliseconds, None where the format does not tell."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What can be said, by prompt and language. `texts` is for people and for the voice that reads them."""

    files: Mapping[tuple[PromptId, str], Prompt] = field(default_factory=dict)
    texts: Mapping[PromptId, Mapping[str, str]] = field(default_factory=dict)

    def speaks(self, prompt: PromptId, language: str) -> bool:
        """There is a recording of the prompt in that language."""
        return (prompt, language) in self.files


def read_prompts(node: Node, recordings: Recordings, diagnostics: Diagnostics) -> Manifest:
    """The manifest as far as it could be read; `recordings` are the files that are really there."""
    form = Form.of(node, diagnostics, "prompts.yaml", SECTIONS)
    below = form.below("prompts", "prompts", None, required=True) if form is not None else None
    if form is None or below is None:
        return Manifest()
    if len(below.table.keys) > PROMPTS:
        form.error("prompts", "too_long", f"{len(below.table.keys)} prompts, at most {PROMPTS}")
        return Manifest()
    files: dict[tuple[PromptId, str], Prompt] = {}
    texts: dict[PromptId, Mapping[str, str]] = {}
    for name, entry in below.forms("prompt", ("file", "text", "milliseconds")):
        if not below.key_is_name(name):
            continue
        prompt = PromptId(name)
        file = _file(entry, name)
        ceiling_ms = entry.whole("milliseconds", 100, CEILING_MS, 30_000)
        spoken = _texts(entry, name)
        texts[prompt] = spoken
        for language in spoken:
            files[prompt, language] = Prompt(f"{SOUNDS}/{language}/{file}", ceiling_ms)
            if file:
                _recorded(entry, f"{language}/{file}", ceiling_ms, recordings)
    return Manifest(files, texts)


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


def _recorded(entry: Form, recording: str, ceiling_ms: int, recordings: Recordings) -> None:
    key = "file" if entry.has("file") else "text"
    if recording not in recordings:
        entry.error(
            key, "no_recording", f"there is no recording prompts/{recording}.wav", hint="record it or take the text out"
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
