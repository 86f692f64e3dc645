"""What can happen in a scenario at all: a trigger that never comes, a citizen who never leaves, a name of no flow.

These passes look at the whole scenario and at the flows that it runs against, when every field was read. What cannot
be known before the run (who gets whom, which key is pressed in time) is left to the run and its limit.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ivr_engine.core.vocabulary import Presence
from ivr_engine.flow.diagnostics import Diagnostics, FlowErrors
from ivr_engine.flow.interpreter import NOT_IN_SERVICE
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import Flow, FlowId, HangupStep, QueueStep, Step, Target
from ivr_engine.flow.steps_branches import reachable, spoken
from ivr_engine.replay import shipped
from ivr_engine.replay.history import MUSIC
from ivr_engine.replay.language_words import Page
from ivr_engine.replay.revisions import loaded
from ivr_engine.replay.scenario import (
    Act,
    AgentPlan,
    Answering,
    CitizenPlan,
    HangUp,
    Happening,
    Scenario,
    TalkAct,
    Trigger,
)

_SPOKEN = frozenset({Trigger.DIALLED, Trigger.ANSWERED, Trigger.HEARD})
_OF_TALK = {
    Trigger.HELD: frozenset({TalkAct.HOLD}),
    Trigger.CONSULTING: frozenset({TalkAct.CONSULT}),
    Trigger.HANDED_OVER: frozenset({TalkAct.CONSULT}),
}
_WITHOUT_ENGINE = frozenset({Happening.ENGINE_KILLED, Happening.ENGINE_FROZEN})
_LEAVING = frozenset({TalkAct.HANG_UP, TalkAct.COMPLETE})


@dataclass(frozen=True, slots=True)
class Centre:
    """The flows of a scenario as its expectations see them: what can be said, where a number leads.

    Several where a revision is loaded in the middle; what one of them knows can happen.
    """

    revisions: tuple[Revision, ...]

    @property
    def prompts(self) -> Collection[str]:
        said = {str(prompt) for one in self.revisions for prompt, _ in one.manifest.files}
        return sorted({*said, *self.music})

    @property
    def music(self) -> Collection[str]:
        """What who waits may hear besides everybody's."""
        return sorted({f"{MUSIC}{queue.music}" for one in self.revisions for queue in one.queues if queue.music})

    @property
    def queues(self) -> Collection[str]:
        return sorted({str(queue.id) for one in self.revisions for queue in one.queues})

    @property
    def agencies(self) -> Collection[str]:
        return sorted({agency for one in self.revisions for agency in one.numbers.agencies})

    @property
    def skills(self) -> Collection[str]:
        """Those that somebody asks for; another one would never bring a contact."""
        wanted: set[str] = set()
        for one in self.revisions:
            wanted.update(skill for queue in one.queues for skill in queue.requirement)
            wanted.update(skill for entry in one.numbers for skill in entry.requirement)
            steps = (step for flow in one.flows.values() for step in flow.steps.values())
            wanted.update(skill for step in steps if isinstance(step, QueueStep) for skill in step.requirement)
        return sorted(wanted)

    def announced(self) -> Collection[str]:
        """What citizens may hear before a queue that records, or while they wait, music included, in whatever queue."""
        heard: set[str] = set()
        for one in self.revisions:
            comforts = [recordings for queue in one.queues for recordings in queue.announcements.comfort]
            files = {file for recordings in comforts for file in recordings.values()}
            for said in one.phrases.values():
                joined = (*said.places, *said.up_to, *said.between, *said.minutes, said.soon, said.longer)
                files.update(file for sentence in joined for file in sentence.split("&"))
            heard.update(queue.recording.notice for queue in one.queues if queue.recording.notice)
            heard.update(str(prompt) for (prompt, _), known in one.manifest.files.items() if known.file in files)
        return heard.union(self.music)

    def reached(self, dialled: str) -> tuple[Step, ...] | None:
        """Every step that who dials this can get to, surveys after the talk too; None for a number that is nobody's."""
        entries = [(one, one.numbers.find(dialled)) for one in self.revisions]
        reached = [_closure(one.flows, entry.flow) for one, entry in entries if entry is not None]
        surveys = {(one.id, queue.survey): one for one in self.revisions for queue in one.queues if queue.survey}
        if reached:
            reached += [_closure(one.flows, FlowId(survey)) for (_, survey), one in surveys.items()]
        return tuple(step for steps in reached for step in steps) if reached else None


def centre(page: Page, folder: Path | None, later: tuple[Path, ...], told: Diagnostics) -> Centre | None:
    """The flows that the file names, or 120's own; None after a diagnostic when they cannot be used.

    A revision of later that is broken is none: the engine refuses it, and that may be what the scenario is about.
    """
    if folder is None and page.has("dialplans"):  # told where it was read
        return None
    try:
        first = loaded(folder or shipped.dialplans())
    except FlowErrors as errors:
        more = f" (and {len(errors.diagnostics) - 1} more)" if len(errors.diagnostics) > 1 else ""
        key = "dialplans" if page.has("dialplans") else "title"
        told.error(page.place(key), "dialplans", f"the flows cannot be used: {errors.diagnostics[0]}{more}")
        return None
    sound = []
    for one in later:
        with suppress(FlowErrors):
            sound.append(loaded(one))
    return Centre((first, *sound))


