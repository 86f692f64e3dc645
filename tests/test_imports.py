"""Who may import whom. The layers hold because this test walks every import of the package, not because all remember.

- core: decides; pure. A short list of the standard library, nothing that waits or looks at a clock.
- flow: core, YAML and models; pure.
- runtime: core and the standard library.
- adapters (asterisk, storage, api, outside, metrics, kept_talks, board): the core's types, the ports, and no library
  but their own.
- replay: core and flow.
- loading: flow and storage to the core, while the engine serves.
- service, command_line: wire them all, and decide nothing.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
PACKAGE = "ivr_engine"

# ruff: noqa: SIM905 - as lists, one name a line, these would be longer than the rules.
CORE_LIBRARY = frozenset(
    "__future__ abc bisect collections dataclasses enum functools heapq itertools math operator re types typing".split()
)
"""What deciding needs: shapes, order and arithmetic. No clock, no file, no random source, no network."""

FLOW_LIBRARY = CORE_LIBRARY | frozenset(
    "calendar contextlib copy csv datetime decimal difflib fractions graphlib hashlib io json os pathlib string".split()
    + "textwrap unicodedata wave zoneinfo".split()
)
"""A flow also reads documents and knows calendars (`os` lists a folder of ten thousand recordings without asking each);
the moment itself is still told to it."""

STANDARD = frozenset(sys.stdlib_module_names)

CORE = "ivr_engine.core"
PORTS = ("ivr_engine.runtime.ports", "ivr_engine.runtime.clock")
SETTINGS = "ivr_engine.settings"
REPORTS = "ivr_engine.reports"
VERSION = "ivr_engine.__version__"

MACHINES = tuple(f"{CORE}.{name}" for name in ("agent", "contact", "offer", "transfer"))
"""The machines know nothing of each other; `core.engine` composes them."""

DECIDING = (*MACHINES, *(f"{CORE}.{name}" for name in ("deadlines", "engine", "machine", "queue", "routing")))
"""What adapters have no business with: they speak the core's types, and never drive it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one part of the package may import, besides itself. Names are dotted and hold for all below them."""

    ours: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    library: frozenset[str] = STANDARD
    vendors: tuple[str, ...] = ()
    waits: bool = True


def _adapter(*vendors: str, ours: tuple[str, ...] = ()) -> Layer:
    return Layer(ours=(CORE, *PORTS, SETTINGS, *ours), never=DECIDING, vendors=vendors)


EVERYTHING = Layer(
    ours=(PACKAGE,),
    vendors=(
        "aiohttp",
        "alembic",
        "orjson",
        "prometheus_client",
        "pydantic",
        "rich",
        "sqlalchemy",
        "structlog",
        "typer",
        "uvloop",
        "yaml",
    ),
)

PLUGIN = Layer(ours=(PACKAGE,), vendors=("pytest", "_pytest"))
"""Loaded by every pytest run where the package is installed: it imports the rest when it meets a scenario."""

