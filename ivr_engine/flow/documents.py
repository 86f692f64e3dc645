"""The files of a folder, put together: operators split their documents as they like, and nothing is lost or said twice.

Every `*.yaml` of the folder and the folders below it may hold any of the *sections* (`numbers`, `queues`, `prompts`, …)
and one flow, which is named by its file. A section that stands in several files is one section; what two files say
twice is a diagnostic. A file whose name is a home of sections (`queues.yaml`) is only a habit, and the place where
a section is missed when no file has it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ivr_engine.flow.diagnostics import Diagnostics, Place, nearest
from ivr_engine.flow.form import NAME, NAME_HINT, Form
from ivr_engine.flow.source import DOCUMENT_BYTES, Items, Node, Table, Text, read
from ivr_engine.flow.steps import FlowId

FILES = 500
"""Documents in a folder: one for each agency in each language, twice over."""

FOLDER_BYTES = 8_000_000
"""All documents together; a thousand steps and a thousand numbers have a fifth of a megabyte."""

FOLDER_DEPTH = 6
"""Folders inside folders: those of the recordings go down to `prompts/en/say/money/KRW`, and are looked at, too."""

ENTRIES = 25_000
"""Names in one folder that are looked at: the recordings stand beside the documents."""

LISTS = ("skills", "music", "emergency")
"""Sections of which one needs no brackets. Files add to each other: who closes the desks at night writes one more file,
whatever stands in the others."""

FLOWS_FOLDER = "flows"
FLOWS_SECTION = "flows"
STEPS_KEY = "steps"

NO_FOLDER = (".wav", ".wav16", ".sln16", ".json", ".md", ".txt")
"""Not worth a look at what they are: recordings stand there by thousands."""

NOT_OURS = (".scenario.yaml", ".fragment.yaml")
"""Scenarios may lie beside the documents that they try."""

File = tuple[str, bytes | None]
"""Name, relative to the folder, and content; None where it could not be read, which is told already."""

Homes = Mapping[str, tuple[str, ...]]
"""File → the sections that stand there by habit."""


@dataclass(slots=True)
class _Part:
    """What one file says of one section."""

    key: Place
    node: Node


@dataclass(slots=True)
class Documents:
    """A folder as it was written: sections and flows, merged over its files."""

    flows: dict[FlowId, Node | None] = field(default_factory=dict)
    """Every flow by its name; None where its file could not be read."""
    doubtful: frozenset[str] = frozenset()
    """Sections of which a file could not be read: nothing is judged by what they lack."""
    id: str = ""
    """Twelve letters that name this content: enough that two revisions of one centre never share them."""
    _merged: dict[str, tuple[Place, Node]] = field(default_factory=dict)

    def document(self, home: str, sections: Iterable[str]) -> Table | None:
        """One mapping of these sections, from whatever files; None when nothing may be judged by what is missing."""
        names = tuple(sections)
        found = {name: self._merged[name] for name in names if name in self._merged}
        if not found and self.doubtful.intersection(names):
            return None
        entries = {name: node for name, (_, node) in found.items()}
        keys = {name: key for name, (key, _) in found.items()}
        return Table(entries, keys, next(iter(keys.values()), Place(home)))

    def names(self, section: str) -> frozenset[str] | None:
        """The names that a section defines, also where what they name is wrong; None when they are not known."""
        _, node = self._merged.get(section, (None, None))
        return frozenset(node.keys) if isinstance(node, Table) and section not in self.doubtful else None


def read_folder(folder: Path, homes: Homes, diagnostics: Diagnostics) -> Documents:
    """Read every document of a folder. Mistakes go to `diagnostics`; raises nothing."""
    return assemble(_Folder(folder, diagnostics).files(), homes, diagnostics)


def assemble(files: Iterable[File], homes: Homes, diagnostics: Diagnostics) -> Documents:
    """Put together what files say, wherever they come from. Mistakes go to `diagnostics`; raises nothing."""
    return _Assembly(homes, diagnostics).of(files)


class _Folder:
    """Finds the documents of a folder and reads their bytes."""

    def __init__(self, folder: Path, diagnostics: Diagnostics) -> None:
        self._folder = folder
        self._diagnostics = diagnostics
        self._unread: list[str] = []

    def files(self) -> Iterator[File]:
        names = self._names()
        yield from ((name, None) for name in self._unread)
        for name in names:
            yield name, self._content(name)

    def _names(self) -> list[str]:
        try:
            root = self._folder.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            self._unreadable(".", error, "folder")
            self._unread.append(".")
            return []
        found: list[str] = []
        open_folders = [(self._folder, 0)]
        while open_folders and len(found) <= FILES:
            folder, depth = open_folders.pop()
            try:
                names = sorted(islice(folder.iterdir(), ENTRIES))
            except OSError as error:
                self._unreadable(self._name(folder), error, "folder")
                continue
            for path in names:
                self._look(path, depth, root, found, open_folders)
        if len(found) > FILES:
            self._error(".", "too_many_files", f"more than {FILES} documents are in this folder")
            self._unread.append(".")
            return []
        return sorted(found)

    def _look(self, path: Path, depth: int, root: Path, found: list[str], open_folders: list[tuple[Path, int]]) -> None:
        name = self._name(path)
        if path.name.startswith(".") or path.suffix in NO_FOLDER or name.endswith(NOT_OURS):
            return
        is_document = path.suffix in (".yaml", ".yml")
        try:
            is_folder, is_link = path.is_dir(), path.is_symlink()
            resolved = path.resolve() if is_link else root
            inside = resolved.is_relative_to(root)
            # What a link inside the folder leads to is read at its own place, but for hidden ones (mounted volumes).
            again = is_link and inside and not any(part.startswith(".") for part in resolved.relative_to(root).parts)
        except (OSError, RuntimeError, ValueError) as error:
            if is_document:
                self._unreadable(name, error, "file")
                self._unread.append(name)
            return
        if is_folder and not is_document:
            if not inside and name != "prompts":  # recordings may be kept elsewhere as a whole
                self._error(
                    name, "outside", "this link leads out of the folder", hint="put the documents into the folder"
                )
            elif inside and not again and depth < FOLDER_DEPTH:
                open_folders.append((path, depth + 1))
            elif inside and not again:
                self._error(name, "too_deep", f"folders inside folders are read down to {FOLDER_DEPTH}")
        elif path.suffix == ".yaml" and not inside:
            self._error(name, "outside", "this link leads out of the folder", hint="put the file itself here")
            self._unread.append(name)
        elif path.suffix == ".yaml":
            found.append(name)
        elif path.suffix == ".yml":
            self._error(name, "name", "documents are called NAME.yaml", found=path.name, hint="rename the file")

    def _name(self, path: Path) -> str:
        """Relative to the folder, printable whatever bytes the name has."""
        name = path.relative_to(self._folder).as_posix()
        return name.encode("utf-8", "backslashreplace").decode()

    def _content(self, file: str) -> bytes | None:
        path = self._folder / file
        try:
            if path.exists() and not path.is_file():  # opening a named pipe would wait for ever
                self._error(file, "unreadable", "this is not a file")
                return None
            with path.open("rb") as opened:
                content = opened.read(DOCUMENT_BYTES + 1)
        except (OSError, ValueError) as error:
            self._unreadable(file, error, "file")
            return None
        return content

    def _error(self, file: str, code: str, message: str, *, found: str | None = None, hint: str = "") -> None:
        self._diagnostics.error(Place(file), code, message, found=found, hint=hint)

    def _unreadable(self, file: str, error: Exception, kind: str) -> None:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        self._error(file, "unreadable", f"cannot read this {kind}: {reason}")


class _Assembly:
    """Puts together what the files say, one after the other."""

    def __init__(self, homes: Homes, diagnostics: Diagnostics) -> None:
        self._homes = homes
        self._sections = (*(section for sections in homes.values() for section in sections), FLOWS_SECTION)
        self._diagnostics = diagnostics
        self._doubtful: set[str] = set()
        self._parts: dict[str, list[_Part]] = {}
        self._flows: dict[FlowId, Node | None] = {}
        self._flow_places: dict[FlowId, Place] = {}

    def of(self, files: Iterable[File]) -> Documents:
        content_hash = hashlib.sha256()
        total_bytes = 0
        for file, content in files:
            total_bytes += len(content or b"")
            if total_bytes > FOLDER_BYTES:
                message = f"the documents together have more than {FOLDER_BYTES} bytes"
                self._error(file, "too_large", message, hint="split the site")
                self._doubt(file)
                break
            if content is not None:
                content_hash.update(f"{file}\0{len(content)}\0".encode())
                content_hash.update(content)
            node = read(file, content, self._diagnostics) if content is not None else None
            if node is None:
                self._doubt(file)
            else:
                self._take(file, node)
        merged = {name: (parts[0].key, self._merge(name, parts)) for name, parts in self._parts.items()}
        self._take_flows(merged.pop(FLOWS_SECTION, None))
        return Documents(self._flows, frozenset(self._doubtful), content_hash.hexdigest()[:12], merged)

    def _take(self, file: str, node: Node) -> None:
        in_flows = _in_flows(file)
        if not isinstance(node, Table):
            if in_flows:
                self._take_flow(file, node)
            else:
                Form.of(node, self._diagnostics, file, None)
                self._doubt(file)
            return
        own = {key: place for key, place in node.keys.items() if key not in self._sections}
        is_flow = STEPS_KEY in own or (in_flows and (bool(own) or not node.keys))
        for section, part in node.entries.items():
            if section in self._sections:
                self._parts.setdefault(section, []).append(_Part(node.keys[section], part))
        if is_flow:
            entries = {key: node.entries[key] for key in own if key in node.entries}
            self._take_flow(file, Table(entries, own, node.place))
            return
        home = self._homes.get(file)
        for key, place in own.items():
            meant = nearest(key, self._sections)
            self._diagnostics.error(
                place,
                "unknown_section",
                f"no such section in {file}" if home is not None else "no such section",
                found=key,
                allowed=dict.fromkeys((*home, *((meant,) if meant else ()))) if home else (*self._sections, STEPS_KEY),
            )
            if meant is not None:
                self._doubtful.add(meant)

    def _take_flow(self, file: str, node: Node) -> None:
        stem = Path(file).stem
        if not NAME.fullmatch(stem):
            self._error(file, "name", "a flow is named by its file, NAME.yaml", found=Path(file).name, hint=NAME_HINT)
            return
        self._add_flow(FlowId(stem), Place(file), node)

    def _take_flows(self, section: tuple[Place, Node] | None) -> None:
        """Flows in a section `flows`: for who keeps all in one file."""
        if section is None:
            return
        _, node = section
        if not isinstance(node, Table):
            Form.of(node, self._diagnostics, FLOWS_SECTION, None)
            return
        for name, below in node.entries.items():
            if NAME.fullmatch(name):
                self._add_flow(FlowId(name), node.keys[name], below)
            else:
                self._diagnostics.error(node.keys[name], "name", "this is not a name", found=name, hint=NAME_HINT)

    def _add_flow(self, name: FlowId, place: Place, node: Node | None) -> None:
        if name in self._flow_places:
            self._diagnostics.error(
                place,
                "doubled_key",
                f"flow '{name}' stands already in {self._flow_places[name]}",
                hint="only one of the two can be meant",
            )
            return
        self._flows[name] = node
        self._flow_places[name] = place

    def _merge(self, name: str, parts: list[_Part]) -> Node:
        first = parts[0].node
        if len(parts) == 1:
            return first
        if name in LISTS or all(isinstance(part.node, Items) for part in parts):
            return Items(tuple(item for part in parts for item in _items(part.node)), first.place)
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for part in parts:
            if not isinstance(part.node, Table) or not isinstance(first, Table):
                if part is not parts[0]:
                    self._diagnostics.error(
                        part.key,
                        "doubled_key",
                        f"'{name}' stands already in {parts[0].key}",
                        hint="only mappings and lists may be split over files",
                    )
                continue
            for key, place in part.node.keys.items():
                if key in keys:
                    self._diagnostics.error(
                        place,
                        "doubled_key",
                        f"this key of '{name}' stands already in {keys[key]}",
                        found=key,
                        hint="only one of the two can be meant",
                    )
                else:
                    keys[key] = place
                    if key in part.node.entries:
                        entries[key] = part.node.entries[key]
        return Table(entries, keys, first.place) if isinstance(first, Table) else first

    def _doubt(self, file: str) -> None:
        """This file could not be read: what it may have said is not held against the others."""
        if _in_flows(file):
            if NAME.fullmatch(stem := Path(file).stem):
                self._flows.setdefault(FlowId(stem), None)
        else:
            self._doubtful.update(self._homes.get(file, self._sections))

    def _error(self, file: str, code: str, message: str, *, found: str | None = None, hint: str = "") -> None:
        self._diagnostics.error(Place(file), code, message, found=found, hint=hint)


def _items(node: Node) -> tuple[Node, ...]:
    """A list, or what stands for one: a single item, or nothing behind the colon."""
    if isinstance(node, Items):
        return node.items
    return () if isinstance(node, Text) and not node.value else (node,)


def _in_flows(file: str) -> bool:
    return FLOWS_FOLDER in Path(file).parts[:-1]
