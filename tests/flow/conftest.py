"""A small, correct folder of documents; a test changes one of them and looks at what is said about it."""

import wave
from pathlib import Path

import pytest

from ivr_engine.core.conversation import Action, CallerCard, Conversation, Reply
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.flow.diagnostics import FlowErrors
from ivr_engine.flow.revision import Revision, load

PROMPTS = ("greeting", "menu", "wrong_key", "silence", "not_in_service", "ask")

DOCUMENTS = {
    "prompts.yaml": "prompts:\n"
    + "".join(f"  {name}: {{milliseconds: 1000, text: {{ko: {name}, en: {name}}}}}\n" for name in PROMPTS),
    "queues.yaml": """\
skills: [general, transport, english]
person: general
queues:
  general: {requirement: general}
  transport: {requirement: transport, priority: 1}
""",
    "numbers.yaml": """\
agencies:
  mapo: {kind: district, ko: 마포구, en: Mapo-gu}
numbers:
  "120": {flow: main}
  "0200002141": {flow: main, agency: mapo, queue: transport, requirement: english}
""",
    "flows/main.yaml": """\
steps:
  greeting:
    play: greeting
""",
}


class Folder:
    """A folder under test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, file: str, content: str | bytes) -> None:
        target = self.path / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def flow(self, steps: str, name: str = "main", head: str = "") -> None:
        """Replace a flow by these steps (indented by two)."""
        self.write(f"flows/{name}.yaml", f"{head}steps:\n{steps}")

    def record(self, recording: str, length_ms: int = 100) -> None:
        target = self.path / "prompts" / f"{recording}.wav"
        target.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(target), "wb") as opened:
            opened.setparams((1, 2, 8000, 0, "NONE", ""))
            opened.writeframes(bytes(16 * length_ms))

    def load(self) -> Revision:
        return load(self.path)

    def mistakes(self) -> list[str]:
        """What is said about the folder; it must not load."""
        with pytest.raises(FlowErrors) as raised:
            load(self.path)
        return [str(diagnostic) for diagnostic in raised.value.diagnostics]

    def walk(self, number: str = "120", place: str | None = None) -> Conversation:
        return self.load().converse(CallerCard(ContactId("c-1"), number, "01012345678", place))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    for file, content in DOCUMENTS.items():
        made.write(file, content)
    for language in ("ko", "en"):
        for name in PROMPTS:
            made.record(f"{language}/{name}")
    return made


def told(conversation: Conversation, *replies: Reply) -> Action:
    """The last action of a conversation that is begun and then told these replies."""
    action = conversation.begin()
    for reply in replies:
        action = conversation.reply(reply)
    return action
