"""A folder of operators' YAML, checked as a whole and frozen: the only way into the language.

    dialplans/
      prompts.yaml     what can be said          prompts/LANGUAGE/*.wav   the recordings
      queues.yaml      skills and queues
      flows/*.yaml     one flow a document, named by its file
      numbers.yaml     what each number means

`load` reads everything, tells every mistake at once or gives a `Revision`; contacts keep the revision they began with.
"""

import hashlib
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import CallerCard, Conversation
from ivr_engine.flow.check import check_kept, check_languages, check_silence, warn_unreached
from ivr_engine.flow.diagnostics import Diagnostic, Diagnostics, FlowErrors, Place
from ivr_engine.flow.form import NAME, NAME_HINT
from ivr_engine.flow.interpreter import Script, Walk
from ivr_engine.flow.numbers import Registry, read_numbers
from ivr_engine.flow.prompts import Manifest, Recordings, read_prompts
from ivr_engine.flow.queues import Queues, read_queues
from ivr_engine.flow.shape import Known, Shaped, shape_flow
from ivr_engine.flow.source import DOCUMENT_BYTES, Node, Table, read
from ivr_engine.flow.steps import Flow, FlowId

FLOWS = 200
"""Documents under `flows/`: one for each agency and language, several times over."""

RECORDINGS = 20_000
"""Files under `prompts/`: the manifest's limit in six languages, and leftovers."""

RECORDED_AS = (".wav", ".sln16", ".g722", ".ulaw", ".alaw", ".gsm")
"""What Asterisk plays without a module of somebody else's."""

_PROMPTS, _QUEUES, _NUMBERS, _FLOWS = "prompts.yaml", "queues.yaml", "numbers.yaml", "flows"


@dataclass(frozen=True, slots=True)
class Revision:
    """One checked version of everything that the operators wrote. `id` is a hash of its documents."""

    id: str
    numbers: Registry
    queues: tuple[QueueSettings, ...]
    manifest: Manifest
    warnings: tuple[Diagnostic, ...] = ()
    _script: Script = field(default_factory=lambda: Script({}, Registry()), repr=False)

    @property
    def flows(self) -> Mapping[FlowId, Flow]:
        """Every flow, by its name: for whoever looks at what citizens can reach."""
        return self._script.flows

    def converse(self, card: CallerCard) -> Conversation:
        """The conversation that the number on the card leads to; implements `core.conversation.Converse`."""
        return Walk(self._script, card)


def load(folder: Path) -> Revision:
    """Read and check a folder. Raises FlowErrors with everything that is wrong, and nothing else."""
    diagnostics = Diagnostics()
    documents = _Documents(folder, diagnostics)
    prompts_node = documents.node(_PROMPTS)
    queues_node = documents.node(_QUEUES)
    flow_nodes = documents.flows()
    numbers_node = documents.node(_NUMBERS)

    manifest = read_prompts(prompts_node, _recordings(folder), diagnostics) if prompts_node else Manifest()
    queues = read_queues(queues_node, diagnostics) if queues_node else Queues()
    known = Known(
        prompts=_keys(prompts_node, "prompts"),
        queues=_keys(queues_node, "queues"),
        skills=frozenset(map(str, queues.skills)) or None,
        flows=frozenset(flow_nodes),
    )
    flows: dict[FlowId, Shaped] = {}
    for name, node in flow_nodes.items():
        shaped = shape_flow(name, node, known, diagnostics) if node is not None else None
        if shaped is not None:
            flows[name] = shaped
    numbers = read_numbers(numbers_node, known, queues.person, diagnostics) if numbers_node else Registry()

    check_silence(flows, diagnostics)
    check_languages(flows, numbers, manifest, diagnostics)
    check_kept(flows, diagnostics)
    if diagnostics.errors:
        raise FlowErrors(diagnostics.in_order())
    warn_unreached(flows, numbers, diagnostics)
    script = Script({name: shaped.flow for name, shaped in flows.items()}, numbers, manifest)
    return Revision(
        documents.hash(), numbers, tuple(queues.settings.values()), manifest, diagnostics.in_order(), script
    )


class _Documents:
    """The files of the folder, each read once, with what could not be read told as a diagnostic."""

    def __init__(self, folder: Path, diagnostics: Diagnostics) -> None:
        self._folder = folder
        self._diagnostics = diagnostics
        self._hash = hashlib.sha256()

    def node(self, file: str) -> Node | None:
        """The tree of one document; None when there is none, or when nothing can be made of it."""
        path = self._folder / file
        try:
            if path.exists() and not path.is_file():  # opening a named pipe would wait for ever
                self._diagnostics.error(Place(file), "unreadable", "this is not a file")
                return None
            with path.open("rb") as opened:
                content = opened.read(DOCUMENT_BYTES + 1)
        except OSError as error:
            self._diagnostics.error(Place(file), "unreadable", f"cannot read this file: {error.strerror or error}")
            return None
        self._hash.update(f"{file}\0{len(content)}\0".encode())
        self._hash.update(content)
        return read(file, content, self._diagnostics)

    def flows(self) -> dict[FlowId, Node | None]:
        """Every flow that there is, by the name of its file."""
        names = self._flow_names()
        return {name: self.node(f"{_FLOWS}/{name}.yaml") for name in names}

    def hash(self) -> str:
        """Twelve letters that name this content: enough that two revisions of one centre never share them."""
        return self._hash.hexdigest()[:12]

    def _flow_names(self) -> list[FlowId]:
        try:
            files = sorted(path.name for path in (self._folder / _FLOWS).iterdir() if not path.name.startswith("."))
        except OSError as error:
            self._diagnostics.error(Place(_FLOWS), "unreadable", f"cannot read this folder: {error.strerror or error}")
            return []
        if len(files) > FLOWS:
            self._diagnostics.error(Place(_FLOWS), "too_many_files", f"{len(files)} files, at most {FLOWS} are read")
            return []
        names: list[FlowId] = []
        for file in files:
            stem, dot, extension = file.rpartition(".")
            if dot and extension == "yaml" and NAME.fullmatch(stem):
                names.append(FlowId(stem))
            elif extension in ("yaml", "yml"):
                self._diagnostics.error(
                    Place(f"{_FLOWS}/{file}"),
                    "name",
                    "a flow is named by its file, NAME.yaml",
                    found=file,
                    hint=NAME_HINT,
                )
        return names


def _keys(node: Node | None, key: str) -> frozenset[str] | None:
    """The names that a document defines, also where what they name is wrong (that is told once, there)."""
    below = node.entries.get(key) if isinstance(node, Table) else None
    return frozenset(below.keys) if isinstance(below, Table) else None


def _recordings(folder: Path) -> Recordings:
    """What is recorded, with lengths. Links are followed: a site may keep its recordings elsewhere."""
    found: dict[str, int | None] = {}
    root = folder / "prompts"
    try:
        for number, path in enumerate(sorted(root.rglob("*"))):
            if number >= RECORDINGS:
                break
            if path.suffix in RECORDED_AS and path.is_file():
                name = path.relative_to(root).with_suffix("").as_posix()
                length_ms = _length_ms(path) if path.suffix == ".wav" else None
                found[name] = max(found.get(name) or 0, length_ms or 0) or None
    except OSError:
        return found
    return found


def _length_ms(path: Path) -> int | None:
    try:
        with wave.open(str(path), "rb") as recording:
            return recording.getnframes() * 1000 // recording.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None
