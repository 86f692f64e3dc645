"""When, for a phone: moments that only the engine sees, told as plain times that a phone can keep.

A SIPp phone sees that it was answered and how much time has passed; it cannot see that an agent rings. Where a scenario
says "200 ms after an agent rings", the run on the simulated level says when that was, and the phone does it so long
after its own answer. A moment that never came on the simulated level comes nowhere: the act is left out.
"""

from collections.abc import Iterable, Mapping

from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.scenario import CitizenPlan, HangUp, Press, Scenario, Speech, Trigger, When

_TRANSFER_STATES = {
    Trigger.HELD: "held",
    Trigger.CONSULTING: "consulting",
    Trigger.HANDED_OVER: "handed_over",
}
_VERBS = {
    Trigger.ANSWERED: Verb.ARRIVED,
    Trigger.HEARD: Verb.HEARD,
    Trigger.QUEUED: Verb.QUEUED,
    Trigger.RINGING: Verb.OFFERED,
    Trigger.CONNECTED: Verb.CONNECTED,
    Trigger.RETURNED: Verb.QUEUED,
}


PICKS_UP_MS = 50
"""The switch answers before it tells anybody. An engine that learns of a call later was frozen, or its link was cut."""


def zero_of(scenario: Scenario, began: Iterable[tuple[str, int]], numbers: Mapping[str, str]) -> int | None:
    """The scenario's zero by the phones' own account: who began a call when, in milliseconds of the wall clock.

    `numbers`: with which number a citizen calls. Who calls again does so with the same one: of one number the first
    call counts.
    """
    arrives_ms: dict[str, int] = {}
    for citizen in scenario.citizens:
        caller = numbers[citizen.name]
        arrives_ms[caller] = min(citizen.arrives_ms, arrives_ms.get(caller, citizen.arrives_ms))
    first_ms: dict[str, int] = {}
    for caller, at_ms in began:
        first_ms[caller] = min(at_ms, first_ms.get(caller, at_ms))
    return min((at_ms - arrives_ms[caller] for caller, at_ms in first_ms.items()), default=None)


def answered_at_ms(citizen: CitizenPlan, history: History) -> int:
    """When the switch picked up; when it was dialled, where nobody ever heard of it."""
    arrivals = [fact.at_ms for fact in history.of(citizen.name) if fact.verb is Verb.ARRIVED]
    return min(arrivals[0], citizen.arrives_ms + PICKS_UP_MS) if arrivals else citizen.arrives_ms


def moment_ms(citizen: CitizenPlan, when: When, history: History) -> int | None:
    """The moment in the scenario's own time, or None if it never came."""
    if when.trigger is Trigger.DIALLED:
        return citizen.arrives_ms + when.after_ms
    matching = [fact for fact in history.of(citizen.name) if _fits(fact, when)]
    return matching[when.nth - 1].at_ms + when.after_ms if len(matching) >= when.nth else None


def key_presses(citizen: CitizenPlan, history: History) -> list[tuple[int, str]]:
    """Every key with its moment, in the order of time, up to the moment (included) at which the citizen hangs up."""
    pressed = []
    for act in citizen.acts:
        if isinstance(act, Press) and (at_ms := moment_ms(citizen, act.when, history)) is not None:
            pressed += [(at_ms + position * act.gap_ms, key) for position, key in enumerate(act.keys)]
    left_ms = hangs_up_at_ms(citizen, history)
    return sorted(press for press in pressed if left_ms is None or press[0] <= left_ms)


def speeches(citizen: CitizenPlan, history: History) -> list[tuple[int, int]]:
    """From when to when the citizen speaks, in the order of time, up to the moment at which the citizen hangs up."""
    left_ms = hangs_up_at_ms(citizen, history)
    spoken = []
    for act in citizen.acts:
        if isinstance(act, Speech) and (at_ms := moment_ms(citizen, act.when, history)) is not None:
            until_ms = at_ms + act.lasts_ms
            if left_ms is None or at_ms < left_ms:
                spoken.append((at_ms, until_ms if left_ms is None else min(until_ms, left_ms)))
    return sorted(spoken)


def re_invites_at_ms(citizen: CitizenPlan, history: History) -> list[int]:
    """When the phone negotiates anew, in the order of time, up to the moment at which the citizen hangs up."""
    left_ms = hangs_up_at_ms(citizen, history)
    moments = (moment_ms(citizen, when, history) for when in citizen.re_invites)
    return sorted(at_ms for at_ms in moments if at_ms is not None and (left_ms is None or at_ms < left_ms))


def hangs_up_at_ms(citizen: CitizenPlan, history: History) -> int | None:
    """When the citizen leaves: the first of the planned hang-ups and the end of patience. None: stays."""
    planned = [moment_ms(citizen, act.when, history) for act in citizen.acts if isinstance(act, HangUp)]
    return min(
        (at_ms for at_ms in (*planned, _out_of_patience_ms(citizen, history)) if at_ms is not None), default=None
    )


def _out_of_patience_ms(citizen: CitizenPlan, history: History) -> int | None:
    if citizen.patience_ms is None:
        return None
    waiting_since_ms: int | None = None
    for fact in history.of(citizen.name):
        if waiting_since_ms is not None and fact.at_ms > waiting_since_ms + citizen.patience_ms:
            break
        if fact.verb is Verb.QUEUED and waiting_since_ms is None:
            waiting_since_ms = fact.at_ms
        elif fact.verb is Verb.CONNECTED:
            waiting_since_ms = None
    return None if waiting_since_ms is None else waiting_since_ms + citizen.patience_ms


def _fits(fact: Happened, when: When) -> bool:
    if when.trigger in _TRANSFER_STATES:
        return fact.verb is Verb.TRANSFER and fact.details.get("state") == _TRANSFER_STATES[when.trigger]
    if fact.verb is not _VERBS[when.trigger]:
        return False
    if when.trigger is Trigger.HEARD:
        return not when.of or fact.details.get("prompt") == when.of
    if fact.verb is Verb.QUEUED:
        came_back = fact.details.get("returns", "0") not in ("", "0")
        return came_back is (when.trigger is Trigger.RETURNED)
    return True
