"""The flows of a folder, read once for as long as its documents stay as they are.

A library of scenarios names the same few folders hundreds of times; reading one takes tens of milliseconds.
"""

from functools import lru_cache
from pathlib import Path

from ivr_engine.flow.revision import Revision, load

REVISIONS = 16
"""Folders kept for files that are read, and scenarios that run, one after another."""


def loaded(folder: Path) -> Revision:
    """The revision of a folder. Raises FlowErrors."""
    documents = sorted(folder.rglob("*.yaml"))
    return _loaded(folder.resolve(), tuple((str(path), path.stat().st_mtime_ns) for path in documents))


@lru_cache(REVISIONS)
def _loaded(folder: Path, stamp: tuple[tuple[str, int], ...]) -> Revision:
    del stamp  # only tells one state of the folder from the next
    return load(folder)
