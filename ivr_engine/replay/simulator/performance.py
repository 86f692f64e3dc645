"""A scenario performed on a switch: who dials when, what the world does, and which fact sets off which act.

The same for every level that has the model of the switch: what differs is the engine's side (`Centre`), which is the
core in this process, or the real adapters behind sockets.
"""

from collections.abc import Callable
from typing import Protocol

from ivr_engine.core.events import Event, PresenceChosen, WrapUpExtended, WrapUpFinished
from ivr_engine.core.vocabulary import AgentId, Presence, TransferState
from ivr_engine.replay.history import MUSIC, USUAL_MUSIC, Happened, Verb
from ivr_engine.replay.journal_facts import Names, callers_of
from ivr_engine.replay.scenario import By, Happening, Scenario, Trigger, WorldAct
from ivr_engine.replay.simulator.exchange import Exchange
from ivr_engine.replay.simulator.legs import Leg
from ivr_engine.replay.simulator.phones import AgentDesk, CitizenPhone, Exchanges
from ivr_engine.replay.simulator.sounds import Sounds
from ivr_engine.replay.virtual import Timeline

FEATURE_CODES = {Presence.AVAILABLE: "*11", Presence.ON_BREAK: "*12", Presence.LOGGED_OUT: "*13"}
AFTER_CONTACT_CODES = {Presence.ON_BREAK: "*16", Presence.LOGGED_OUT: "*17"}
WRAP_UP_CODES = {Happening.WRAP_UP_FINISHED: "*14", Happening.WRAP_UP_EXTENDED: "*15"}

ENGINE_WORDS = {
    Happening.ENGINE_KILLED: "killed",
    Happening.ENGINE_STARTED: "started",
    Happening.ENGINE_FROZEN: "frozen",
}
THAWED = "thawed"

_WAITING = frozenset({"IvrQueued", "IvrFallback"})

_TRIGGERS_OF_TRANSFER = {
    TransferState.HELD.value: Trigger.HELD,
    TransferState.CONSULTING.value: Trigger.CONSULTING,
    TransferState.HANDED_OVER.value: Trigger.HANDED_OVER,
}


class Centre(Protocol):
    """The engine's side, as people and the world reach it."""

    def ask(self, event: Event) -> None:
        """A person's request by API; a refusal is the person's to hear."""

    def world(self, act: WorldAct) -> None:
        """What the world does to engine, link or documents (not to phones or the switch itself)."""

    def switch_is_back(self) -> None:
        """A restarted switch takes connections again."""


