"""The throw-away PostgreSQL server: real, private, and gone afterwards."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from sandbox.postgres import PostgresError, PostgresServer, within_reach
from sandbox.tools import PostgresTools

END_SECONDS = 15.0


async def _answer(url: str, *statements: str) -> object:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            for statement in statements[:-1]:
                await connection.execute(text(statement))
            return (await connection.execute(text(statements[-1]))).scalar()
    finally:
        await engine.dispose()


def _owner(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


async def test_given_a_database_url_when_sqlalchemy_connects_then_it_is_an_empty_utf8_database(
    postgres_url: str,
) -> None:
    assert await _answer(postgres_url, "SHOW server_encoding") == "UTF8"
    assert await _answer(postgres_url, "SELECT count(*) FROM pg_stat_user_tables") == 0


async def test_given_a_template_when_a_database_is_made_from_it_then_it_has_the_rows_and_is_apart(
    postgres_server: PostgresServer,
) -> None:
    template = postgres_server.create_database("template_of_ours")
    await _answer(template, "CREATE TABLE word (w text)", "INSERT INTO word VALUES ('서울') RETURNING w")
    copy = postgres_server.create_database("copy_of_ours", template="template_of_ours")
    assert await _answer(copy, "SELECT w FROM word") == "서울"
    await _answer(copy, "DELETE FROM word RETURNING w")
    assert await _answer(template, "SELECT count(*) FROM word") == 1


async def test_given_a_forgotten_connection_when_its_database_is_dropped_then_it_goes(
    postgres_server: PostgresServer,
) -> None:
    engine = create_async_engine(postgres_server.create_database("forgotten"))
    connection = await engine.connect()
    postgres_server.drop_database("forgotten")
    with pytest.raises(DBAPIError):
        await connection.execute(text("SELECT 1"))
    await engine.dispose()
    url = postgres_server.create_database("forgotten")
    assert await _answer(url, "SELECT 1") == 1


@pytest.mark.parametrize("name", ["", "Upper", 'a"b', "1a", "a" * 64, "a; drop database postgres"])
def test_given_a_name_that_sql_could_misread_when_a_database_is_made_then_it_is_refused(
    postgres_server: PostgresServer, name: str
) -> None:
    with pytest.raises(PostgresError, match="no name for a database"):
        postgres_server.create_database(name)


def test_given_a_statement_that_fails_when_it_is_run_then_the_server_s_own_words_are_in_the_error(
    postgres_server: PostgresServer,
) -> None:
    with pytest.raises(PostgresError, match="does not exist"):
        postgres_server.create_database("orphan", template="no_such_template")


@pytest.mark.postgres
def test_given_a_running_server_when_it_is_left_then_neither_process_nor_folder_stays() -> None:
    with PostgresServer() as server:
        pid, folder = server.pid, server.folder
        assert pid is not None
        assert _owner(pid) != 0, "PostgreSQL must not run as root"
        assert sorted(folder.glob(".s.PGSQL.*")), "the socket is in the server's own folder"
    assert not Path(f"/proc/{pid}").exists()
    assert not folder.exists()
    with pytest.raises(PostgresError, match="not running"):
        _ = server.folder


@pytest.mark.postgres
def test_given_a_long_tmpdir_when_the_server_starts_then_its_socket_path_still_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with PostgresServer() as server:
        assert server.create_database("fits").startswith("postgresql+asyncpg:///fits?host=/tmp/")
    assert not list(long.iterdir())


def test_given_programs_in_a_private_folder_when_another_account_is_to_run_them_then_it_gets_them_in_its_own(
    tmp_path: Path,
) -> None:
    private, own = tmp_path / "private", tmp_path / "own"
    for file in ("usr/lib/postgresql/15/bin/postgres", "usr/lib/x86_64-linux-gnu/libpq.so.5", "usr/share/doc/big"):
        (private / file).parent.mkdir(parents=True, exist_ok=True)
        (private / file).write_text(file)
    private.chmod(0o700)
    own.mkdir()
    tools = PostgresTools(private / "usr/lib/postgresql/15/bin", private / "usr/lib/x86_64-linux-gnu", (15, 1))
    reached = within_reach(tools, own)
    assert reached.bin.is_relative_to(own)
    assert (reached.bin / "postgres").read_text().endswith("postgres")
    assert reached.libraries is not None
    assert (reached.libraries / "libpq.so.5").is_file()
    assert not list(own.rglob("doc"))
    machine = PostgresTools(Path("/usr/bin"), None, (15, 1))
    assert within_reach(machine, own) is machine


@pytest.mark.postgres
def test_given_a_killed_test_process_when_it_is_gone_then_its_server_ends_too() -> None:
    script = (
        "from sandbox.postgres import PostgresServer\n"
        "server = PostgresServer()\nserver.start()\nprint(server.pid, server.folder, flush=True)\ninput()\n"
    )
    scripts = Path(__file__).parents[2] / "scripts"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(scripts)},
    ) as process:
        assert process.stdout is not None
        pid, folder = process.stdout.readline().split()
        server = os.pidfd_open(int(pid))
        process.send_signal(signal.SIGKILL)
    try:
        assert _ended_within(server, END_SECONDS), f"PostgreSQL {pid} outlived its parent"
    finally:
        os.close(server)
        subprocess.run(["rm", "-rf", folder], check=True)


def _ended_within(pidfd: int, seconds: float) -> bool:
    ready, _, _ = select.select([pidfd], [], [], seconds)
    return bool(ready)
