"""espeak-ng and sox: on the PATH, or in a folder that Debian's packages were unpacked into."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

VERSION_SECONDS = 20.0
"""A program that does not tell its version within this time is broken; a cold disk needs one or two seconds."""


class ToolsMissing(Exception):  # noqa: N818  (the situation is the name)
    """The recordings cannot be made on this machine; the text says which packages bring the tools."""

    def __init__(self, names: Sequence[str], where: str) -> None:
        super().__init__(
            f"{' and '.join(names)} not found {where}: apt install espeak-ng sox (Debian's packages), "
            "or name the folder they are unpacked in with --tools"
        )
        self.names = tuple(names)


@dataclass(frozen=True, slots=True)
class Tools:
    """How to start them: argument prefixes, since a loader may stand before the program."""

    espeak: tuple[str, ...]
    sox: tuple[str, ...]
    environment: Mapping[str, str]
    versions: str
    """As in `espeak-ng 1.51, sox 14.4.2`: kept with every recording."""


def find_tools(folder: Path | None = None) -> Tools:
    """The tools of the PATH, or of `folder` alone. Raises ToolsMissing."""
    if folder is None:
        found = {name: shutil.which(name) for name in ("espeak-ng", "sox")}
        missing = [name for name, path in found.items() if path is None]
        if missing:
            raise ToolsMissing(missing, "on the PATH")
        return _asked((found["espeak-ng"] or "",), (found["sox"] or "",), dict(os.environ), "on the PATH")
    programs = {name: _program(folder, name) for name in ("espeak-ng", "sox")}
    missing = [name for name, path in programs.items() if path is None]
    if missing:
        raise ToolsMissing(missing, f"in {folder}")
    prefix, environment = _in_place(folder.absolute())
    return _asked(
        (*prefix, str(programs["espeak-ng"])), (*prefix, str(programs["sox"])), environment, f"in {folder} (unusable)"
    )


def _program(folder: Path, name: str) -> Path | None:
    return next(
        (path for below in ("usr/bin", "bin", ".") if (path := folder.absolute() / below / name).is_file()), None
    )


def _in_place(folder: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """What lets programs run where they were unpacked: their own loader and libraries, and the voices beside them."""
    environment = dict(os.environ)
    libraries = sorted(folder.glob("usr/lib/*-linux-gnu*"))
    voices = next(iter(sorted(folder.glob("usr/lib/*/espeak-ng-data"))), None)
    if voices is not None:
        environment["ESPEAK_DATA_PATH"] = str(voices.parent)
    if not libraries:
        return (), environment
    # libpulse, which espeak-ng links, keeps a library of its own in a folder that only its installed place knows.
    path = f"{libraries[0]}:{libraries[0] / 'pulseaudio'}"
    loaders = sorted(folder.glob("usr/lib*/ld-linux*.so.*"))
    if loaders:
        return (str(loaders[0]), "--library-path", path), environment
    environment["LD_LIBRARY_PATH"] = path
    return (), environment


def _asked(espeak: tuple[str, ...], sox: tuple[str, ...], environment: Mapping[str, str], where: str) -> Tools:
    versions = {
        "espeak-ng": _version((*espeak, "--version"), r"text-to-speech: ([0-9.]+)", environment),
        "sox": _version((*sox, "--version"), r"SoX v([0-9.]+)", environment),
    }
    broken = [name for name, version in versions.items() if version is None]
    if broken:
        raise ToolsMissing(broken, where)
    return Tools(espeak, sox, environment, ", ".join(f"{name} {version}" for name, version in versions.items()))


def _version(command: Sequence[str], pattern: str, environment: Mapping[str, str]) -> str | None:
    try:
        told = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=VERSION_SECONDS, env=dict(environment)
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(pattern, told.stdout + told.stderr)
    return found[1] if found else None
