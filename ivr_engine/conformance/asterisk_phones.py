"""A scenario's people as SIPp phones: who dials what and when, how each ring is taken, which keys are pressed.

PURE: plans in, `sandbox.phones` values out. The history of the simulated level tells the moments that no phone sees
(`asterisk_moments`).
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from ivr_engine.conformance.asterisk_moments import (
    answered_at_ms,
    hangs_up_at_ms,
    key_presses,
    re_invites_at_ms,
    speeches,
)
from ivr_engine.replay.history import History
from ivr_engine.replay.scenario import (
    AgentAct,
    AgentPlan,
    Answering,
    By,
    CitizenPlan,
    Conduct,
    RecipientPlan,
    Scenario,
    TalkAct,
)
from sandbox import phones

FEATURE_CODES = {TalkAct.HOLD: "*2", TalkAct.COMPLETE: "*3", TalkAct.CANCEL: "*4", TalkAct.CONFERENCE: "*5"}
"""As in features.conf."""

RESUME_KEYS = "*#"
"""In the consult context: the citizen is taken back."""

CODE_GAP_MS = 200
"""Between the keys of one code; Asterisk gives up a code after a second of nothing."""

_DOES = {
    Answering.ANSWERS: "answer",
    Answering.DECLINES: "decline",
    Answering.BUSY: "busy",
    Answering.SILENT: "silent",
}


def calls(scenario: Scenario, history: History, callers: dict[str, str], lead_ms: int) -> list[phones.Call]:
    """One call for each citizen; `callers` says with which number. All dial `lead_ms` late, so that SIPp is up."""
    return [_call(citizen, history, callers[citizen.name], lead_ms) for citizen in scenario.citizens]


def _call(citizen: CitizenPlan, history: History, caller: str, lead_ms: int) -> phones.Call:
    since_ms = answered_at_ms(citizen, history)
    renegotiates = [(at_ms, phones.RE_INVITE) for at_ms in re_invites_at_ms(citizen, history)]
    sounds = [
        step
        for begins_ms, ends_ms in speeches(citizen, history)
        for step in ((begins_ms, phones.SPEAK), (ends_ms, phones.HUSH))
    ]
    steps = sorted([*key_presses(citizen, history), *renegotiates, *sounds])
    keys, spent_ms = _keys((at_ms - since_ms, key) for at_ms, key in steps)
    left_ms = hangs_up_at_ms(citizen, history)
    stay_ms = phones.FOREVER_MS if left_ms is None else max(0, left_ms - since_ms - spent_ms)
    after_ms = citizen.arrives_ms + lead_ms
    return phones.Call(citizen.dials, caller, stay_ms, keys, after_ms, offers_video=citizen.offers_video)


def agents(scenario: Scenario) -> dict[str, list[phones.Conduct]]:
    """How each agent's phone takes its rings, in turn; the last conduct is for all further ones."""
    return {agent.id: _turns(agent) for agent in scenario.agents}


def outside(
    recipients: Iterable[RecipientPlan], citizens: Iterable[CitizenPlan], callers: dict[str, str]
) -> dict[str, list[phones.Conduct]]:
    """As `agents`, by the number that is dialled: officials, and citizens who are called back."""
    officials = {each.number: [_conduct(conduct, ()) for conduct in each.conducts] for each in recipients}
    rung = {callers[each.name]: [_conduct(conduct, ()) for conduct in each.rung] for each in citizens if each.rung}
    return {**officials, **rung}


def _turns(agent: AgentPlan) -> list[phones.Conduct]:
    """One conduct for each ring up to the last that differs, and one for the rest."""
    by_phone = [act for act in agent.acts if act.by is By.PHONE or act.does is TalkAct.HANG_UP]
    last_act = max((act.nth for act in by_phone), default=0)
    turns, talks, ring = [], 0, 0
    while ring < len(agent.conducts) or talks < last_act:
        conduct = agent.conducts[min(ring, len(agent.conducts) - 1)]
        talks += conduct.does is Answering.ANSWERS
        here = conduct.does is Answering.ANSWERS
        turns.append(_conduct(conduct, [act for act in by_phone if here and act.nth == talks]))
        ring += 1
        if ring >= len(agent.conducts) and agent.conducts[-1].does is not Answering.ANSWERS:
            break  # no talk will ever come
    if last_act and agent.conducts[-1].does is Answering.ANSWERS:
        turns.append(_conduct(agent.conducts[-1], ()))
    return turns


def _conduct(conduct: Conduct, acts: Sequence[AgentAct]) -> phones.Conduct:
    leaves = [act.after_ms for act in acts if act.does is TalkAct.HANG_UP]
    talk_ms = min(leaves, default=conduct.talk_ms)
    if conduct.talk_ms is not None and talk_ms is not None:
        talk_ms = min(talk_ms, conduct.talk_ms)
    keys, spent_ms = _keys(_pressed(acts))
    return phones.Conduct(
        does=_DOES[conduct.does],  # type: ignore[arg-type]  # a Literal there
        ring_ms=conduct.after_ms,
        talk_ms=phones.FOREVER_MS if talk_ms is None else max(0, talk_ms - spent_ms),
        keys=keys,
    )


def _pressed(acts: Sequence[AgentAct]) -> list[tuple[int, str]]:
    """The keys of what an agent does by phone, with their moments after the answer."""
    pressed: list[tuple[int, str]] = []
    alone = False
    for act in sorted((act for act in acts if act.does is not TalkAct.HANG_UP), key=lambda act: act.after_ms):
        if act.does is TalkAct.CONSULT:
            pressed += _code(f"{act.entry}#", act.after_ms)
        elif act.does is TalkAct.RESUME or (act.does is TalkAct.CANCEL and alone):
            pressed += _code(RESUME_KEYS, act.after_ms)
        else:
            pressed += _code(FEATURE_CODES[act.does], act.after_ms)
        alone = act.does is TalkAct.HOLD
    return pressed


def _code(text: str, at_ms: int) -> list[tuple[int, str]]:
    return [(at_ms + position * CODE_GAP_MS, key) for position, key in enumerate(text)]


def _keys(pressed: Iterable[tuple[int, str]]) -> tuple[tuple[phones.Key, ...], int]:
    """Moments after the answer → SIPp's pauses between steps, and when the last key was pressed."""
    steps = [(0, ""), *((max(0, at_ms), key) for at_ms, key in pressed)]
    return tuple(phones.Key(key, at_ms - before) for (before, _), (at_ms, key) in pairwise(steps)), steps[-1][0]
