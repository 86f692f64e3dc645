"""A mistake planted in the dialplan's contexts is lived through by the people of a scenario, in milliseconds."""

from pathlib import Path

import pytest

from ivr_engine.replay.history import Verb
from ivr_engine.replay.scenario import Scenario, WorldAct
from ivr_engine.replay.simulated import Run, run
from ivr_engine.replay.simulator.plan import conf_folder
from ivr_engine.replay.simulator.site import Site, read_site
from tests.replay.stage import (
    HERE,
    MONDAY_MS,
    AgentPlan,
    CitizenPlan,
    Conduct,
    Happening,
    QueueChange,
    TalkAct,
    agent,
    does,
    hong,
    official,
    story,
    told,
    world,
)

STAYS = Conduct(talk_ms=None)


def site_with(folder: Path, sound: str, planted: str) -> Site:
    """Our contexts with one mistake. Fails when the place of the mistake is not there any more."""
    for name in ("extensions.conf", "features.conf", "queues.conf"):
        text = (conf_folder() / name).read_text()
        if name == "extensions.conf":
            assert sound in text, "the contexts changed: plant the mistake elsewhere"
            text = text.replace(sound, planted)
        (folder / name).write_text(text)
    return read_site(folder)


def lived(played: Run) -> tuple[object, ...]:
    """How it went for the citizen and how long, what both agents became, what was wrong."""
    ends = tuple(fact.at_ms for fact in played.history.of("hong") if fact.verb is Verb.ENDED)
    becomes = [told(played, name, Verb.AGENT) for name in ("1001", "1002")]
    return story(played), ends, becomes, played.problems


LATE = (
    hong(),
    agent("1001", Conduct(after_ms=2_900)),
    agent("1002"),
    QueueChange("general", ring_ms=3_000),
    world(Happening.EVENTS_DELAYED, 1_000, lasts_ms=20_000, by_ms=8_000),
)
HELD = (hong(), agent("1001", Conduct(talk_ms=40_000), acts=(does(TalkAct.HOLD, 2_000), does(TalkAct.RESUME, 9_000))))
CANCELLED = (
    hong(),
    agent("1001", Conduct(talk_ms=20_000), acts=(does(TalkAct.CONSULT, 2_000), does(TalkAct.CANCEL, 8_000))),
)
LEFT_ALONE = (hong(), agent("1001", presence="on_break"), world(Happening.ENGINE_KILLED, 3_000))

PLANTED = {
    "an offer without the lock": ('"${TRYLOCK(ivr-${IVR_CONTACT})}" = "1"', '"1" = "1"', LATE),
    "a talk that ends with the visit's timeout": (
        'Set(TIMEOUT(absolute)=0)\n same => n,GotoIf($["${IVR_OUTCOME:0:6}"',
        'NoOp()\n same => n,GotoIf($["${IVR_OUTCOME:0:6}"',
        HELD,
    ),
    "a cancelled official who takes the citizen": ('GotoIf($["${IVR_LET_GO}" != ""]?over)', "NoOp()", CANCELLED),
    "a wait that does not look at the heartbeat": (
        '$["${IVR_SEEN}" = "${IVR_HEARTBEAT}"]?ivr-fallback,s,begin',
        '$["${IVR_SEEN}" = "never"]?ivr-fallback,s,begin',
        LEFT_ALONE,
    ),
    "a talk that goes back to the queue": (
        "Bridge(${IVR_PEER},F(ivr-after^s^talked))\n same => n,GotoIf",
        "Bridge(${IVR_PEER},F(ivr-wait^s^announce))\n same => n,GotoIf",
        HELD,
    ),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_given_a_mistake_in_a_context_when_people_meet_it_then_they_live_through_something_else(
    mistake: str, tmp_path: Path
) -> None:
    sound, planted, people = PLANTED[mistake]
    scenario = Scenario(
        "planted",
        "",
        HERE,
        MONDAY_MS,
        queues=tuple(one for one in people if isinstance(one, QueueChange)),
        agents=tuple(one for one in people if isinstance(one, AgentPlan)),
        recipients=(official(STAYS),),
        citizens=tuple(one for one in people if isinstance(one, CitizenPlan)),
        world=tuple(one for one in people if isinstance(one, WorldAct)),
    )
    well = lived(run(scenario))
    assert well[-1] == ()
    assert lived(run(scenario, site=site_with(tmp_path, sound, planted))) != well
