"""Ports that stay ours: against other processes, against ourselves, and against what listens already."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import ports

SCRIPTS = Path(__file__).parents[2] / "scripts"


def taken_by_another_process(first: int, count: int) -> bool:
    """Whether another Python would find one of these ports reserved."""
    program = (
        "import sys\nfrom sandbox import ports\n"
        f"sys.exit(0 if ports._LEDGER.take(ports.Ports({first}, {count})) else 7)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    status = subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode
    assert status in (0, 7)
    return status == 7


def test_given_reserved_ports_when_another_process_wants_one_then_it_is_taken_until_released() -> None:
    reserved = ports.reserve(20, align=2, udp_only=True)
    assert reserved.first % 2 == 0
    assert taken_by_another_process(reserved.last, 1)
    assert taken_by_another_process(reserved.first - 1, 2)
    assert not taken_by_another_process(reserved.last + 1, 1)

    reserved.release()
    assert not taken_by_another_process(reserved.first, 20)


def test_given_many_reservations_when_made_in_one_process_then_none_overlap() -> None:
    reserved = [ports.reserve(3) for _ in range(40)]
    numbers = [number for run in reserved for number in range(run.first, run.last + 1)]
    assert len(set(numbers)) == 120
    assert all(ports.LOWEST <= number <= ports.HIGHEST for number in numbers)
    for run in reserved:
        run.release()


def test_given_a_port_that_this_process_holds_when_required_then_it_is_in_use() -> None:
    reserved = ports.reserve()
    with pytest.raises(ports.PortsTaken, match="another sandbox"):
        ports.require(reserved.first)
    reserved.release()
    ports.require(reserved.first).release()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_given_a_port_where_somebody_listens_when_required_then_the_error_says_what_to_do(kind: int) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ports.PortsTaken, match=f"port {port} is in use .* stop what uses it"):
            ports.require(port)


def test_given_ports_released_twice_when_somebody_else_has_them_then_they_keep_them() -> None:
    first = ports.reserve()
    first.release()
    second = ports.require(first.first)
    first.release()
    assert taken_by_another_process(second.first, 1)
    second.release()
