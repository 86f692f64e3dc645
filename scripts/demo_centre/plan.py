"""What everybody will do, drawn from a seed before anything starts. Pure: the same seed gives the same plan.

Arrivals are Poisson. What a citizen does is dealt from shuffled decks rather than thrown each time, so that thirty
calls already show everything: who hangs up in the greeting, who loses patience, who dials a number that is nobody's,
who is handed to an official. Talks last seconds, not minutes, so that a viewer sees a day's variety in one.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Literal, TypeVar

import yaml

from sandbox.phones import Conduct, Key

MOST_CALLS = 9_999
"""Callers are told apart by four digits (the feed shows no more of a number): some three hours at one call a second."""

CITIZENS = "0100000"
"""First digits of every citizen's number. No mobile number in Korea goes on with a 0 after 010, so it is nobody's."""

NOBODYS_NUMBER = "0299999999"
"""A number that is in no registry."""

LOAD = 0.6
"""Share of the counsellors' time that the talks take, whatever the rate: busy enough for waiting, not for despair."""

LONGEST_STAY_MS = 60_000
"""The patience of the patient; with it every call ends, whatever else happens."""

TOPICS = {"1": "transport", "2": "water", "91": "english", "0": "general"}
"""Keys of the main flow, and the skill that they ask for. Desks that close in the evening are called at their old
numbers only, because a demo is shown at any hour."""

BETWEEN_MENUS_MS = 1_500
"""After 9 the languages are offered, English first."""

BETWEEN_TALKS_MS = 2_800
"""A ring and a wrap-up, on average."""

SHORTEST_TALK_MS, LONGEST_TALK_MS = 1_500, 30_000

MOST_REFUSING = {"decline": 3, "silent": 1}
"""Counsellors who refuse one citizen: a silent phone takes ten seconds of the promise, two would take it whole."""

Card = TypeVar("Card")
Act = Literal["stays", "leaves_talk", "hangs_up_early", "loses_patience", "misdials"]
Ending = Literal["complete", "cancel", "conference", "busy", "silent"]

_ACTS: tuple[Act, ...] = (
    *("stays",) * 21,
    *("leaves_talk",) * 5,
    *("loses_patience",) * 2,
    "hangs_up_early",
    "misdials",
)
_CONSULTS: tuple[Ending | None, ...] = (
    *("complete",) * 3,
    *("cancel", "conference", "busy"),
    *(None,) * 17,
)
_SELDOM: tuple[Ending | None, ...] = (*("complete", "complete", "cancel", "conference", "silent"), *(None,) * 17)
_REFUSALS: tuple[Literal["decline", "silent"] | None, ...] = (*("decline",) * 3, *("silent",) * 2, *(None,) * 25)


@dataclass(frozen=True, slots=True)
class Consult:
    """A warm transfer: whom the agent asks, when in the talk, and how it is meant to end."""

    entry: str
    after_ms: int
    speaks_ms: int
    ending: Ending
    hold_first: bool


@dataclass(frozen=True, slots=True)
class Citizen:
    """One call. `refused_by`: agents whose phone would decline it, or ring until it is taken away."""

    ordinal: int
    dials_at_ms: int
    number: str
    act: Act
    stay_ms: int
    keys: tuple[Key, ...]
    ring_ms: int
    talk_ms: int
    wrap_up_ms: int
    refused_by: Mapping[str, Literal["decline", "silent"]] = field(default_factory=dict)
    consult: Consult | None = None

    @property
    def caller(self) -> str:
        return f"{CITIZENS}{self.ordinal:04d}"


@dataclass(frozen=True, slots=True)
class Break:
    """An agent leaves the desk for a moment."""

    agent: str
    at_ms: int
    lasts_ms: int


