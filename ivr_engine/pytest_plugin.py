"""Lets pytest run `*.scenario.yaml` files as tests, in any project that has the package installed.

Every pytest run on such a machine loads this module, scenarios or not: it imports nothing but pytest, and the rest
(`pytest_scenarios`) only when the first scenario file is met.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ivr_engine.pytest_scenarios import ScenarioFile, Session

SUFFIX = ".scenario.yaml"
LEVELS = ("simulated", "wire", "asterisk")
LIMIT_SECONDS = 60.0
"""Real time of one scenario on one level. In virtual time it takes milliseconds; on a real switch half a minute."""

SESSION: pytest.StashKey[Session] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ivr", "scenarios of ivr-engine (*.scenario.yaml)")
    group.addoption(
        "--ivr-on",
        default=LEVELS[0],
        metavar="LEVELS",
        help="where scenarios run: simulated (in virtual time), wire, asterisk; several with commas",
    )
    group.addoption(
        "--ivr-coverage", action="store_true", help="tell which steps, keys, prompts and outcomes were never reached"
    )
    group.addoption(
        "--ivr-coverage-graph",
        default="ivr-coverage.svg",
        metavar="FILE",
        help="where --ivr-coverage draws the flows (.svg, or .mmd for Mermaid; default: %(default)s)",
    )
    group.addoption("--ivr-ladders", metavar="FOLDER", help="draw what happened in each failed scenario as SVG")
    group.addoption(
        "--ivr-limit-seconds",
        type=float,
        default=LIMIT_SECONDS,
        metavar="SECONDS",
        help="real time that one scenario may take on one level (default: %(default)s)",
    )


def pytest_configure(config: pytest.Config) -> None:
    wanted = config.getoption("--ivr-on")
    for level in wanted.split(","):
        if level.strip() not in LEVELS:
            raise pytest.UsageError(f"--ivr-on={wanted}: '{level}' is no level; there are {', '.join(LEVELS)}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    if not file_path.name.endswith(SUFFIX):
        return None
    from ivr_engine.pytest_scenarios import ScenarioFile, session_of  # noqa: PLC0415  (only for who has scenarios)

    session_of(parent.config)
    return ScenarioFile.from_parent(parent, path=file_path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if SESSION in config.stash:
        config.stash[SESSION].tell(terminalreporter)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where tests run in several processes, each sends what its scenarios reached to the first."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None and SESSION in session.config.stash:
        output["ivr_coverage"] = session.config.stash[SESSION].to_plain()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """pytest-xdist's word for a process that is done."""
    plain = getattr(node, "workeroutput", {}).get("ivr_coverage")
    if plain:
        from ivr_engine.pytest_scenarios import session_of  # noqa: PLC0415  (only for who has scenarios)

        session_of(node.config).add_plain(plain)