def _closure(flows: Mapping[FlowId, Flow], first: FlowId) -> tuple[Step, ...]:
    """Depth first; a flow has at most hundreds of steps."""
    seen: dict[tuple[FlowId, str], Step] = {}
    ahead: list[Target | None] = [Target(first, "")]
    while ahead:
        target = ahead.pop()
        flow = flows.get(target.flow) if target is not None else None
        if target is None or flow is None:
            continue
        label = target.step or flow.first
        if (target.flow, label) not in seen:
            step = seen[target.flow, label] = flow.steps[label]
            ahead += reachable(step)
    return tuple(seen.values())


def check_reach(scenario: Scenario, at: Centre | None, told: Diagnostics) -> None:
    """Tell what of the scenario can never be."""
    for happening in scenario.world:
        if happening.at_ms >= scenario.limit_ms:
            told.error(happening.place, "never", f"the scenario is over after {scenario.limit_ms / 1000:g} s")
    for citizen in scenario.citizens:
        for act in citizen.acts:
            _check_act(scenario, citizen, act, told)
        if at is None or not citizen.dials:  # wrong, and told where it was read
            continue
        steps = at.reached(citizen.dials)
        for act in citizen.acts:
            _check_heard(citizen, act, at, steps, told)
        if steps is not None and not any(isinstance(step, HangupStep) for step in steps):
            _check_end(scenario, citizen, told)


def _check_act(scenario: Scenario, citizen: CitizenPlan, act: Act, told: Diagnostics) -> None:
    trigger = act.when.trigger
    if trigger in _SPOKEN or trigger is Trigger.QUEUED:
        return
    if not scenario.agents:
        told.error(act.place, "never", f"'{citizen.name}' waits for '{trigger}', but nobody works here: no agents")
        return
    needed = _OF_TALK.get(trigger)
    acts = {one.does for agent in scenario.agents for one in agent.acts}
    if needed is not None and acts.isdisjoint(needed):
        told.error(
            act.place,
            "never",
            f"'{citizen.name}' waits for '{trigger}', but no agent does any {' or '.join(sorted(needed))}",
            hint="say under the agent: does: [{" + f"{sorted(needed)[0]}: 3s" + "}]",
        )


def _check_heard(citizen: CitizenPlan, act: Act, at: Centre, steps: tuple[Step, ...] | None, told: Diagnostics) -> None:
    when = act.when
    if steps is None and when.trigger not in _SPOKEN:
        told.error(act.place, "never", f"'{citizen.dials}' is nobody's number: '{when.trigger}' never comes")
    if when.trigger is not Trigger.HEARD or when.of not in at.prompts:  # told where it was read
        return
    heard = {str(NOT_IN_SERVICE)} if steps is None else {str(one) for step in steps for one in spoken(step)}
    if when.of not in heard and when.of not in at.announced():
        told.error(
            act.place, "never", f"who dials {citizen.dials} never hears this", found=when.of, allowed=sorted(heard)
        )


def _check_end(scenario: Scenario, citizen: CitizenPlan, told: Diagnostics) -> None:
    """Only what is plain: a citizen who stays for ever, with nobody who would end it."""
    leaves = any(isinstance(act, HangUp) for act in citizen.acts) or citizen.patience_ms is not None
    restarted = any(one.what is Happening.SWITCH_RESTARTED for one in scenario.world)
    if leaves or restarted:
        return
    working = _working(scenario)
    conducts = [conduct for agent in working for conduct in agent.conducts]
    answering = any(conduct.does is Answering.ANSWERS for conduct in conducts)
    conducts += [conduct for official in scenario.recipients for conduct in official.conducts]
    talks_end = any(conduct.does is Answering.ANSWERS and conduct.talk_ms is not None for conduct in conducts)
    ended = any(act.does in _LEAVING for agent in working for act in agent.acts)
    if answering and (talks_end or ended):
        return
    who = "nobody who answers ever hangs up" if answering else "no agent is there who would answer"
    told.error(
        citizen.place,
        "endless",
        f"'{citizen.name}' never leaves: no hangs_up, no patience, and {who}",
        hint="give the citizen patience: 60s, or an agent talks: 30s",
    )


def _working(scenario: Scenario) -> list[AgentPlan]:
    """The agents whose phones may ring. Without the engine the switch rings every phone that is there."""
    logged_in = {one.agent for one in scenario.world if one.value == Presence.AVAILABLE}
    engine_dies = any(one.what in _WITHOUT_ENGINE for one in scenario.world)
    return [
        agent
        for agent in scenario.agents
        if agent.registered and (engine_dies or agent.presence == Presence.AVAILABLE or agent.id in logged_in)
    ]