@dataclass(frozen=True, slots=True)
class Cast:
    """Who there is: agents, the old numbers, officials."""

    agents: Mapping[str, frozenset[str]]
    """Agent → skills."""
    city_numbers: Mapping[str, str]
    """Number → the skill that its queue requires."""
    district_numbers: Mapping[str, str]
    officials: Mapping[str, str]
    """Directory entry → the number behind which the official sits."""


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    rate: float
    citizens: tuple[Citizen, ...]
    breaks: tuple[Break, ...]


def cast_of(agents_csv: Path, dialplans: Path, directory_csv: Path) -> Cast:
    """The people and numbers of these documents."""
    with agents_csv.open(newline="", encoding="utf-8") as file:
        agents = {row["agent"]: frozenset(re.findall(r"(\w+):\d", row["skills"])) for row in csv.DictReader(file)}
    with directory_csv.open(newline="", encoding="utf-8") as file:
        officials = {row["entry"]: row["number"] for row in csv.DictReader(file)}
    registry = yaml.safe_load((dialplans / "numbers.yaml").read_text(encoding="utf-8"))
    queues = yaml.safe_load((dialplans / "queues.yaml").read_text(encoding="utf-8"))["queues"]
    old: dict[str, dict[str, str]] = {"city": {}, "district": {}}
    for number, entry in registry["numbers"].items():
        if "agency" in entry:
            kind = registry["agencies"][entry["agency"]]["kind"]
            old[kind][number] = queues[entry["queue"]]["requirement"]
    return Cast(agents, old["city"], old["district"], officials)


def draw(cast: Cast, *, calls: int, rate: float, seed: int) -> Plan:
    """The plan for that many calls, `rate` a second on average. Raises ValueError beyond MOST_CALLS."""
    if not 1 <= calls <= MOST_CALLS:
        raise ValueError(f"a plan is for 1 to {MOST_CALLS} calls")
    chance = random.Random(seed)
    citizens = tuple(islice(_citizens(cast, rate, chance), calls))
    return Plan(seed, rate, citizens, tuple(_breaks(cast, citizens[-1].dials_at_ms, chance)))


def conducts(plan: Plan) -> dict[str, Conduct]:
    """How the agents' phones behave towards each citizen, by the keys of `Callees`."""
    phones: dict[str, Conduct] = {}
    for citizen in plan.citizens:
        phones[f"/{citizen.caller}"] = Conduct(ring_ms=citizen.ring_ms, talk_ms=citizen.talk_ms)
        for agent, does in citizen.refused_by.items():
            phones[f"{agent}/{citizen.caller}"] = Conduct(does, ring_ms=citizen.ring_ms)
    return phones


def official_does(entry: str) -> Literal["answer", "busy", "silent"]:
    """Officials have their ways: every seventh talks to somebody else, every eleventh is out."""
    position = int(entry) % 77
    return "busy" if position % 7 == 0 else "silent" if position % 11 == 0 else "answer"


def officials_conducts(cast: Cast, seed: int) -> dict[str, Conduct]:
    """How the officials' phones behave, by number."""
    chance = random.Random(f"officials {seed}")
    return {
        number: Conduct(official_does(entry), ring_ms=chance.randint(500, 1_500), talk_ms=chance.randint(4_000, 7_000))
        for entry, number in cast.officials.items()
    }


