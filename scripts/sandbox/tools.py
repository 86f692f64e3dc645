"""The real tools that tests, demo and benchmarks run: Asterisk, SIPp, promtool, PostgreSQL, espeak-ng and sox.

What the machine has on its PATH is used; what it lacks, or has too old, is unpacked once from Debian's packages into
the cache. Looking never fetches, so that a test cannot silently become a download; `python3 -m sandbox.tools` fetches,
with progress.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ivr_engine.voice.tools import ToolsMissing, find_tools
from sandbox import debian
from sandbox.cache import cache_root, made_once
from sandbox.progress import Progress

OLDEST_ASTERISK = (20,)
"""The oldest release line whose AMI, PJSIP and dialplan functions the engine's contract was written for."""

OLDEST_SIPP = (3, 6)
"""The first SIPp with RTP streams and RFC 2833 digits that need no root."""

OLDEST_POSTGRES = (15,)

VERSION_SECONDS = 20.0
"""A program that does not tell its version within this time is broken; a cold disk needs one or two seconds."""

TREES = 4
"""Unpacked trees of one process; there is one, and tests make others."""

_FETCH = "PYTHONPATH=scripts python3 -m sandbox.tools"
_SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin")
_SPEECH_PACKAGES = ("espeak-ng", "sox")
_SWITCH_PACKAGES = ("asterisk", "asterisk-core-sounds-en-wav", "asterisk-moh-opsound-wav", "sip-tester")


class ToolMissing(Exception):  # noqa: N818 - the name says the situation
    """A tool is neither on the machine nor in the cache; `hint` says how to get it."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__(f"{name} is missing: {hint}")
        self.name = name
        self.hint = hint


@dataclass(frozen=True, slots=True)
class AsteriskTools:
    """A switch and its callers. `asterisk` and `sipp` are argument prefixes: a loader may stand before the program."""

    asterisk: tuple[str, ...]
    sipp: tuple[str, ...]
    modules: Path
    """asterisk.conf's `astmoddir`."""
    share: Path
    """Holds `documentation/`, `rest-api/`, `static-http/`."""
    sounds: Path
    """Its content serves as `sounds/en`."""
    moh: Path | None
    """Sound files for music on hold; None where the machine's own Asterisk has none."""
    version: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PostgresTools:
    """A PostgreSQL server's programs. `libraries` must lead LD_LIBRARY_PATH when it is not None."""

    bin: Path
    libraries: Path | None
    version: tuple[int, ...]


def asterisk_tools(*, fetch: bool = False) -> AsteriskTools:
    """Asterisk and SIPp of the machine where both will do, else those of the unpacked tree.

    Raises `ToolMissing` when there are none and `fetch` is not set, or the fetch fails.
    """
    own = _machine_switch()
    if own is not None:
        return own
    tree = switch_tree()
    if not tree.is_dir():
        if not fetch:
            raise ToolMissing("asterisk", f"run `{_FETCH} asterisk`, or install Asterisk >= 20 and SIPp >= 3.6")
        _unpacked(tree, "asterisk", _SWITCH_PACKAGES, _tree_switch, suite=_switch_suite())
    return _tree_switch(tree)


def promtool(*, fetch: bool = False) -> Path:
    """Prometheus' checker of metrics and rules. Raises `ToolMissing`."""
    found = _on_path("promtool")
    if found is not None:
        return found
    tree = _tree(_own_suite(), "promtool", ("prometheus",))
    if not tree.is_dir():
        _may_fetch("promtool", "prometheus", fetch=fetch)
        _unpacked(tree, "promtool", ("prometheus",), _check_promtool, alone=True)
    return tree / "usr/bin/promtool"


def postgres_tools(*, fetch: bool = False) -> PostgresTools:
    """The server's programs: of the PATH, of Debian's versioned folders, else unpacked. Raises `ToolMissing`."""
    on_path = [path.resolve().parent for name in ("postgres", "initdb") if (path := _on_path(name)) is not None]
    for folder in (*on_path, *_newest_first(Path("/usr/lib/postgresql").glob("*/bin"))):
        tools = _postgres_in(folder, None)
        if tools is not None:
            return tools
    tree = _tree(_own_suite(), "postgres", ("postgresql",))
    if not tree.is_dir():
        _may_fetch("postgres", "postgresql", fetch=fetch)
        _unpacked(tree, "postgres", ("postgresql",), _tree_postgres)
    return _tree_postgres(tree)


def speech_tools(*, fetch: bool = False) -> Path | None:
    """What `ivr-engine prompts build --tools` is told; None where the machine has both tools. Raises `ToolMissing`.

    They come whole, libraries and loader included, so that a machine makes the same recordings whatever it has.
    """
    try:
        find_tools()
    except ToolsMissing:
        tree = _tree(_own_suite(), "speech", _SPEECH_PACKAGES)
        if not tree.is_dir():
            _may_fetch("speech", "espeak-ng and sox", fetch=fetch)
            _unpacked(tree, "speech", _SPEECH_PACKAGES, _check_speech, suite=_own_suite())
        return tree
    return None


