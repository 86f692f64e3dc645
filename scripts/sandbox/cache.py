"""The cache folder, and things in it that are made once.

A tool chain of some hundred megabytes is worth keeping between runs and clones, so it lives in the user's cache
rather than in the checkout. Several runs may want it at the same moment and any of them may be interrupted: a thing
is made in a folder of its own beside the final name, checked, and renamed. Whoever sees the final name sees a
complete thing.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.progress import Progress


def cache_root() -> Path:
    """The folder of everything we keep between runs: `IVR_CACHE`, else `ivr-engine` in the XDG cache.

    `scripts/setup` computes the same path; change both together.
    """
    own = os.environ.get("IVR_CACHE")
    if own:
        return Path(own).absolute()
    xdg = os.environ.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".cache").absolute() / "ivr-engine"


@contextmanager
def locked(path: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock file `path`, shared by processes; says so when another one holds it.

    There is no limit on the wait: the kernel frees the lock when its holder ends, and its steps have limits.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.stage(f"waiting for another process that is making {path.stem}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made_once(folder: Path, make: Callable[[Path], None], progress: Progress) -> Path:
    """Return `folder`, made by `make(part)` if it is not there yet.

    `make` fills an empty folder and raises if the result is not fit for use; then nothing is left under the final name.
    """
    if folder.is_dir():
        return folder
    with locked(folder.with_name(folder.name + ".lock"), progress):
        if folder.is_dir():
            return folder
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        make(part)
        part.rename(folder)
    return folder
