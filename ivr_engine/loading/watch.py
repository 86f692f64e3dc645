"""Whether somebody saved a document: looked at now and then, by what every file system tells, without a vendor.

A set is told once it has stood still for one look: who saves three files means all of them. A file that was only
touched, or written anew with the same words, is no change.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from ivr_engine.flow.prompts import PROMPTS

_log = logging.getLogger(__name__)

FILES = PROMPTS * 10
"""Recordings and documents that are looked at; a folder with more is not one of ours."""

Stamp = tuple[tuple[str, int, int], ...]


def stamp(folder: Path) -> Stamp:
    """Name, time and size of every document and of every folder of recordings (which changes with its files)."""
    found = []
    for path in sorted(folder.rglob("*"))[:FILES]:
        try:
            if path.suffix == ".yaml" or path.name == "built.json" or (path.is_dir() and "prompts" in path.parts):
                told = path.stat()
                found.append((str(path), told.st_mtime_ns, told.st_size))
        except OSError:
            continue  # gone meanwhile: the next look tells
    return tuple(found)


def words(folder: Path) -> bytes:
    """A hash of all documents, and of the names and times of what else was stamped."""
    digest = hashlib.sha256()
    for name, at_ns, _ in stamp(folder):
        digest.update(name.encode())
        try:
            digest.update(Path(name).read_bytes() if name.endswith(".yaml") else str(at_ns).encode())
        except OSError:
            continue
    return digest.digest()


async def watch(
    folder: Path, loaded: bytes, changed: Callable[[], Awaitable[None]], pause: Callable[[], Awaitable[None]]
) -> None:
    """Call `changed` for each change since the `loaded` words, until cancelled; `pause` lies between two looks."""
    known: Stamp = ()
    waiting: Stamp | None = None
    while True:
        await pause()
        try:
            seen = await asyncio.to_thread(stamp, folder)
            if seen == known:
                waiting = None
                continue
            if seen != waiting:
                waiting = seen
                continue
            known, waiting = seen, None
            found = await asyncio.to_thread(words, folder)
            if found != loaded:
                loaded = found
                await changed()
        except OSError as error:
            _log.warning("the folder %s cannot be looked at: %s", folder, error.strerror)
