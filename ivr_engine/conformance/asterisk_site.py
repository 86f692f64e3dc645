"""One scenario's own centre: a real Asterisk, a real engine process, a database, documents, and a wire that can break.

Nothing is shared between scenarios, so any number of them run side by side. What would cost seconds of CPU for each
(migrations, imports by the command line) is done once, or inside this process.
"""

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from ivr_engine.conformance.asterisk_documents import copied
from ivr_engine.conformance.asterisk_ears import Ears
from ivr_engine.conformance.asterisk_people import People
from ivr_engine.conformance.asterisk_proxy import AmiProxy
from ivr_engine.conformance.offices import HttpOffices
from ivr_engine.core.configuration import QueueSettings
from ivr_engine.replay.revisions import loaded
from ivr_engine.replay.scenario import Scenario
from ivr_engine.replay.shipped import dialplans as shipped_dialplans
from sandbox import ports
from sandbox.engine import EngineProcess
from sandbox.nursery import Nursery
from sandbox.switch import Switch

DATABASE = "ivr-engine.sqlite3"
"""As `EngineProcess` names it in its folder."""

RTP_PORTS = 200
"""Two for each leg with media: fifty legs at once, in one scenario."""


@dataclass(slots=True)
class Site:
    """What a director and the phones need of it."""

    scenario: Scenario
    folder: Path
    switch: Switch
    engine: EngineProcess
    proxy: AmiProxy
    ears: Ears
    agent_port: int
    office_port: int
    documents: Path
    """The folder that the scenario runs on; its recordings are the switch's."""
    revisions: int = 0

    @property
    def database(self) -> Path:
        return self.folder / DATABASE

    def load_revision(self, folder: Path) -> None:
        """Puts other documents where the engine looks; it is for the caller to send SIGHUP."""
        self.revisions += 1
        documents = copied(folder, self.folder / f"dialplans-{self.revisions}", self.scenario, loaded(folder).hours)
        link = self.folder / "dialplans"
        fresh = self.folder / "dialplans-next"
        fresh.symlink_to(documents)
        fresh.replace(link)

    async def database_away(self, lasts_ms: int) -> None:
        """Nobody else can write for so long: the file is locked, as by a backup that hangs."""
        with closing(sqlite3.connect(self.database, isolation_level=None, timeout=5.0)) as other:
            other.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(lasts_ms / 1_000)
            other.execute("ROLLBACK")


@asynccontextmanager
async def opened(scenario: Scenario, people: People, nursery: Nursery) -> AsyncIterator[Site]:
    """The whole of it, running, everybody at the presence that the scenario gives them; gone afterwards.

    Its database is a copy of one of `people`, the engine comes from `nursery`. Raises what the sandbox raises:
    SwitchFailed, EngineFailed, ToolError, PortsTaken.
    """
    agent_port, office_port = ports.reserve(udp_only=True), ports.reserve(udp_only=True)
    folder = Path(tempfile.mkdtemp(prefix="ivr-scenario-"))
    secret = Ears.secret()
    documents = scenario.dialplans or shipped_dialplans()
    revision = loaded(documents)
    names = [agent.id for agent in scenario.agents]
    switch = Switch(
        agents=names,
        agent_contact_port=agent_port.first,
        office_port=office_port.first,
        unregistered=[agent.id for agent in scenario.agents if not agent.registered],
        rtp_ports=RTP_PORTS,
        additions={"manager.conf": Ears.account(secret), "musiconhold.conf": _music(revision.queues)},
    )
    try:
        offices = HttpOffices(scenario.outside)
        async with switch, AmiProxy(switch.ami_port) as proxy, Ears(switch.ami_port, secret) as ears, offices:
            shutil.copy(await people.database(scenario.agents, scenario.recipients), folder / DATABASE)
            own = copied(documents, folder / "dialplans-0", scenario, revision.hours)
            offices.lead_here(own, revision.flows.values())
            (folder / "dialplans").symlink_to(own)
            _speak_from(switch, documents / "prompts")
            engine = EngineProcess(
                switch,
                folder,
                dialplans=folder / "dialplans",
                environment={
                    "IVR_AMI_PORT": str(proxy.port),
                    # citizens who are called back are phones of the same SIPp as the officials
                    "IVR_CITIZEN_ENDPOINT": "PJSIP/{number}@ivr-office",
                    **offices.environment(),
                },
                nursery=nursery,
            )
            site = Site(scenario, folder, switch, engine, proxy, ears, agent_port.first, office_port.first, documents)
            try:
                await engine.start()
                for agent in scenario.agents:
                    if agent.presence != "logged_out":
                        await engine.put(f"/v1/agents/{agent.id}/presence", presence(agent.presence))
                yield site
            finally:
                await engine.stop()
    finally:
        agent_port.release()
        office_port.release()
        shutil.rmtree(folder, ignore_errors=True)


def presence(choice: str, reason: str = "", *, after_contact: bool = False) -> dict[str, object]:
    """The body of a request that chooses it."""
    said: dict[str, object] = {"presence": choice, "reason": reason} if reason else {"presence": choice}
    return {**said, "after_contact": True} if after_contact else said


def _music(queues: Iterable[QueueSettings]) -> str:
    """The classes that an operator's queues name are the operator's own to write: here they are."""
    return "\n".join(f"[{name}]\nmode = files\ndirectory = moh\n" for name in {one.music for one in queues} - {""})


def _speak_from(switch: Switch, prompts: Path) -> None:
    """The switch plays the recordings of these documents."""
    link = switch.directory / "data/sounds/ivr"
    link.unlink(missing_ok=True)
    if prompts.is_dir():
        link.symlink_to(prompts.resolve())
