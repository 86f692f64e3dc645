"""A throw-away PostgreSQL server: in a temporary folder, on a Unix socket only, gone when it is left.

A server is started for a test session rather than expected on the machine, so that the tests need no service, no
password and no port, and two sessions never meet. PostgreSQL refuses to run as root; when we are root it runs as an
ordinary account.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.tools import PostgresTools, postgres_tools

START_SECONDS = 30.0
"""initdb and start take about a second together; a machine busy with other tests may need several."""

STOP_SECONDS = 10.0
"""A fast shutdown without fsync takes some 50 ms; after this the server is told to drop all, for nothing is kept."""

STATEMENT_SECONDS = 30.0
"""For creating or dropping one database, about 25 ms."""

POLL_SECONDS = 0.01

OWNER = "ivr"
"""The database role that owns all; trusted without a password, because only our own account can reach the socket."""

_SOCKET_PATH_BYTES = 107
_LONGEST_SOCKET_NAME = "/.s.PGSQL.5432.lock"
_DATABASE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "QUIT")
"""A server must not outlive the tests that started it, however they end; on this signal it ends at once."""

_THROW_AWAY = (
    # Nothing survives the session, so nothing need survive a power cut.
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("listen_addresses", ""),
    ("shared_buffers", "32MB"),
    ("max_connections", "60"),
    ("jit", "off"),
    ("timezone", "UTC"),
)


class PostgresError(Exception):
    """The server did not start, or refused a statement; `hint` says where to look."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(f"{reason} ({hint})")
        self.hint = hint


@dataclass(frozen=True, slots=True)
class _Account:
    """The account that the server runs as when we are root."""

    uid: int
    gid: int