class Performance:
    """One scenario on one exchange. `tell` takes what phones hear and press, and what the world does."""

    def __init__(
        self,
        scenario: Scenario,
        time: Timeline,
        exchange: Exchange,
        sounds: Sounds,
        names: Names,
        centre: Centre,
        tell: Callable[[Happened], None],
    ) -> None:
        self._scenario = scenario
        self._time = time
        self._exchange = exchange
        self._sounds = sounds
        self._names = names
        self._centre = centre
        self._tell = tell
        self._directory = {plan.entry: plan.number for plan in scenario.recipients}
        callers = callers_of(scenario)
        self.citizens = {
            plan.name: CitizenPhone(exchange, plan, callers[plan.name], self.tells) for plan in scenario.citizens
        }
        self.agents = {plan.id: AgentDesk(exchange, plan, centre.ask, self._directory.get) for plan in scenario.agents}
        self._by_leg: dict[str, CitizenPhone] = {}
        self._music: dict[str, str] = {}
        """Leg → what has played since the last sentence."""
        exchange.phones = Exchanges(exchange, self.agents.values(), scenario.recipients, self.citizens.values())
        exchange.hears = self._hears
        exchange.plays = self._plays
        exchange.length_ms = sounds.length_ms
        exchange.says = self._says

    def number_of(self, entry: str) -> str | None:
        """The directory: the number behind an entry."""
        return self._directory.get(entry)

    def begin(self) -> None:
        """Now is the scenario's zero: everything with a fixed time is put into the timeline."""
        for citizen in self.citizens.values():
            self._time.after(citizen.plan.arrives_ms, self._dial, citizen)
        for act in self._scenario.world:
            self._time.after(act.at_ms, self._world, act)

    def happened(self, fact: Happened) -> None:
        """A fact of the journal; acts that waited for it become due."""
        verb = fact.verb
        if verb is Verb.AGENT:
            desk = self.agents.get(fact.subject)
            if desk is not None:
                desk.happened(fact)
            return
        citizen = self.citizens.get(fact.subject)
        if citizen is None:
            return
        if verb is Verb.CONNECTED:
            citizen.happens(Trigger.CONNECTED)
            desk = self.agents.get(fact.details["agent"])
            if desk is not None:
                desk.happened(fact)
        elif verb is Verb.QUEUED:
            citizen.happens(Trigger.QUEUED if fact.details["returns"] == "0" else Trigger.RETURNED)
        elif verb is Verb.OFFERED:
            citizen.happens(Trigger.RINGING)
        elif verb is Verb.TRANSFER:
            trigger = _TRIGGERS_OF_TRANSFER.get(fact.details["state"])
            if trigger is not None:
                citizen.happens(trigger)

    # ── citizens ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _dial(self, citizen: CitizenPhone) -> None:
        leg = citizen.dial()
        if leg is not None:
            self._by_leg[leg.uniqueid] = citizen
            self._names.bind(leg.uniqueid, citizen.plan.name)

    def _hears(self, leg: Leg, file: str) -> None:
        self._music.pop(leg.uniqueid, None)
        citizen = self._by_leg.get(leg.uniqueid)
        if citizen is not None:
            citizen.hears(*self._sounds.prompt(file))

    def _plays(self, leg: Leg, music: str) -> None:
        """Of everybody's music nothing is told, as of silence."""
        before = self._music.get(leg.uniqueid, USUAL_MUSIC)
        self._music[leg.uniqueid] = music
        citizen = self._by_leg.get(leg.uniqueid)
        if citizen is not None and music not in (before, USUAL_MUSIC):
            citizen.hears(f"{MUSIC}{music}", "")

    def _says(self, leg: Leg, name: str) -> None:
        if name in _WAITING:
            citizen = self._by_leg.get(leg.uniqueid)
            if citizen is not None:
                citizen.waits()

    def tells(self, verb: Verb, who: str, details: dict[str, str]) -> None:
        self._tell(Happened(self._time.now_ms - self._names.zero_ms, verb, who, details))

    # ── the world ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _world(self, act: WorldAct) -> None:
        match act.what:
            case Happening.PRESENCE if act.by is By.PHONE:
                codes = AFTER_CONTACT_CODES if act.after_contact else FEATURE_CODES
                self.agents[act.agent].dial(codes[Presence(act.value)])
            case Happening.PRESENCE:
                chosen = PresenceChosen(AgentId(act.agent), Presence(act.value), act.reason, act.after_contact)
                self._centre.ask(chosen)
            case Happening.WRAP_UP_FINISHED | Happening.WRAP_UP_EXTENDED if act.by is By.PHONE:
                self.agents[act.agent].dial(WRAP_UP_CODES[act.what])
            case Happening.WRAP_UP_EXTENDED:
                self._centre.ask(WrapUpExtended(AgentId(act.agent)))
            case Happening.WRAP_UP_FINISHED:
                self._centre.ask(WrapUpFinished(AgentId(act.agent)))
            case Happening.SWITCH_RESTARTED:
                self._exchange.runs = False
                self._exchange.restart()
                self._centre.world(act)
                self._time.after(act.lasts_ms, self._switch_starts)
            case Happening.CLOCK_SET:
                self._exchange.clock_ahead_ms += act.by_ms
            case Happening.ENGINE_KILLED | Happening.ENGINE_STARTED | Happening.ENGINE_FROZEN:
                self._engine(ENGINE_WORDS[act.what])
                self._centre.world(act)
                if act.what is Happening.ENGINE_FROZEN:
                    self._time.after(act.lasts_ms, self._engine, THAWED)
            case _:
                self._centre.world(act)

    def _engine(self, word: str) -> None:
        self.tells(Verb.ENGINE, "", {word: "true"})

    def _switch_starts(self) -> None:
        self._exchange.runs = True
        self._centre.switch_is_back()
