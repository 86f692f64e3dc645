"""The marks of the recordings that we made: `prompts/built.json`, one line for each.

A file without its mark, or whose content is no longer what the mark says, was recorded by a person and is never
overwritten. The mark also holds the length, so that a folder of two thousand recordings is loaded without opening them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Built:
    """One recording that we made: of which words, by which voice and tools, and what came out."""

    words: str
    """Hash of what the voice was given."""
    voice: str
    tools: str
    sound: str
    """Hash of the file."""
    size_bytes: int
    length_ms: int
    before: str = ""
    """Hash of the file that is being replaced, while a build runs: one that is killed leaves the one or the other."""

    def owns(self, sound: str) -> bool:
        """A file with this content is ours."""
        return sound in (self.sound, self.before)


Marks = Mapping[str, Built]
"""Recording without extension (`ko/greeting`) → its mark."""


class MarksUnreadable(ValueError):  # noqa: N818  (the situation is the name)
    """There is a file of marks, and it cannot be read: what is ours and what is a person's is not known."""


def mark(content: bytes) -> str:
    """Sixteen letters that name a content: enough for as many recordings as a folder may have."""
    return hashlib.sha256(content).hexdigest()[:16]


def read_marks(file: Path) -> dict[str, Built]:
    """The marks of a folder; empty where nothing was built. Raises MarksUnreadable."""
    try:
        text = file.read_text()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise MarksUnreadable(f"{file}: {error}") from error
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise MarksUnreadable(f"{file}: format {document['format']}, this version reads {FORMAT}")
        return {name: Built(**fields) for name, fields in document["recordings"].items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MarksUnreadable(f"{file}: {error}") from error


def marks_text(marks: Marks) -> str:
    """What `read_marks` reads: one line a recording, in the order of names, so that a change shows as its own line."""
    lines = []
    for name, built in sorted(marks.items()):
        fields = {key: value for key, value in asdict(built).items() if value != ""}
        lines.append(f"  {json.dumps(name)}: {json.dumps(fields, ensure_ascii=False)}")
    return f'{{"format": {FORMAT}, "recordings": {{\n' + ",\n".join(lines) + "\n}}\n"
