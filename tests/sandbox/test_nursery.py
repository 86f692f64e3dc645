"""Engines that are forked from a loaded program: processes like any other, only sooner there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.nursery import Forked, Nursery

SECONDS = 15.0


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as running:
        yield running


def test_given_a_nursery_when_it_forks_then_the_child_has_the_arguments_environment_and_log_that_it_was_given(
    nursery: Nursery, tmp_path: Path
) -> None:
    log = tmp_path / "engine.log"
    log.write_text("before\n")
    nursery.fork(["version"], {**os.environ}, log).wait(SECONDS)
    nursery.fork(["run"], {"IVR_API_PORT": "no port"}, log).wait(SECONDS)
    lines = log.read_text().splitlines()
    assert lines[0] == "before"
    assert "ivr-engine" in lines[1] or lines[1][0].isdigit()
    assert "IVR_API_PORT" in "\n".join(lines[2:])


def test_given_a_child_that_has_ended_when_asked_for_then_it_is_over_and_may_be_killed_again(
    nursery: Nursery, tmp_path: Path
) -> None:
    child = nursery.fork(["version"], {**os.environ}, tmp_path / "log")
    assert child.wait(SECONDS) == -1
    assert child.poll() == -1
    child.kill()
    child.terminate()


def test_given_a_nursery_that_is_closed_when_a_child_still_runs_then_it_dies_too(tmp_path: Path) -> None:
    with Nursery() as nursery:
        child = _waiting(nursery, tmp_path)
        assert child.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.05)
    assert child.wait(SECONDS) == -1
    with pytest.raises(OSError, match=r"."):
        nursery.fork(["version"], {}, tmp_path / "log")


def _waiting(nursery: Nursery, folder: Path) -> Forked:
    """A child that stays: it waits for somebody to read its log."""
    log = folder / "nobody reads"
    os.mkfifo(log)
    return nursery.fork(["version"], {**os.environ}, log)
