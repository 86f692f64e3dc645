"""Debian packages unpacked into a folder, without root and without touching the machine.

Debian 12 has no Asterisk, testing has one, and a test machine may allow no installation at all. So a private apt,
with its own state, cache and sources, resolves and downloads the packages, checking Debian's signature, and `dpkg-deb`
unpacks them. The mirror is the one that the machine's own apt uses: what reaches it today will reach it
for us, proxies and all. Downloads survive an interruption: apt resumes them.
"""

import os
import re
import shutil
import subprocess
import threading
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.progress import Progress

APT_SECONDS = 1800.0
"""An apt that needs longer for some 150 MB has lost its network in a way that its own limits did not see."""

UNPACK_SECONDS = 120.0
"""For one package; the largest takes about two seconds on a slow disk."""

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_NEEDED = ("apt-get", "dpkg", "dpkg-deb", "setpriv", "tar")
_STATUS_LINE = re.compile(r"dlstatus:[^:]*:(?P<percent>[0-9.]+):(?P<text>.*)")
_URI_LINE = re.compile(r"'(?P<uri>[^']+)' (?P<file>\S+) (?P<bytes>\d+)")
_MEGABYTE = 1_000_000


class DebianError(Exception):
    """The packages could not be had; `hint` says what a person can do about it."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Source:
    """One `deb` entry of apt's sources. `trust` holds its `Signed-By` and `Trusted` lines, in deb822 form."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    trust: tuple[str, ...] = ()

    def stanza(self) -> str:
        """The entry in apt's deb822 format."""
        lines = [
            "Types: deb",
            f"URIs: {' '.join(self.uris)}",
            f"Suites: {' '.join(self.suites)}",
            *([f"Components: {' '.join(self.components)}"] if self.components else []),
            *self.trust,
        ]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Archive:
    """One package file that apt would fetch."""

    file: str
    uri: str
    size_bytes: int


def one_line_sources(text: str) -> Iterator[Source]:
    """Read the old format: `deb [options] URI SUITE COMPONENT…`."""
    for line in text.splitlines():
        entry = re.match(r"deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<rest>[^#\[]+)", line.strip())
        if entry is None:
            continue
        fields = entry["rest"].split()
        if len(fields) < 2 or fields[0].startswith("cdrom:"):
            continue
        options = dict(option.split("=", 1) for option in (entry["options"] or "").split() if "=" in option)
        trust = [f"Signed-By: {options['signed-by'].replace(',', ' ')}"] if "signed-by" in options else []
        trust += [f"Trusted: {options['trusted']}"] if "trusted" in options else []
        yield Source((fields[0],), (fields[1],), tuple(fields[2:]), tuple(trust))


def deb822_sources(text: str) -> Iterator[Source]:
    """Read the new format: stanzas of `Field: value`, values going on in indented lines."""
    without_comments = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", without_comments):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line[:1].isspace():
                fields[name] = f"{fields.get(name, '')}\n{line}"
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        trust = [f"Signed-By: {fields['signed-by']}"] if "signed-by" in fields else []
        trust += [f"Trusted: {fields['trusted']}"] if "trusted" in fields else []
        uris, suites, components = (tuple(fields.get(key, "").split()) for key in ("uris", "suites", "components"))
        yield Source(uris, suites, components, tuple(trust))


def machine_sources(apt: Path = Path("/etc/apt")) -> tuple[Source, ...]:
    """Every source that the machine's apt has, in apt's order of reading."""
    found: list[Source] = []
    for path in (apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))):
        if not path.is_file():
            continue
        if path.suffix == ".list":
            found += one_line_sources(path.read_text(errors="replace"))
        elif path.suffix == ".sources":
            found += deb822_sources(path.read_text(errors="replace"))
    return tuple(found)


def codename(os_release: Path = Path("/etc/os-release")) -> str:
    """The suite that the machine runs, `bookworm` for Debian 12; empty where it is not told."""
    try:
        text = os_release.read_text(errors="replace")
    except OSError:
        return ""
    found = re.search(r'^VERSION_CODENAME="?([a-z0-9-]+)"?$', text, re.MULTILINE)
    return found[1] if found else ""


def own_sources(sources: Iterable[Source], own: str) -> tuple[Source, ...]:
    """The machine's own suite with its updates and security fixes, without the repositories of third parties."""
    return tuple(
        source for source in sources if any(suite.split("/")[0].split("-")[0] == own for suite in source.suites)
    )