LAYERS = {
    "core": Layer(library=CORE_LIBRARY, waits=False),
    # holidays and phonenumbers are tables with rules: they are told the year and the number, and read nothing.
    "flow": Layer(
        ours=(CORE,),
        never=DECIDING,
        library=FLOW_LIBRARY,
        vendors=("holidays", "phonenumbers", "pydantic", "yaml"),
        waits=False,
    ),
    "runtime": Layer(ours=(CORE,)),
    # pyst2 calls its package `asterisk`; the greenlet bridge is SQLAlchemy's, which brings greenlet itself.
    "asterisk": _adapter("asterisk", "greenlet", "panoramisk", "sqlalchemy.util.concurrency"),
    "asterisk.translate": Layer(
        ours=(CORE, "ivr_engine.asterisk"),
        never=DECIDING,
        library=CORE_LIBRARY | {"urllib"},
        vendors=("panoramisk",),
        waits=False,
    ),
    "asterisk.hearing": Layer(
        ours=(CORE, *(f"ivr_engine.asterisk.{name}" for name in ("ringing", "translate", "unheard"))),
        never=DECIDING,
        library=CORE_LIBRARY,
        waits=False,
    ),
    "asterisk.ringing": Layer(
        ours=(CORE, "ivr_engine.asterisk.translate"), never=DECIDING, library=CORE_LIBRARY, waits=False
    ),
    "asterisk.visit_keys": Layer(ours=(CORE,), never=DECIDING, library=CORE_LIBRARY, waits=False),
    "asterisk.told": Layer(library=CORE_LIBRARY | {"urllib"}, waits=False),
    "asterisk.unheard": Layer(
        ours=(CORE, "ivr_engine.asterisk.translate"), never=DECIDING, library=CORE_LIBRARY, waits=False
    ),
    # It reads the journal for the reports, which are pure; the API asks for them.
    "storage": _adapter("aiosqlite", "alembic", "asyncpg", "orjson", "pydantic", "sqlalchemy", ours=(REPORTS,)),
    # The scrape address is one of the API's.
    "api": _adapter("aiohttp", "orjson", "prometheus_client", "pydantic", ours=(REPORTS,)),
    "metrics": _adapter("prometheus_client", ours=(REPORTS,)),
    "outside": _adapter("aiohttp", "yarl"),
    "outside.answer": Layer(ours=(CORE,), never=DECIDING, library=CORE_LIBRARY | {"json"}, waits=False),
    "board": _adapter("rich"),
    "alarms": _adapter(),
    "logs": Layer(ours=(SETTINGS,), vendors=("structlog",)),
    # Which revision speaks to whom is decided by what decides it live; it reads nothing.
    "replay": Layer(
        ours=(CORE, "ivr_engine.flow", "ivr_engine.loading.revisions", *PORTS), vendors=("pydantic", "yaml")
    ),
    "replay.ladder_text": Layer(ours=(CORE, "ivr_engine.replay"), vendors=("rich",)),
    "replay.in_force": Layer(ours=("ivr_engine.flow", "ivr_engine.loading.revisions", *PORTS), waits=False),
    # The simulated switch speaks through the pure translators, so that every level is told by the same ones.
    "replay.simulator": Layer(
        ours=(
            CORE,
            "ivr_engine.flow",
            "ivr_engine.loading.revisions",
            "ivr_engine.replay",
            "ivr_engine.asterisk.actions",
            "ivr_engine.asterisk.hearing",
            "ivr_engine.asterisk.ringing",
            "ivr_engine.asterisk.told",
            "ivr_engine.asterisk.unheard",
            "ivr_engine.asterisk.translate",
            "ivr_engine.asterisk.visit_keys",
            "ivr_engine.outside.answer",
        ),
        waits=False,
    ),
    "voice": Layer(ours=("ivr_engine.flow",)),
    # Drives the core itself; its days are made up of YAML and seeded chance.
    "simulation": Layer(
        ours=(CORE, "ivr_engine.flow"), library=FLOW_LIBRARY | {"gc", "html", "random", "statistics"}, waits=False
    ),
    # Adds the journal up: told every moment, and reads nothing itself.
    "reports": Layer(
        ours=(CORE, "ivr_engine.replay.drawing"),
        never=DECIDING,
        library=CORE_LIBRARY | {"csv", "datetime", "hashlib", "html", "io", "json"},
        waits=False,
    ),
    # Only the API's question to others is asked across a wait.
    "reports.ports": Layer(ours=(REPORTS,), library=CORE_LIBRARY),
    "kept_talks": Layer(ours=(CORE, *PORTS), never=DECIDING),
    "kept_talks.folder": Layer(ours=(*PORTS,), waits=False),
    "settings": Layer(vendors=("pydantic", "pydantic_settings")),
    # What is in force comes from documents and from the database, and goes to the core.
    "loading": Layer(ours=(CORE, "ivr_engine.flow", "ivr_engine.storage", *PORTS), never=DECIDING),
    "loading.aside": Layer(ours=("ivr_engine.flow",)),
    "loading.watch": Layer(ours=("ivr_engine.flow",)),
    "loading.revisions": Layer(
        ours=(CORE, "ivr_engine.flow", *PORTS), never=DECIDING, library=FLOW_LIBRARY, waits=False
    ),
    "service": EVERYTHING,
    "__main__": EVERYTHING,
    "command_line": EVERYTHING,
    # The sandbox is the checkout's own tool chain: only the real switch needs it, and says so where it is missing.
    "conformance": Layer(ours=(PACKAGE,), vendors=(*EVERYTHING.vendors, "sandbox")),
    "pytest_plugin": PLUGIN,
    "pytest_scenarios": PLUGIN,
    "__init__": Layer(library=CORE_LIBRARY, waits=False),
}


