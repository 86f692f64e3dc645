"""One scenario on its own real Asterisk, from the first ring to the account of what happened.

The account has three sources that know nothing of each other: the engine's journal in its database, the switch's own
events (heard, pressed), and the phones, whose clock gives the scenario's zero.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager

import aiohttp

from ivr_engine.conformance import asterisk_phones
from ivr_engine.conformance.asterisk_account import Account
from ivr_engine.conformance.asterisk_director import Director
from ivr_engine.conformance.asterisk_moments import zero_of
from ivr_engine.conformance.asterisk_people import People
from ivr_engine.conformance.asterisk_site import Site, opened
from ivr_engine.replay.history import History
from ivr_engine.replay.journal_facts import callers_of
from ivr_engine.replay.scenario import Happening, Scenario
from ivr_engine.replay.simulated import Run
from ivr_engine.replay.simulator.recovery import Entry
from ivr_engine.runtime.ports import JournalEntry
from ivr_engine.storage import recovery
from ivr_engine.storage.database import Database
from sandbox.engine import EngineFailed
from sandbox.nursery import Nursery
from sandbox.phones import Callees, Callers

LEAD_MS = 200
"""From the moment at which the citizens' SIPp listens to the scenario's zero: time to plan what has a time."""

GRACE_SECONDS = 10.0
"""How much longer than in virtual time a run may take before it is called unfinished: one phone more than foreseen rang
in vain."""

QUIET_SECONDS = 0.3
"""After the last thing foreseen: what should not happen has so long to show itself."""

LOOK_SECONDS = 0.1
"""Between two questions whether all is over; the API allows fifty a second."""

DIALS_A_SECOND = 1_000.0
"""SIPp opens its calls one after another; each call then waits for its own moment."""

ENTRIES_A_PAGE = 1_000
LIVES = 50
"""Starts of the engine in one scenario."""


async def perform(
    scenario: Scenario, foreseen: History, people: People, nursery: Nursery, starting: asyncio.Semaphore
) -> Run:
    """Runs it. `foreseen` is the history of the simulated level, `people` and `nursery` have databases and engines.

    `starting` is held while switch, engine and phones start, which is what takes CPU: where all start at once, the
    calls of those that are up already are late.

    Raises what `asterisk_site.opened` and SIPp raise; whatever it raises, nothing is left running.
    """
    numbers = callers_of(scenario)
    async with AsyncExitStack() as stack:
        await starting.acquire()
        started = stack.enter_context(_once(starting.release))
        site = await stack.enter_async_context(opened(scenario, people, nursery))
        registered = [agent for agent in scenario.agents if agent.registered]
        if registered:
            await stack.enter_async_context(Callees(asterisk_phones.agents(scenario), port=site.agent_port))
        outside = asterisk_phones.outside(scenario.recipients, scenario.citizens, numbers)
        if outside:
            await stack.enter_async_context(Callees(outside, port=site.office_port))
        director = Director(site)
        stack.push_async_callback(director.finish)
        await director.listen()
        citizens = None
        if scenario.citizens:
            calls = asterisk_phones.calls(scenario, foreseen, numbers, LEAD_MS)
            citizens = await stack.enter_async_context(Callers(site.switch, calls, rate=DIALS_A_SECOND))
        started()
        zero = asyncio.get_running_loop().time() + LEAD_MS / 1_000
        zero_wall_ms = time.time_ns() // 1_000_000 + LEAD_MS
        director.begin(zero)
        unfinished = await _until_over(site, director, citizens, zero, foreseen)
        metrics = await _metrics(site)
        entries = [entry async for entry in _journal(site)]
        sounds = tuple(site.ears.sounds)
        phones = citizens.facts() if citizens is not None else []
        if citizens is not None:
            began = ((call.name, round(call.began_at * 1_000)) for call in citizens.seen())
            zero_wall_ms = zero_of(scenario, began, numbers) or zero_wall_ms
    account = Account(scenario, foreseen, zero_wall_ms, site.documents)
    return Run(
        history=account.history(entries, sounds, [*director.facts, *account.spoken(phones, numbers)], metrics),
        entries=tuple(_entry(entry) for entry in entries),
        problems=_problems(metrics, unfinished),
        limit_hit=bool(unfinished),
        illegal_events=tuple(director.notes),
    )


@contextmanager
def _once(release: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Calls it when it is called, or at the end: one time."""
    left = [release]

    def call() -> None:
        if left:
            left.pop()()

    try:
        yield call
    finally:
        call()


def _problems(metrics: Mapping[str, float], unfinished: str) -> tuple[str, ...]:
    problems = []
    if unfinished:
        problems.append(f"not over {GRACE_SECONDS:g} s after everything that was foreseen: {unfinished}")
    bugs = sum(value for name, value in metrics.items() if name.startswith("ivr_bugs_total"))
    if bugs:
        problems.append(f"the engine counted {bugs:g} bugs")
    return tuple(problems)


def _entry(entry: JournalEntry) -> Entry:
    return Entry(entry.epoch, entry.seq, entry.at_ms, entry.event, entry.commands, entry.notices)


async def _until_over(site: Site, director: Director, citizens: Callers | None, zero: float, foreseen: History) -> str:
    """Waits until everything foreseen must have happened and everybody is at rest; what is not, if that takes long."""
    clock = asyncio.get_running_loop().time
    earliest = zero + max((fact.at_ms for fact in foreseen.facts), default=0) / 1_000 + QUIET_SECONDS
    # A phone does not learn that the switch died: its call goes on for it, and nobody is there.
    deaf = any(act.what is Happening.SWITCH_RESTARTED for act in site.scenario.world)
    await asyncio.sleep(max(0.0, earliest - clock()))
    while True:
        if citizens is not None and citizens.running() and not deaf:
            unfinished = "a citizen's phone is on the line"
        elif director.pending:
            unfinished = f"{director.pending} acts are not done"
        else:
            unfinished = await _restless(site)
        if not unfinished or clock() > earliest + GRACE_SECONDS:
            return unfinished
        await asyncio.sleep(LOOK_SECONDS)


async def _restless(site: Site) -> str:
    """Who is not at rest; "" when nobody is, and of an engine that was killed for good."""
    try:
        contacts = await site.engine.contacts()
        agents = (await site.engine.get("/v1/agents"))["agents"]
    except (aiohttp.ClientError, OSError):
        return ""
    busy = [f"agent {agent['id']} is {agent['state']}" for agent in agents if agent["state"] != "idle"]
    return ", ".join([*(f"contact {contact['id']} is {contact['phase']}" for contact in contacts), *busy])


async def _metrics(site: Site) -> dict[str, float]:
    """Every sample of `/metrics`, once everything decided is in the database; none from an engine that is dead."""
    try:
        await site.engine.journal_settles()
        lines = (await site.engine.metrics()).splitlines()
    except (aiohttp.ClientError, OSError, EngineFailed):
        return {}
    samples = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


async def _journal(site: Site) -> AsyncIterator[JournalEntry]:
    database = await Database.open(site.engine.database_url)
    try:
        for epoch in range(1, LIVES + 1):
            after = -1
            while page := await recovery.entries(database, epoch, after, ENTRIES_A_PAGE):
                for entry in page:
                    yield entry
                after = page[-1].seq
    finally:
        await database.dispose()