def _citizens(cast: Cast, rate: float, chance: random.Random) -> Iterator[Citizen]:
    talk_ms = _mean_talk_ms(len(cast.agents), rate)
    acts, refusals = _deck(_ACTS, chance), _deck(_REFUSALS, chance)
    consults, seldom = _deck(_CONSULTS, chance), _deck(_SELDOM, chance)
    at_ms = 0.0
    for ordinal in count(1):
        at_ms += chance.expovariate(rate) * 1_000
        act, refusal = next(acts), next(refusals)
        ending = (next(consults) if ordinal % 2 else next(seldom)) if act == "stays" else None
        consult = _consult(cast, ending, chance) if ending else None
        number, skill, keys, flow_ms = _dialling(cast, act, chance)
        talks_ms = round(min(max(chance.gammavariate(4, talk_ms / 4), SHORTEST_TALK_MS), LONGEST_TALK_MS))
        if consult is not None:
            talks_ms += consult.after_ms + consult.speaks_ms + 4_000  # rings, answers, and a last word
        able = [agent for agent, skills in cast.agents.items() if skill in skills]
        most = min(MOST_REFUSING[refusal], len(able) // 2) if refusal else 0  # never all: somebody takes the citizen
        refusing = chance.sample(able, most)
        yield Citizen(
            ordinal=ordinal,
            dials_at_ms=round(at_ms),
            number=number,
            act=act,
            stay_ms=_stay_ms(act, flow_ms, talk_ms, chance),
            keys=keys,
            ring_ms=chance.randint(300, 1_300),
            talk_ms=talks_ms,
            wrap_up_ms=chance.randint(500, 3_000),
            refused_by={agent: refusal for agent in refusing if refusal},
            consult=consult,
        )


def _mean_talk_ms(agents: int, rate: float) -> float:
    return min(max(LOAD * agents / rate * 1_000 - BETWEEN_TALKS_MS, 2_000), 12_000)


def _deck(cards: Sequence[Card], chance: random.Random) -> Iterator[Card]:
    while True:
        yield from chance.sample(cards, len(cards))


def _dialling(cast: Cast, act: Act, chance: random.Random) -> tuple[str, str, tuple[Key, ...], int]:
    """Number, skill that it will ask for, keys, and how long the flow goes on after the last of them."""
    if act == "misdials":
        return NOBODYS_NUMBER, "", (), 4_000
    if chance.random() < 0.4:
        numbers = cast.city_numbers if chance.random() < 0.7 else cast.district_numbers
        number = chance.choice(tuple(numbers))
        return number, numbers[number], (), 1_600
    after_ms = chance.randint(2_000, 4_000)
    choice = chance.choice(("1", "2", "91", "0", "0"))
    after = tuple(Key(key, BETWEEN_MENUS_MS) for key in choice[1:])
    flow_ms = 3_500 if after else 200
    dice = chance.random()
    if dice < 0.08:  # no key: a person all the same, after the menu and a silence
        return "120", "general", (), 13_000
    if dice < 0.16:  # a key that is no choice, then the right one
        return "120", TOPICS[choice], (Key("7", after_ms), Key(choice[0], 3_000), *after), flow_ms
    return "120", TOPICS[choice], (Key(choice[0], after_ms), *after), flow_ms


def _stay_ms(act: Act, flow_ms: int, talk_ms: float, chance: random.Random) -> int:
    """How long the citizen stays after the answer and the last key, if nobody else hangs up."""
    match act:
        case "hangs_up_early":
            return chance.randint(200, 1_200)
        case "loses_patience":
            return flow_ms + chance.randint(100, 2_500)
        case "leaves_talk":
            return flow_ms + 2_000 + round(chance.uniform(0.3, 0.9) * talk_ms)
        case _:
            return LONGEST_STAY_MS


def _consult(cast: Cast, ending: Ending, chance: random.Random) -> Consult:
    does = {"busy": "busy", "silent": "silent"}.get(ending, "answer")
    entries = [entry for entry in cast.officials if official_does(entry) == does]
    return Consult(
        entry=chance.choice(entries),
        after_ms=chance.randint(1_000, 2_000),
        speaks_ms=chance.randint(1_000, 2_500),
        ending=ending,
        hold_first=chance.random() < 0.5,
    )


def _breaks(cast: Cast, until_ms: int, chance: random.Random) -> Iterator[Break]:
    at_ms = chance.expovariate(1 / 15_000)
    while at_ms < until_ms:
        yield Break(chance.choice(tuple(cast.agents)), round(at_ms), chance.randint(4_000, 9_000))
        at_ms += chance.expovariate(1 / 25_000)