def _check_speech(tree: Path) -> None:
    try:
        find_tools(tree)
    except ToolsMissing as missing:
        raise ToolMissing("speech", f"{missing}: remove {tree}, run `{_FETCH} speech`") from missing


def _may_fetch(name: str, package: str, *, fetch: bool) -> None:
    if not fetch:
        raise ToolMissing(name, f"run `{_FETCH} {name}`, or install {package}")


def _on_path(name: str) -> Path | None:
    """Look also where an ordinary user's PATH does not: Debian keeps the asterisk binary in /usr/sbin."""
    path = os.pathsep.join((os.environ.get("PATH", ""), *_SYSTEM_PATH))
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def _version(command: Sequence[str | Path], pattern: str, libraries: Path | None = None) -> tuple[int, ...] | None:
    """The version that a program tells of itself; None when it does not run."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(libraries)} if libraries else None
    try:
        result = subprocess.run(
            [str(word) for word in command],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=VERSION_SECONDS,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(pattern + r"(\d+(?:\.\d+)*)", result.stdout + result.stderr)
    return tuple(int(part) for part in found[1].split(".")) if found else None


def _asterisk_version(prefix: Sequence[str | Path]) -> tuple[int, ...] | None:
    return _version((*prefix, "-V"), r"Asterisk (?:certified[/-])?")


def _sipp_version(prefix: Sequence[str | Path]) -> tuple[int, ...] | None:
    return _version((*prefix, "-v"), r"SIPp v")


def _newest_first(folders: Iterable[Path]) -> list[Path]:
    return sorted(folders, key=lambda folder: [int(part) for part in re.findall(r"\d+", str(folder))], reverse=True)


def _first(candidates: Sequence[Path], holding: str) -> Path | None:
    return next((folder for folder in candidates if any(folder.glob(holding))), None)


def _machine_switch() -> AsteriskTools | None:
    """The machine's own Asterisk and SIPp, if both are new enough and nothing that we need of them is left out."""
    asterisk, sipp = _on_path("asterisk"), _on_path("sipp")
    if asterisk is None or sipp is None:
        return None
    version, sipp_version = _asterisk_version((asterisk,)), _sipp_version((sipp,))
    if version is None or version < OLDEST_ASTERISK or sipp_version is None or sipp_version < OLDEST_SIPP:
        return None
    prefix = asterisk.resolve().parent.parent
    modules = _first(
        (*prefix.glob("lib/*/asterisk/modules"), prefix / "lib/asterisk/modules", prefix / "lib64/asterisk/modules"),
        "chan_pjsip.so",
    )
    shares = (prefix / "share/asterisk", Path("/usr/share/asterisk"), Path("/var/lib/asterisk"))
    share = _first(shares, "documentation/core-en_US.xml")
    sounds = _first(
        tuple(folder / name for folder in shares for name in ("sounds/en", "sounds/en_US_f_Allison")), "vm-goodbye.*"
    )
    if modules is None or share is None or sounds is None:
        return None
    moh = _first(tuple(folder / "moh" for folder in shares), "*.*")
    return AsteriskTools((str(asterisk),), (str(sipp),), modules, share, sounds, moh, version)


def switch_tree() -> Path:
    """Where Asterisk and SIPp are unpacked, or would be; another suite or list of packages is another folder."""
    return _tree(_switch_suite(), "switch", _SWITCH_PACKAGES)


def _switch_suite() -> str:
    """Debian 12 has no Asterisk; its testing suite has, until it is renamed on its release."""
    return os.environ.get("IVR_DEBIAN_SUITE") or "forky"


def _tree(suite: str, name: str, packages: Sequence[str]) -> Path:
    return cache_root() / f"debian-{suite}-{name}-{zlib.crc32(' '.join(packages).encode()):08x}"


def _loader(tree: Path) -> tuple[str, ...]:
    """How to start a program of the tree: by the tree's own loader and libraries, newer than the machine's."""
    loaders, libraries = sorted(tree.glob("usr/lib*/ld-linux*.so.*")), sorted(tree.glob("usr/lib/*-linux-gnu*"))
    if not loaders or not libraries:
        raise ToolMissing("asterisk", f"{tree} is not whole: remove it and run `{_FETCH} asterisk` again")
    return (str(loaders[0]), "--library-path", str(libraries[0]))


def _tree_switch(tree: Path) -> AsteriskTools:
    """The tools of an unpacked tree; raises `ToolMissing` for a tree in which they do not run."""
    programs = tree / "usr/sbin/asterisk", tree / "usr/bin/sipp"
    return _tried_switch(tree, tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in programs))


