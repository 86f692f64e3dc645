"""Scenarios in a line or two: who calls, who answers, what the world does; the run, and its facts by subject."""

from ivr_engine.flow.diagnostics import Place
from ivr_engine.replay.history import Happened, Verb
from ivr_engine.replay.scenario import (
    AgentAct,
    AgentPlan,
    Answering,
    By,
    CitizenPlan,
    Conduct,
    HangUp,
    Happening,
    Press,
    QueueChange,
    RecipientPlan,
    Scenario,
    TalkAct,
    Trigger,
    When,
    WorldAct,
)
from ivr_engine.replay.simulated import Run, run

HERE = Place("stage.yaml", 1, 1)
MONDAY_MS = 1_795_392_000_000
CITY_HALL = "0200001001"
"""An old number: a greeting of 1.5 s, then a person of the general queue."""

QUEUED_MS = 1_491
"""When a citizen who dialled it at 0 stands in the queue: greeting, SIP and the visit's own moments."""


def hong(*acts: Press | HangUp, dials: str = CITY_HALL, **plan: object) -> CitizenPlan:
    return citizen("hong", *acts, dials=dials, **plan)


def citizen(name: str, *acts: Press | HangUp, dials: str = CITY_HALL, **plan: object) -> CitizenPlan:
    return CitizenPlan(name, dials, HERE, acts=acts, **plan)  # type: ignore[arg-type]


def agent(name: str = "1001", *conducts: Conduct, skills: str = "general", **plan: object) -> AgentPlan:
    levels = dict.fromkeys(skills.split(), 3)
    return AgentPlan(name, HERE, levels, conducts=conducts or (Conduct(),), **plan)  # type: ignore[arg-type]


def official(*conducts: Conduct) -> RecipientPlan:
    return RecipientPlan("7001", HERE, "0200007001", conducts or (Conduct(),))


def does(act: TalkAct, after_ms: int, by: By = By.API, nth: int = 1) -> AgentAct:
    return AgentAct(act, after_ms, HERE, entry="7001" if act is TalkAct.CONSULT else "", by=by, nth=nth)


def presses(keys: str, prompt: str, after_ms: int = 500) -> Press:
    return Press(keys, When(Trigger.HEARD, after_ms, prompt), HERE)


def hangs_up(trigger: Trigger, after_ms: int = 0, nth: int = 1) -> HangUp:
    return HangUp(When(trigger, after_ms, nth=nth), HERE)


def world(what: Happening, at_ms: int, **act: object) -> WorldAct:
    return WorldAct(what, at_ms, HERE, **act)  # type: ignore[arg-type]


def perform(*people: CitizenPlan | AgentPlan | RecipientPlan | WorldAct | QueueChange, **scenario: object) -> Run:
    """Runs it; a problem (a bug, an invariant, no end) fails the test unless it is expected."""
    expected = scenario.pop("problems", False)
    played = run(
        Scenario(
            name="stage",
            title="",
            place=HERE,
            starts_at_ms=MONDAY_MS,
            queues=tuple(one for one in people if isinstance(one, QueueChange)),
            agents=tuple(one for one in people if isinstance(one, AgentPlan)),
            recipients=tuple(one for one in people if isinstance(one, RecipientPlan)),
            citizens=tuple(one for one in people if isinstance(one, CitizenPlan)),
            world=tuple(one for one in people if isinstance(one, WorldAct)),
            **scenario,  # type: ignore[arg-type]
        )
    )
    assert expected or not played.problems, "\n".join([*played.problems, *map(str, played.history.facts)])
    return played


def told(played: Run, subject: str, *verbs: Verb) -> list[str]:
    """The most telling detail of each fact of these verbs."""
    return [_word(fact) for fact in played.history.of(subject) if fact.verb in verbs]


def when(played: Run, subject: str, verb: Verb, nth: int = 1) -> int:
    return [fact.at_ms for fact in played.history.of(subject) if fact.verb is verb][nth - 1]


_WORDS = {
    Verb.HEARD: "prompt",
    Verb.PRESSED: "keys",
    Verb.ARRIVED: "number",
    Verb.QUEUED: "queue",
    Verb.OFFERED: "agent",
    Verb.OFFER_ENDED: "result",
    Verb.CONNECTED: "agent",
    Verb.TRANSFER: "state",
    Verb.TRANSFER_ENDED: "result",
    Verb.ENDED: "disposition",
    Verb.AGENT: "state",
}


def _word(fact: Happened) -> str:
    return fact.details.get(_WORDS.get(fact.verb, ""), "") or str(fact.verb)


STORY = (
    Verb.QUEUED,
    Verb.OFFERED,
    Verb.OFFER_ENDED,
    Verb.CONNECTED,
    Verb.TRANSFER,
    Verb.TRANSFER_ENDED,
    Verb.FELL_BACK,
)


def story(played: Run, subject: str = "hong") -> str:
    """A life in one line."""
    return " ".join(told(played, subject, *STORY, Verb.ENDED))


__all__ = [
    "CITY_HALL",
    "HERE",
    "MONDAY_MS",
    "QUEUED_MS",
    "AgentPlan",
    "Answering",
    "By",
    "CitizenPlan",
    "Conduct",
    "Happening",
    "QueueChange",
    "TalkAct",
    "Trigger",
    "Verb",
]
