"""Which classes of music a switch has, by its `musiconhold.conf`.

Only the file tells: no AMI account of ours may run a command on the switch, and an Asterisk that is asked for a class
it lacks plays its class `default` and says nothing. Classes of a database (realtime) stand in no file.
"""

import re
from pathlib import Path

USUAL_MUSIC = "ivr-wait"
"""The class of `asterisk-conf/musiconhold.conf`, which every switch of ours has."""

INCLUDED = 5
"""Files deep: a file that includes itself ends there."""

_CLASS = re.compile(r"\[([^\]]+)\]")
_INCLUDE = re.compile(r"#(?:try)?include\s+[\"<]?([^\">;]+)")


def music_classes(file: Path) -> frozenset[str]:
    """The names of all classes, those of included files too. Raises OSError where the first file cannot be read."""
    return _classes(file, file.parent, INCLUDED)


def _classes(file: Path, folder: Path, depth: int) -> frozenset[str]:
    found: set[str] = set()
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        written = line.strip()
        if (name := _CLASS.match(written)) is not None:
            found.add(name[1].strip())
        elif depth and (include := _INCLUDE.match(written)) is not None:
            for one in _included(folder, include[1].strip()):
                found |= _classes(one, folder, depth - 1)
    return frozenset(found - {"general"})


def _included(folder: Path, written: str) -> list[Path]:
    """Relative to the folder of the first file, which is Asterisk's own; `*` as Asterisk knows it."""
    path = Path(written)
    root = Path(path.anchor) if path.is_absolute() else folder
    pattern = str(path.relative_to(path.anchor)) if path.is_absolute() else written
    return sorted(one for one in root.glob(pattern) if one.is_file())