def _is_in(name: str, parents: tuple[str, ...]) -> bool:
    return any(name == parent or name.startswith(f"{parent}.") for parent in parents)


def _layer(module: str) -> tuple[str, Layer] | None:
    """The layer of a module: the row with the longest name that fits."""
    inside = module.removeprefix(f"{PACKAGE}.")
    rows = [name for name in LAYERS if _is_in(inside, (name,))]
    return (row := max(rows, key=len), LAYERS[row]) if rows else None


def _imported(tree: ast.AST, module: str, *, is_package: bool) -> Iterator[tuple[int, str]]:
    """Each imported name with its line. `from X import a` counts as `X.a`, so that naming a parent hides nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                parts = module.split(".")
                above = parts[: len(parts) - node.level + (1 if is_package else 0)]
                origin = ".".join((*above, *([node.module] if node.module else [])))
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__":
            yield node.lineno, "importlib.__import__"


def violations(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """Every broken rule in one module, as `module:line: what`."""
    found = _layer(module)
    if found is None:
        return [f"{module}:1: no layer: give it a row in {Path(__file__).name}"]
    name, layer = found
    home = f"{PACKAGE}.{name}"
    tree = ast.parse(source)
    broken = []
    for line, imported in _imported(tree, module, is_package=is_package):
        top = imported.split(".")[0]
        if top == PACKAGE:
            allowed = _is_in(imported, (home, *layer.ours, VERSION)) and not _is_in(imported, layer.never)
        else:
            allowed = top in layer.library or _is_in(imported, layer.vendors)
        if module in MACHINES and _is_in(imported, (*MACHINES, f"{CORE}.engine")) and not _is_in(imported, (module,)):
            allowed = False
        if not allowed:
            broken.append(f"{module}:{line}: {name} may not import {imported}")
    if not layer.waits:
        waiting = ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await
        found_waiting = (node for node in ast.walk(tree) if isinstance(node, waiting))
        broken += [f"{module}:{node.lineno}: {name} decides and may not wait" for node in found_waiting]
    return broken


def _modules() -> list[tuple[str, Path]]:
    found = []
    for path in sorted((TOP / PACKAGE).rglob("*.py")):
        parts = path.relative_to(TOP).with_suffix("").parts
        found.append((".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts), path))
    return found


def test_given_the_package_when_its_imports_are_walked_then_every_layer_keeps_its_rules() -> None:
    modules = _modules()
    assert len(modules) > 10, "the walk has lost the package"
    broken = [
        line
        for module, path in modules
        for line in violations(module, path.read_text(), is_package=path.name == "__init__.py")
    ]
    assert not broken, "\n" + "\n".join(broken)


def test_given_facts_that_stand_in_rooms_when_imported_then_from_the_house_alone() -> None:
    houses = (f"{CORE}.events", f"{CORE}.notices")
    rooms = {module for module, _ in _modules() if _is_in(module, houses) and module not in houses}
    broken = [
        f"{module}:{line}: import it from {imported.rpartition('.')[0].rpartition('.')[0]}"
        for module, path in _modules()
        if not _is_in(module, houses)
        for line, imported in _imported(ast.parse(path.read_text()), module, is_package=path.name == "__init__.py")
        if _is_in(imported, tuple(rooms))
    ]
    assert rooms
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.engine", "import asyncio"),
        ("core.engine", "from time import monotonic"),
        ("core.queue", "import random"),
        ("core.queue", "import uuid"),
        ("core.errors", "import logging"),
        ("core.errors", "import os.path"),
        ("core.codec", "import json"),
        ("core.routing", "async def f(): pass"),
        ("core.routing", "def f():\n    import datetime"),
        ("core.routing", "if TYPE_CHECKING:\n    import ivr_engine.runtime.ports"),
        ("core.routing", "__import__('time')"),
        ("core.routing", "import yaml"),
        ("core.events", "from ..flow import source"),
        ("core.events", "from .. import flow"),
        ("core.agent", "from ivr_engine.core.contact import Contact"),
        ("core.agent", "from ivr_engine.core import offer"),
        ("core.contact", "from . import transfer"),
        ("core.transfer", "from .engine import Engine"),
        ("flow.interpreter", "import ivr_engine.runtime.ports"),
        ("flow.interpreter", "import time"),
        ("flow.interpreter", "from ivr_engine.core.engine import Engine"),
        ("flow.hours", "import aiohttp"),
        ("flow.interpreter", "async def f(): pass"),
        ("runtime.reactor", "import structlog"),
        ("runtime.reactor", "from ivr_engine.asterisk import ami"),
        ("asterisk.ami", "from ivr_engine.storage import journal"),
        ("asterisk.ami", "import aiohttp"),
        ("asterisk.agi", "import sqlalchemy"),
        ("asterisk.agi", "from sqlalchemy import select"),
        ("asterisk.ami", "from ivr_engine.core.engine import Engine"),
        ("asterisk.translate.talks", "import asyncio"),
        ("asterisk.legs", "from ivr_engine.runtime.reactor import Reactor"),
        ("asterisk.legs", "from ivr_engine.runtime import reactor"),
        ("storage.journal", "from ivr_engine.api import feed"),
        ("storage.journal", "import panoramisk"),
        ("api.app", "from ivr_engine import metrics"),
        ("api.app", "import sqlalchemy"),
        ("api.app", "import ivr_engine.service"),
        ("metrics.queues", "from ivr_engine.api import app"),
        ("metrics.outside", "import aiohttp"),
        ("replay.simulator", "from ivr_engine.asterisk import ami"),
        ("replay.simulator.link", "from ivr_engine.asterisk.switch import AsteriskSwitch"),
        ("replay.simulated", "from ivr_engine.asterisk.translate.user_events import facts"),
        ("settings", "from ivr_engine.core import vocabulary"),
        ("service", "import requests"),
        ("surprise", "import typing"),
    ],
)
def test_given_a_planted_import_when_it_is_checked_then_it_is_found(module: str, source: str) -> None:
    assert len(violations(f"{PACKAGE}.{module}", source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.engine", "from ivr_engine.core import agent, contact, offer, transfer"),
        ("core.engine", "import heapq\nfrom .queue import Queue"),
        ("core.agent", "from ivr_engine.core.machine import Table"),
        ("flow.source", "import yaml\nfrom pathlib import Path\nfrom ivr_engine.core.conversation import Play"),
        ("runtime.reactor", "import asyncio\nfrom ivr_engine.core.engine import Engine\nfrom .ports import Journal"),
        (
            "replay.simulator.link",
            "from ivr_engine.asterisk.translate.user_events import facts\nfrom ivr_engine.core.engine import Engine",
        ),
        ("asterisk.agi", "from asterisk.agi import AGI\nfrom sqlalchemy.util.concurrency import await_"),
        ("asterisk.translate.words", "import re\nfrom ivr_engine.asterisk.ami_wire import AmiMessage"),
        ("storage.journal", "import sqlalchemy.ext.asyncio\nfrom ivr_engine.core.events import Event"),
        (
            "api.app",
            "from aiohttp import web\nfrom ivr_engine import __version__, settings",
        ),
        (
            "service",
            "import structlog\nfrom ivr_engine import api, storage\nfrom ivr_engine.core import engine",
        ),
    ],
)
def test_given_an_import_that_the_design_allows_when_it_is_checked_then_nothing_is_found(
    module: str, source: str
) -> None:
    assert violations(f"{PACKAGE}.{module}", source) == []


def test_given_a_relative_import_in_a_package_file_when_it_is_checked_then_it_means_the_package_itself() -> None:
    assert violations("ivr_engine.api", "from .app import App", is_package=True) == []
    assert violations("ivr_engine.api", "from ..storage import journal", is_package=True) != []
