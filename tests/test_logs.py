"""What the engine says while it runs: one line for each thing, whoever supplied the words."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest

from ivr_engine import logs

HOSTILE = "caller 'x\r\n2026-01-01T00:00:00 [error] forged\x1b[31m\u2028'"


@pytest.fixture(autouse=True)
def _root_logger_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def log() -> logging.Logger:
    return logging.getLogger("ivr_engine.somewhere")


def test_given_text_when_logged_then_one_line_with_level_and_logger(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(as_json=False, level="INFO")
    log.warning("contact %s is 한글", "c1")
    (line,) = capsys.readouterr().err.splitlines()
    assert "warning" in line
    assert "contact c1 is 한글" in line
    assert "ivr_engine.somewhere" in line
    datetime.fromisoformat(line.split()[0])


def test_given_json_when_logged_then_each_line_is_an_object(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(as_json=True, level="INFO")
    log.warning("contact %s is 한글", "c1")
    log.info(HOSTILE)
    first, second = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (first["event"], first["level"]) == ("contact c1 is 한글", "warning")
    assert first["logger"] == "ivr_engine.somewhere"
    assert "forged" in second["event"]


@pytest.mark.parametrize("as_json", [True, False])
def test_given_a_caller_s_line_ends_when_logged_then_no_line_is_forged_and_no_terminal_steered(
    log: logging.Logger, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    logs.configure(as_json=as_json, level="INFO")
    log.warning("refused: %s", HOSTILE)
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "\x1b" not in said
    assert "forged" in said


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("as_json", [True, False])
def test_given_a_bug_when_logged_then_its_stack_is_told(
    log: logging.Logger, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    logs.configure(as_json=as_json, level="INFO")
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        log.exception("bug while deciding")
    said = capsys.readouterr().err
    assert "bug while deciding" in said
    assert "ZeroDivisionError: division by zero" in said
    assert "test_logs.py" in said


@pytest.mark.parametrize(("level", "told"), [("debug", 3), ("INFO", 2), ("Warning", 1)])
def test_given_a_level_when_logged_then_what_lies_below_is_left_out(
    log: logging.Logger, capsys: pytest.CaptureFixture[str], level: str, told: int
) -> None:
    logs.configure(as_json=False, level=level)
    log.debug("one")
    log.info("two")
    log.warning("three")
    assert len(capsys.readouterr().err.splitlines()) == told


def test_given_logging_configured_twice_when_logged_then_it_is_said_once(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(as_json=False, level="INFO")
    logs.configure(as_json=True, level="INFO")
    log.info("once")
    assert len(capsys.readouterr().err.splitlines()) == 1
