"""An engine that cannot start says so in one line that tells what to do, ends with status 2, and leaves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.engine import EngineProcess
from sandbox.switch import Switch
from tests.real.centre import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="module")

START_SECONDS = 30.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(switch: Switch, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineProcess]:
    """Everything that an engine needs, and no engine running."""
    engine = EngineProcess(switch, tmp_path_factory.mktemp("bad_start"), agents=("1001",))
    await engine.set_up()
    yield engine
    await engine.stop()


@contextlib.contextmanager
def taken(port: int) -> Iterator[None]:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


async def refusal(site: EngineProcess, environment: Mapping[str, str] | None = None) -> str:
    """The one line that `ivr-engine run` had to say before it ended with status 2."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "ivr_engine", "run"],
        env={**site.environment, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if line.strip() and "[info " not in line]
    assert (done.returncode, len(said)) == (2, 1), f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert said[0].startswith("ivr-engine: ")
    assert done.stdout == ""
    return said[0]


async def test_given_a_taken_agi_port_when_started_then_it_names_the_port_and_what_to_do(site: EngineProcess) -> None:
    port = int(site.environment["IVR_AGI_PORT"])
    with taken(port):
        said = await refusal(site)
    assert f":{port}" in said
    assert "IVR_AGI_PORT" in said


async def test_given_a_taken_api_port_when_started_then_it_names_the_port_and_what_to_do(site: EngineProcess) -> None:
    port = int(site.environment["IVR_API_PORT"])
    with taken(port):
        said = await refusal(site)
    assert f":{port}" in said
    assert "IVR_API_PORT" in said
    with taken(int(site.environment["IVR_AGI_PORT"])):
        pass  # the door that had been opened before is closed again


async def test_given_a_running_engine_when_a_second_is_started_then_it_refuses_and_the_first_serves_on(
    site: EngineProcess, tmp_path: Path
) -> None:
    await site.start()
    try:
        assert "another engine uses" in await refusal(site)
        assert "in use" in await refusal(site, {"IVR_SPOOL": str(tmp_path / "spool")})
        assert (await site.get("/v1/queues"))["switch_connected"] is True
    finally:
        site.kill()


async def test_given_a_wrong_ami_secret_when_started_then_it_names_the_account(site: EngineProcess) -> None:
    said = await refusal(site, {"IVR_AMI_CONTROL_SECRET": "wrong"})
    assert "ivr-control" in said
    assert "wrong" not in said
    for setting in ("IVR_API_PORT", "IVR_AGI_PORT"):
        with taken(int(site.environment[setting])):
            pass  # nobody has it any more


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite+aiosqlite:////nowhere/at/all/engine.sqlite3", "/nowhere/at/all"),
        ("postgresql+asyncpg://nobody@127.0.0.1:9/ivr", "127.0.0.1"),
        ("mysql://somewhere/else", "IVR_DATABASE_URL"),
        ("no url", "IVR_DATABASE_URL"),
    ],
    ids=["missing_folder", "nobody_listens", "other_database", "no_url"],
)
async def test_given_a_wrong_database_url_when_started_then_it_says_what_is_wrong(
    site: EngineProcess, url: str, told: str
) -> None:
    assert told in await refusal(site, {"IVR_DATABASE_URL": url})


async def test_given_a_database_without_tables_when_started_then_it_says_how_to_make_them(
    site: EngineProcess, tmp_path: Path
) -> None:
    said = await refusal(site, {"IVR_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/empty.sqlite3"})
    assert "ivr-engine db upgrade" in said


async def test_given_a_broken_document_when_started_then_it_names_file_line_and_column(
    site: EngineProcess, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "dialplans", tmp_path / "dialplans", ignore=shutil.ignore_patterns("prompts"))
    (tmp_path / "dialplans" / "prompts").symlink_to(ROOT / "dialplans" / "prompts")
    flow = tmp_path / "dialplans" / "flows" / "main.yaml"
    flow.write_text(flow.read_text().replace("queue: water", "queue: watre"))
    said = await refusal(site, {"IVR_DIALPLANS": str(tmp_path / "dialplans")})
    assert "main.yaml:" in said
    assert "water" in said, "the nearest name"


async def test_given_no_folder_of_documents_when_started_then_it_names_the_folder(
    site: EngineProcess, tmp_path: Path
) -> None:
    assert str(tmp_path / "none") in await refusal(site, {"IVR_DIALPLANS": str(tmp_path / "none")})


@pytest.mark.parametrize("tokens", ["hush", '["hush"]', '{"desk": ""}'], ids=["no_json", "a_list", "empty"])
async def test_given_bad_tokens_when_started_then_it_names_the_setting_and_not_its_value(
    site: EngineProcess, tokens: str
) -> None:
    said = await refusal(site, {"IVR_API_TOKENS": tokens})
    assert "IVR_API_TOKENS" in said
    assert "hush" not in said


async def test_given_a_port_that_is_no_port_when_started_then_it_names_the_setting(site: EngineProcess) -> None:
    assert "IVR_API_PORT" in await refusal(site, {"IVR_API_PORT": "eighty"})