def suite_source(sources: Iterable[Source], own: str, wanted: str) -> Source:
    """Where to find the suite `wanted`: on the mirror that serves the machine's own suite.

    Raises `DebianError` where no source names the machine's own suite.
    """
    for source in sources:
        if own in source.suites:
            trust = source.trust or ((f"Signed-By: {_KEYRING}",) if _KEYRING.is_file() else ())
            return Source(source.uris, (wanted,), source.components or ("main",), trust)
    raise DebianError(
        f"apt's sources name no mirror for this machine's suite ({own or 'unknown'})",
        "give /etc/apt/sources.list a line for it, or put the tools on the PATH by other means",
    )


class PrivateApt:
    """An apt of our own in `folder`: it knows `sources` alone and installs nothing.

    With `machine_status` it takes what the machine has installed as given and fetches only what is missing, so that the
    result runs with the machine's own libraries; without, it fetches the whole closure, libc included.
    """

    def __init__(self, folder: Path, sources: Sequence[Source], *, machine_status: bool, progress: Progress) -> None:
        missing = [name for name in _NEEDED if shutil.which(name) is None]
        if missing:
            raise DebianError(
                f"{' and '.join(missing)} not found: this is no Debian or Ubuntu",
                "install the tools with this system's own packages, on the PATH",
            )
        self._folder = folder
        self._progress = progress
        self._hosts = sorted({urllib.parse.urlsplit(uri).hostname or uri for source in sources for uri in source.uris})
        for name in ("state/lists/partial", "cache/archives/partial", "sources"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "state/status").touch()
        (folder / "sources/private.sources").write_text("\n".join(source.stanza() for source in sources))
        status = Path("/var/lib/dpkg/status") if machine_status else folder / "state/status"
        architecture = subprocess.run(
            ["dpkg", "--print-architecture"], check=True, capture_output=True, text=True, timeout=UNPACK_SECONDS
        ).stdout.strip()
        self._config = folder / "apt.conf"
        self._config.write_text(
            "\n".join(
                [
                    f'Dir::State "{folder}/state"; Dir::State::status "{status}"; Dir::Cache "{folder}/cache";',
                    f'Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "{folder}/sources";',
                    'Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "/dev/null";',
                    f'APT::Architecture "{architecture}"; #clear APT::Architectures;',
                    # The machine's hooks belong to the machine's own updates.
                    "#clear APT::Update::Pre-Invoke; #clear APT::Update::Post-Invoke;",
                    "#clear APT::Update::Post-Invoke-Success;",
                    "#clear DPkg::Pre-Invoke; #clear DPkg::Post-Invoke; #clear DPkg::Pre-Install-Pkgs;",
                    'APT::Install-Recommends "false"; APT::Install-Suggests "false"; Acquire::Languages "none";',
                    "#clear Acquire::IndexTargets::deb::DEP-11; #clear Acquire::IndexTargets::deb::CNF;",
                    'APT::Get::List-Cleanup "true"; Debug::NoLocking "true";',
                    # Nothing outside our folder is written: no rights to drop, and `_apt` could not write here.
                    'APT::Sandbox::User "root";',
                    # A mirror that lags by weeks is still signed; for a test tool an old index does no harm.
                    'Acquire::Check-Valid-Until "false"; APT::Update::Error-Mode "any";',
                    'Acquire::Retries "3"; Acquire::http::Timeout "30"; Acquire::https::Timeout "30";',
                    "",
                ]
            )
        )

    @property
    def _archives(self) -> Path:
        return self._folder / "cache/archives"

    def update(self) -> None:
        """Fetch the package lists. Raises `DebianError`, which names the mirror, when it cannot."""
        self._progress.stage(f"reading Debian's package lists from {', '.join(self._hosts)}")
        self._run("update", showing="package lists")

    def archives(self, arguments: Sequence[str]) -> tuple[Archive, ...]:
        """The package files that apt fetches for `arguments`: `install --download-only NAME…` or `download NAME`."""
        # With its cache in sight, apt leaves out what an interrupted run has fetched.
        (self._folder / "none/partial").mkdir(parents=True, exist_ok=True)
        out = self._run(*arguments, "--print-uris", "-o", f"Dir::Cache::archives={self._folder}/none")
        found = (_URI_LINE.match(line) for line in out.splitlines())
        return tuple(Archive(one["file"], one["uri"], int(one["bytes"])) for one in found if one)

    def fetch(self, archives: Sequence[Archive], arguments: Sequence[str]) -> None:
        """Download `archives` by running apt with `arguments`; what is there already is not fetched again."""
        total = sum(archive.size_bytes for archive in archives)
        self._progress.stage(f"fetching {len(archives)} packages, {total / _MEGABYTE:.0f} MB")
        self._run(*arguments, showing="MB", total_bytes=total)

    def unpack(self, archives: Sequence[Archive], into: Path) -> None:
        """Unpack the fetched `archives` into the folder `into`, as the user that we are."""
        self._progress.stage(f"unpacking {len(archives)} packages")
        for link in ("bin", "sbin", "lib", "lib64"):
            # A merged /usr, as Debian lays it: packages that still name /lib land beside the others.
            (into / "usr" / link).mkdir(parents=True, exist_ok=True)
            if not (into / link).is_symlink():
                (into / link).symlink_to(f"usr/{link}")
        for number, archive in enumerate(archives, 1):
            self._progress.step(f"package {number} of {len(archives)}: {archive.file.split('_')[0]}")
            path = self._archives / archive.file
            said = _unpack_one(path, into)
            if said:
                path.unlink(missing_ok=True)
                raise DebianError(
                    f"{archive.file} could not be unpacked: {said}",
                    "free some disk space if it is full, then run the same command again; the rest is kept",
                )

    def clear(self) -> None:
        """Remove lists and downloads, which the unpacked tree has made needless."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, *arguments: str, showing: str = "", total_bytes: int = 0) -> str:
        """Run apt-get, showing its progress; returns its standard output.

        Output goes to files: a pipe that nobody reads would fill and stop apt.
        """
        out, err = self._folder / "apt.out", self._folder / "apt.err"
        status_read, status_write = os.pipe()
        # It must not outlive us: our lock on this folder would be gone, and the next run would meet it here.
        command = ["setpriv", "--pdeathsig", "KILL", "apt-get", "-q", "-y", "-c", str(self._config)]
        command += ["-o", f"APT::Status-Fd={status_write}", *arguments]
        with out.open("w") as out_file, err.open("w") as err_file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                pass_fds=(status_write,),
                cwd=self._archives,
                env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
            )
        os.close(status_write)
        limit = threading.Timer(APT_SECONDS, process.kill)
        limit.start()
        try:
            with os.fdopen(status_read, errors="replace") as status:
                for line in status:
                    if showing and (seen := _STATUS_LINE.match(line)):
                        self._progress.step(_download_step(float(seen["percent"]), total_bytes, showing))
            code = process.wait()
        finally:
            limit.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()
        if code != 0:
            said = _last_line(err.read_text(errors="replace")) or f"exit status {code}"
            raise DebianError(
                f"apt-get {arguments[0]} failed: {said}",
                f"check that {', '.join(self._hosts)} can be reached, then run the same command again",
            )
        return out.read_text(errors="replace")


def _unpack_one(archive: Path, into: Path) -> str:
    """Unpack one package; returns the complaint of `dpkg-deb` or `tar`, empty when there is none.

    `dpkg-deb -x` would put a folder where our link from /lib to /usr/lib is; tar can be told not to.
    """
    unpack = ["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "--warning=no-timestamp", "-C", str(into)]
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as read:
        wrote = subprocess.run(unpack, check=False, stdin=read.stdout, capture_output=True, timeout=UNPACK_SECONDS)
        _, complaint = read.communicate(timeout=UNPACK_SECONDS)
    if read.returncode == 0 and wrote.returncode == 0:
        return ""
    said = complaint if read.returncode else wrote.stderr
    return _last_line(said.decode("utf-8", "replace")) or "no reason given"


def _download_step(percent: float, total_bytes: int, showing: str) -> str:
    if not total_bytes:
        return f"{showing}: {percent:.0f} %"
    return f"{percent / 100 * total_bytes / _MEGABYTE:.0f} of {total_bytes / _MEGABYTE:.0f} {showing}"


def _last_line(text: str) -> str:
    """The line that says most: apt's first error, else the last line of all."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("E: ") for line in lines if line.startswith("E: ")]
    return errors[0] if errors else (lines[-1] if lines else "")