class PostgresServer:
    """A context manager that runs one server. Cheap enough (about 1 s) for each process of a test run to have its own.

    Start it from a thread that lives as long as it is needed: the kernel ends it with that thread.
    Raises `ToolMissing` where there is no PostgreSQL and `PostgresError` where it does not start.
    """

    def __init__(self, tools: PostgresTools | None = None) -> None:
        self._tools = postgres_tools() if tools is None else tools
        self._account = _ordinary_account() if os.geteuid() == 0 else None
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def folder(self) -> Path:
        """Holds the socket, the log and the data while the server runs."""
        if self._folder is None:
            raise PostgresError("the server is not running", "enter the context, or call start(), first")
        return self._folder

    @property
    def pid(self) -> int | None:
        """The server's first process; None when it is not running."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Make a cluster and start its server; leaves nothing behind when that fails."""
        if self._folder is not None:
            raise PostgresError("the server is running already", "one start() for each stop()")
        self._folder = _short_folder()
        try:
            if self._account is not None:
                os.chown(self._folder, self._account.uid, self._account.gid)
                self._tools = within_reach(self._tools, self._folder)
            self._make_cluster()
            self._launch()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and remove its folder; does nothing when it is not running."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
                try:
                    self._process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    self._process.send_signal(signal.SIGQUIT)
                    self._process.wait(STOP_SECONDS)
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, as a copy of `template` where one is named; returns its SQLAlchemy URL.

        A copy of a migrated template costs some 25 ms, far less than migrating again. Nobody may be connected to it.
        """
        copied = f" TEMPLATE {_quoted(template)}" if template is not None else ""
        self._statement(f"CREATE DATABASE {_quoted(name)}{copied}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending whatever connection a test has forgotten there."""
        self._statement(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database on this server."""
        return f"postgresql+asyncpg:///{name}?host={self.folder}&user={OWNER}"

    def _make_cluster(self) -> None:
        arguments = ("-N", "--no-locale", "-E", "UTF8", "-A", "trust", "-U", OWNER, "-D", str(self.folder / "data"))
        result = self._run(self._tools.bin / "initdb", *arguments, limit_seconds=START_SECONDS)
        if result.returncode != 0:
            raise PostgresError(f"initdb failed: {_last_line(result.stderr)}", f"its programs are in {self._tools.bin}")

    def _launch(self) -> None:
        settings = [f"-c{key}={value}" for key, value in (*_THROW_AWAY, ("unix_socket_directories", str(self.folder)))]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*_DIE_WITH_PARENT, str(self._tools.bin / "postgres"), "-D", str(self.folder / "data"), *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment(),
                # A group of its own: a Ctrl-C in the terminal reaches us alone, and we stop it in order.
                process_group=0,
                user=self._account.uid if self._account else None,
                group=self._account.gid if self._account else None,
                extra_groups=[] if self._account else None,
            )

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        status = self.folder / "data/postmaster.pid"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                log = (self.folder / "log").read_text(errors="replace")
                raise PostgresError(
                    f"PostgreSQL ended at start: {_last_line(log)}", f"its programs are in {self._tools.bin}"
                )
            # The eighth line of the lock file is the server's own word that it takes connections.
            lines = status.read_text(errors="replace").splitlines() if status.exists() else []
            if len(lines) > 7 and lines[7].strip() == "ready":
                return
            time.sleep(POLL_SECONDS)
        raise PostgresError(f"PostgreSQL was not ready within {START_SECONDS:.0f} s", "is the machine overloaded?")

    def _statement(self, sql: str) -> None:
        connection = ("-h", str(self.folder), "-U", OWNER, "-d", "postgres")
        result = self._run(
            self._tools.bin / "psql", "-X", "-q", *connection, "-c", sql, limit_seconds=STATEMENT_SECONDS
        )
        if result.returncode != 0:
            raise PostgresError(f"{sql}: {_last_line(result.stderr)}", f"the server's log is {self.folder / 'log'}")

    def _run(self, program: Path, *arguments: str, limit_seconds: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(program), *arguments],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            env=self._environment(),
            timeout=limit_seconds,
            user=self._account.uid if self._account else None,
            group=self._account.gid if self._account else None,
            extra_groups=[] if self._account else None,
        )

    def _environment(self) -> dict[str, str]:
        """Nothing of ours: a PGHOST or PGDATA of the caller would reach another server."""
        libraries = {"LD_LIBRARY_PATH": str(self._tools.libraries)} if self._tools.libraries else {}
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.folder), **libraries}


def _ordinary_account() -> _Account:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return _Account(entry.pw_uid, entry.pw_gid)
    raise PostgresError("no account for PostgreSQL, which refuses root", "run as an ordinary user")


def _short_folder() -> Path:
    """A private folder whose socket paths fit the kernel's limit, whatever TMPDIR says."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-postgres-"))
    if len(os.fsencode(folder)) + len(_LONGEST_SOCKET_NAME) <= _SOCKET_PATH_BYTES:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="ivr-postgres-", dir="/tmp"))


def within_reach(tools: PostgresTools, folder: Path) -> PostgresTools:
    """The same programs, in `folder` if need be: another account cannot enter a private cache such as root's home."""
    if tools.libraries is None or all(parent.stat().st_mode & 0o001 for parent in tools.bin.parents):
        return tools
    tree = next(parent for parent in tools.bin.parents if parent.name == "usr").parent
    copy = folder / "programs"
    shutil.copytree(tree, copy, symlinks=True, copy_function=_linked, ignore=shutil.ignore_patterns("bitcode", "doc"))
    copy.chmod(0o755)
    return PostgresTools(copy / tools.bin.relative_to(tree), copy / tools.libraries.relative_to(tree), tools.version)


def _linked(source: str, target: str) -> None:
    """A hard link costs nothing; on another file system it is a copy."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _quoted(name: str) -> str:
    if not _DATABASE_NAME.fullmatch(name):
        raise PostgresError(f"{name!r} is no name for a database of ours", "use [a-z][a-z0-9_]*, at most 63 letters")
    return f'"{name}"'


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
