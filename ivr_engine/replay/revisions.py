"""The flows of a folder, read once for as long as its documents stay as they are.

A library of scenarios names the same few folders hundreds of times; reading one takes tens of milliseconds.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ivr_engine.flow.recordings import FOLDER as RECORDINGS
from ivr_engine.flow.revision import Revision, load

REVISIONS = 16
"""Folders kept for files that are read, and scenarios that run, one after another."""


def loaded(folder: Path) -> Revision:
    """The revision of a folder. Raises FlowErrors."""
    root = folder.resolve()
    return _loaded(root, tuple(sorted(_stamps(root))))


def _stamps(root: Path) -> Iterator[tuple[str, int]]:
    """Every document and when it was written, and the recordings' folder without the thousands of files in it."""
    for folder, folders, files in os.walk(root):
        if folder == str(root) and RECORDINGS in folders:
            folders.remove(RECORDINGS)
            yield RECORDINGS, os.stat(f"{folder}/{RECORDINGS}").st_mtime_ns
        for name in files:
            if name.endswith(".yaml"):
                path = f"{folder}/{name}"
                yield path, os.stat(path).st_mtime_ns


@lru_cache(REVISIONS)
def _loaded(folder: Path, stamp: tuple[tuple[str, int], ...]) -> Revision:
    del stamp  # only tells one state of the folder from the next
    return load(folder)