@lru_cache(TREES)
def _tried_switch(tree: Path, stamp: tuple[int, ...]) -> AsteriskTools:
    """As `_tree_switch`; each program is started once for as long as it is the same: a run asks for every phone."""
    del stamp  # only tells one state of the tree from the next
    loader = _loader(tree)
    asterisk, sipp = (*loader, str(tree / "usr/sbin/asterisk")), (*loader, str(tree / "usr/bin/sipp"))
    version, sipp_version = _asterisk_version(asterisk), _sipp_version(sipp)
    share = tree / "usr/share/asterisk"
    if version is None or sipp_version is None or version < OLDEST_ASTERISK or sipp_version < OLDEST_SIPP:
        name = "sipp" if sipp_version is None or sipp_version < OLDEST_SIPP else "asterisk"
        raise ToolMissing(
            name, f"the one in {tree} does not run or is too old: remove the folder, run `{_FETCH} asterisk`"
        )
    modules = next(tree.glob("usr/lib/*/asterisk/modules"))
    moh = share / "moh"
    return AsteriskTools(
        asterisk, sipp, modules, share, share / "sounds/en_US_f_Allison", moh if moh.is_dir() else None, version
    )


def _postgres_in(folder: Path, libraries: Path | None) -> PostgresTools | None:
    if not all((folder / name).is_file() for name in ("initdb", "postgres", "psql")):
        return None
    version = _version((folder / "postgres", "--version"), r"\(PostgreSQL\) ", libraries)
    return PostgresTools(folder, libraries, version) if version and version >= OLDEST_POSTGRES else None


def _tree_postgres(tree: Path) -> PostgresTools:
    libraries = next(iter(sorted(tree.glob("usr/lib/*-linux-gnu*"))), None)
    for folder in _newest_first(tree.glob("usr/lib/postgresql/*/bin")):
        tools = _postgres_in(folder, libraries)
        if tools is not None:
            return tools
    raise ToolMissing("postgres", f"the one in {tree} does not run: remove the folder, run `{_FETCH} postgres`")


def _check_promtool(tree: Path) -> None:
    if _version((tree / "usr/bin/promtool", "--version"), r"version ") is None:
        raise ToolMissing("promtool", f"the one in {tree} does not run: remove the folder, run `{_FETCH} promtool`")


def _own_suite() -> str:
    return debian.codename() or "unknown"


def _unpacked(
    tree: Path,
    name: str,
    packages: Sequence[str],
    check: Callable[[Path], object],
    *,
    suite: str | None = None,
    alone: bool = False,
) -> None:
    """Make `tree` from Debian's `packages`: of `suite` with all libraries, or of the machine's own, missing ones only.

    Raises `ToolMissing`, whatever the reason, and then leaves nothing but downloads to go on with.
    """
    progress = Progress()

    def make(part: Path) -> None:
        own = debian.codename()
        known = debian.machine_sources()
        sources = debian.own_sources(known, own) if suite is None else (debian.suite_source(known, own, suite),)
        apt = debian.PrivateApt(
            tree.with_name(f"{tree.name}.apt"), sources, machine_status=suite is None, progress=progress
        )
        apt.update()
        arguments = ("download", *packages) if alone else ("install", "--download-only", *packages)
        archives = apt.archives(arguments)
        apt.fetch(archives, arguments)
        apt.unpack(archives, part)
        check(part)
        apt.clear()

    progress.stage(f"{name}: making {tree}, once")
    try:
        made_once(tree, make, progress)
    except debian.DebianError as error:
        raise ToolMissing(name, f"{error}; {error.hint}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolMissing(name, f"{error}; make room or set IVR_CACHE to a folder that can be written") from error


_FINDERS: dict[str, Callable[[], str]] = {
    "asterisk": lambda: _described_switch(asterisk_tools(fetch=True)),
    "promtool": lambda: f"promtool: {promtool(fetch=True)}",
    "postgres": lambda: _described_postgres(postgres_tools(fetch=True)),
    "speech": lambda: find_tools(speech_tools(fetch=True)).versions,
}


def _described_switch(tools: AsteriskTools) -> str:
    return f"asterisk {_dotted(tools.version)}: {tools.asterisk[-1]}; sipp: {tools.sipp[-1]}"


def _described_postgres(tools: PostgresTools) -> str:
    return f"postgres {_dotted(tools.version)}: {tools.bin}"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def main(arguments: Sequence[str] | None = None) -> int:
    """Find or fetch the named tools, all by default; exit status 2 when one cannot be had."""
    parser = argparse.ArgumentParser(prog="python3 -m sandbox.tools", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="TOOL", help=f"one of: {', '.join(_FINDERS)}")
    names = parser.parse_args(arguments).names or list(_FINDERS)
    unknown = [name for name in names if name not in _FINDERS]
    if unknown:
        parser.error(f"unknown tool {unknown[0]}: one of {', '.join(_FINDERS)}")
    progress = Progress()
    try:
        for name in names:
            progress.done(_FINDERS[name]())
    except ToolMissing as missing:
        print(f"error: {missing}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
