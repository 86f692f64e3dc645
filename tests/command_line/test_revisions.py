"""`ivr-engine reload` and `revisions` where there is no engine, no database or no token to ask with."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.test_service import TOKEN
from tests.whole_command import app


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("reload", "--withdraw", "--canary", "5"), "say one of them"),
        (("reload",), "IVR_API_TOKENS"),
        (("revisions",), "db upgrade"),
    ],
)
def test_given_no_engine_and_no_database_when_asked_then_the_commands_say_what_to_do(
    words: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    environment = {"IVR_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'none.sqlite3'}", "IVR_API_TOKENS": "{}"}
    done = CliRunner().invoke(app, list(words), env=environment)
    assert (done.exit_code, says in done.output) == (2, True), done.output


def test_given_an_api_that_nobody_serves_when_reloading_then_that_is_said() -> None:
    environment = {"IVR_API_TOKENS": json.dumps({"desk": TOKEN})}
    done = CliRunner().invoke(app, ["reload", "--api", "http://127.0.0.1:9"], env=environment)
    assert (done.exit_code, "no engine answers on http://127.0.0.1:9" in done.output) == (2, True), done.output
