"""The FastAGI server on uvloop: every test of the server that needs no fixture, once more on the other event loop."""

import asyncio
from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction, signature

import pytest

from tests.asterisk import test_agi_server

uvloop = pytest.importorskip("uvloop", reason="an extra: ivr-engine[speed]")

_TESTS = {
    name: test
    for name, test in vars(test_agi_server).items()
    if name.startswith("test_") and iscoroutinefunction(test) and not signature(test).parameters
}


@pytest.mark.parametrize("name", _TESTS)
def test_given_uvloop_when_the_server_is_tested_then_it_behaves_the_same(name: str) -> None:
    test: Callable[[], Coroutine[None, None, None]] = _TESTS[name]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test())


def test_given_the_tests_of_the_server_when_they_are_collected_for_uvloop_then_most_are_there() -> None:
    assert len(_TESTS) > 15
