"""Loading documents while citizens are in flows: beside the loop, so that no visit waits for it.

Reading and checking a thousand steps is half a second of CPU. On the loop's thread every visit would stand still for so
long; in a thread of its own it takes its turns with the loop (`THREAD_TURN_SECONDS`), and visits go on in the revision
that they began with. The garbage collector rests meanwhile: a walk through everything that a load has just made would
be the longest pause of all.
"""

import asyncio
import gc
import sys
from pathlib import Path

from ivr_engine.flow.revision import Revision, load

THREAD_TURN_SECONDS = 0.001
"""How long another thread may hold the interpreter while the loop wants it; Python's own default is 5 ms."""

LOADING_TURN_SECONDS = 0.0002
"""The same while documents are loaded: that thread never waits for anything, so it would take every turn to its end."""


def favour_the_loop() -> None:
    """A free agent waits for nobody's housekeeping.

    What is loaded by now lives as long as the process, so the garbage collector need not walk it again (a full walk
    takes tens of milliseconds); and a thread that writes the journal or loads documents gives way after one
    millisecond, not five.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(THREAD_TURN_SECONDS)


async def load_aside(folder: Path) -> Revision:
    """Read and check a folder in a thread. Raises FlowErrors as `load` does; nothing has changed then."""
    return await asyncio.to_thread(_load_without_collecting, folder)


def _load_without_collecting(folder: Path) -> Revision:
    collecting, turn = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(min(turn, LOADING_TURN_SECONDS))
    try:
        return load(folder)
    finally:
        sys.setswitchinterval(turn)
        gc.freeze()  # what was made lives on; what was not is freed by its last reference
        if collecting:
            gc.enable()
