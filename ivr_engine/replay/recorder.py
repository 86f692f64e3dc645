"""A contact of the journal → a scenario in YAML, with personal data replaced: a complaint of today is a test tomorrow.

Only what people did is written down: number, keys, how each phone was taken, what the agent asked for, who hung up. The
engine has to come to the same end by itself. Keys are not in the journal; they are the ones that lead to the recorded
queue (`ways`). Agents who were busy with others are not in the scenario: one appears when the first offer came.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from ivr_engine.core.configuration import AgentSettings
from ivr_engine.core.conversation import Ended, queue_request
from ivr_engine.core.events import (
    CancelRequested,
    CompleteRequested,
    ConferenceRequested,
    ConsultRequested,
    HoldRequested,
    RecipientAnswered,
    RecipientFailed,
    ResumeRequested,
)
from ivr_engine.core.notices import OfferEnded, TransferEnded, TransferMoved
from ivr_engine.core.vocabulary import Disposition, OfferFailure, OfferResult, RecipientFailure
from ivr_engine.replay.scrub import Scrub
from ivr_engine.replay.stories import Stories, Story
from ivr_engine.replay.ways import THINKS_MS, Way, Ways

SEOUL = ZoneInfo("Asia/Seoul")

AT_ONCE_MS = 250
"""An offer so soon after queueing went to an agent who was idle already."""

SPARE_MS = 1_000
"""How much longer than recorded somebody stays whom the other side left."""

CITIZEN = "hong"

_ACTS: dict[type, str] = {
    HoldRequested: "hold",
    ResumeRequested: "resume",
    ConsultRequested: "consult",
    CompleteRequested: "complete",
    CancelRequested: "cancel",
    ConferenceRequested: "conference",
}


class CannotRecord(Exception):  # noqa: N818  (the situation is the name)
    """The contact cannot be told as a scenario; the text says why."""


class _Quoted(str):
    """Digits, which other readers of YAML would take for a number."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.add_representer(_Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@dataclass(slots=True)
class _Agent:
    rings: list[dict[str, Any]] = field(default_factory=list)
    does: list[dict[str, Any]] = field(default_factory=list)
    since_ms: int = 0
    registered: bool = True


def scenario_of(story: Story, stories: Stories, ways: Ways, scrub: Scrub, *, dialplans: Path | None = None) -> str:
    """The YAML of one contact of `stories`; `dialplans` None: 120's own. Raises CannotRecord."""
    ended = story.ended
    if ended is None:
        raise CannotRecord("it has not ended yet")
    if story.unusual:
        raise CannotRecord(story.unusual)
    zero_ms = story.began.arrived_at_ms
    way = _way(story, ways)
    began = datetime.fromtimestamp(zero_ms / 1000, SEOUL)
    citizen: dict[str, Any] = {"dials": _Quoted(story.began.number)}
    if story.began.caller:
        citizen["caller"] = _Quoted(scrub.caller(story.began.caller))
    presses = _presses(way, story)
    if presses:
        citizen["presses"] = presses
    if hangs_up := _hangs_up(story):
        citizen["hangs_up"] = hangs_up
    document: dict[str, Any] = {
        "title": f"recorded: {ended.disposition}" + (f" in {ended.queue}" if ended.queue else ""),
        "at": began.strftime("%Y-%m-%d %H:%M"),
        "tags": ["recorded"],
    }
    if dialplans is not None:
        document["dialplans"] = str(dialplans)
    if queues := _queues(story, stories, ways):
        document["queues"] = queues
    plans = _agents(story)
    if plans:
        document["agents"] = {_Quoted(name): _agent(plan, stories.agents.get(name)) for name, plan in plans.items()}
    if officials := _officials(story, scrub):
        document["officials"] = officials
    document["citizens"] = {CITIZEN: citizen}
    world: list[dict[str, Any]] = [
        {"at": _time(plan.since_ms - zero_ms), "agent": _Quoted(name), "presence": "available"}
        for name, plan in plans.items()
        if plan.since_ms
    ]
    for at_ms, chosen in stories.presences:
        plan = plans.get(chosen.agent)
        if plan is not None and max(plan.since_ms, zero_ms) < at_ms < ended.ended_at_ms:
            act = {"at": _time(at_ms - zero_ms), "agent": _Quoted(chosen.agent), "presence": str(chosen.presence)}
            world.append({**act, "reason": chosen.reason} if chosen.reason else act)
    if world:
        document["world"] = world
    document["expect"] = {CITIZEN: _expected(story)}
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _queues(story: Story, stories: Stories, ways: Ways) -> dict[str, Any]:
    """What the contact's queues did otherwise than the flows have it."""
    usual = {queue.id: queue for queue in ways.queues}
    changed: dict[str, Any] = {}
    for wait in story.waits:
        then, now = stories.queues.get(wait.queue), usual.get(wait.queue)
        if then is None or now is None:
            continue
        lasting = (("ring", then.ring_ms, now.ring_ms), ("wrap_up", then.wrap_up_ms, now.wrap_up_ms))
        told = (*lasting, ("promise", then.promise_ms, now.promise_ms))
        if words := {word: _time(was_ms) for word, was_ms, is_ms in told if was_ms != is_ms}:
            changed[str(wait.queue)] = words
    return changed


def _time(duration_ms: int) -> str:
    return "0" if duration_ms <= 0 else f"{duration_ms}ms"


# ── the citizen ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _way(story: Story, ways: Ways) -> Way | None:
    """The way that fits best: to the same end, and in most nearly the same time."""
    ended = story.ended
    assert ended is not None
    found = []
    for way in ways.of(story.began.number):
        outcome = way.outcome
        request = queue_request(outcome)
        if isinstance(outcome, Ended):
            fits = not story.waits and outcome.disposition is ended.disposition
        elif request is not None:
            fits = bool(story.waits) and (request.queue, request.language) == (
                story.waits[0].queue,
                story.waits[0].language,
            )
        if fits:
            found.append(way)
    if not found:
        if story.waits:
            wanted = f"queue {story.waits[0].queue} in {story.waits[0].language}"
            raise CannotRecord(f"the flows lead nobody who dials {story.began.number} to {wanted}")
        if ended.disposition is Disposition.ABANDONED:
            return None
        raise CannotRecord(f"the flow of {story.began.number} never ends as {ended.disposition}")
    return min(found, key=lambda way: abs(_spent_ms(story) - way.takes_ms))


def _spent_ms(story: Story) -> int:
    """In the flow."""
    assert story.ended is not None
    over_ms = story.waits[0].queued_at_ms if story.waits else story.ended.ended_at_ms
    return over_ms - story.began.arrived_at_ms


def _presses(way: Way | None, story: Story) -> list[dict[str, Any]]:
    if way is None:
        return []
    pressing = [answer for answer in way.answers if answer.keys]
    late_ms = max(0, _spent_ms(story) - way.takes_ms) // max(1, len(pressing))
    presses = []
    for answer in pressing:
        # not later than the shortest menu waits: the time is told by what was heard, not promised
        press: dict[str, Any] = {"keys": _Quoted(answer.keys), "heard": answer.prompt}
        press["after"] = _time(THINKS_MS + min(late_ms, 1_500))
        if answer.nth > 1:
            press["nth"] = answer.nth
        presses.append(press)
    return presses


def _hangs_up(story: Story) -> dict[str, Any]:
    ended = story.ended
    assert ended is not None
    if ended.disposition is Disposition.ABANDONED:
        if not story.waits:
            return {"after": _time(max(1, ended.ended_at_ms - story.began.arrived_at_ms))}
        return {"queued": _time(max(1, ended.ended_at_ms - story.waits[0].queued_at_ms))}
    if story.connected:
        last = story.connected[-1]
        talked_ms = max(1, ended.ended_at_ms - last.answered_at_ms)
        # somebody else hung up first: then this never comes, but a scenario must end whatever becomes of it
        spare_ms = 0 if story.first_to_leave in ("", story.began.contact) else SPARE_MS
        when: dict[str, Any] = {"connected": _time(talked_ms + spare_ms)}
        return when if len(story.connected) == 1 else {**when, "nth": len(story.connected)}
    return {}


# ── agents and officials ────────────────────────────────────────────────────────────────────────────────────────────
def _agents(story: Story) -> dict[str, _Agent]:
    """In the order of their first offers, so that who was idle longest stands first."""
    plans: dict[str, _Agent] = {}
    queued_at_ms = story.waits[0].queued_at_ms if story.waits else 0
    for at_ms, offer in story.offered:
        plan = plans.get(offer.agent)
        if plan is None:
            plan = plans[offer.agent] = _Agent(since_ms=at_ms if at_ms - queued_at_ms > AT_ONCE_MS else 0)
        _ring(plan, story, story.offer_ends.get(offer.offer), offer.offer)
    for at_ms, request in story.requests:
        connected = [one for one in story.connected if one.agent == request.agent and one.answered_at_ms <= at_ms]
        if connected and request.agent in plans:
            act: dict[str, Any] = {_ACTS[type(request)]: _time(at_ms - connected[-1].answered_at_ms)}
            if isinstance(request, ConsultRequested):
                act["entry"] = _Quoted(request.entry)
            if len(connected) > 1:
                act["nth"] = len(connected)
            plans[request.agent].does.append(act)
    return plans


def _ring(plan: _Agent, story: Story, end: OfferEnded | None, leg: str) -> None:
    rang = _time(end.rang_ms) if end is not None else "0"
    if end is None or end.result in (OfferResult.NO_ANSWER, OfferResult.WITHDRAWN):
        plan.rings.append({"silent": True})
    elif end.result is OfferResult.ANSWERED:
        connected = next((one for one in story.connected if one.offer == leg), None)
        ring: dict[str, Any] = {"answers": rang, "talks": "until_hangup"}
        if connected is not None and story.ended is not None and story.first_to_leave == leg:
            handed = any(isinstance(request, CompleteRequested) for _, request in story.requests)
            if not handed:
                ring["talks"] = _time(max(1, story.ended.ended_at_ms - connected.answered_at_ms))
        plan.rings.append(ring)
    elif end.cause is OfferFailure.BUSY:
        plan.rings.append({"busy": True})
    elif end.result is OfferResult.DECLINED:
        plan.rings.append({"declines": rang})
    elif end.cause is OfferFailure.UNREACHABLE:
        plan.registered = False
        plan.rings.append({"silent": True})
    else:
        raise CannotRecord(f"an offer was lost on the switch ({end.cause})")


def _agent(plan: _Agent, settings: AgentSettings | None) -> dict[str, Any]:
    if settings is None:
        raise CannotRecord("the journal does not say what its agents can do; begin where the engine started")
    told: dict[str, Any] = {"skills": {str(skill): level for skill, level in sorted(settings.skills.items())}}
    if plan.since_ms:
        told["presence"] = "logged_out"
    if not plan.registered:
        told["registered"] = False
    told["rings"] = plan.rings
    if plan.does:
        told["does"] = plan.does
    return told


def _officials(story: Story, scrub: Scrub) -> dict[str, Any]:
    """Those consulted, with how each took the calls in turn."""
    officials: dict[str, Any] = {}
    consults = [(at_ms, one) for at_ms, one in story.requests if isinstance(one, ConsultRequested)]
    for index, (at_ms, request) in enumerate(consults):
        until_ms = consults[index + 1][0] if index + 1 < len(consults) else None
        told = [(when, one) for when, one in story.recipient if when >= at_ms and (until_ms is None or when < until_ms)]
        ring: dict[str, Any] = {"silent": True}
        for when, one in told:
            if isinstance(one, RecipientAnswered):
                answered_ms = when
                stays_ms = max(0, (story.ended.ended_at_ms if story.ended else when) - when) + SPARE_MS
                ring = {"answers": _time(when - at_ms), "talks": _time(stays_ms)}
            elif isinstance(one, RecipientFailed) and one.cause is RecipientFailure.BUSY:
                ring = {"busy": True}
            elif isinstance(one, RecipientFailed) and one.cause is RecipientFailure.HUNG_UP and "answers" in ring:
                ring["talks"] = _time(when - answered_ms)
            elif isinstance(one, RecipientFailed) and one.cause is RecipientFailure.UNREACHABLE:
                raise CannotRecord("an official could not be reached, which a scenario cannot say yet")
        official = officials.setdefault(
            _Quoted(request.entry), {"number": _Quoted(scrub.official(request.number)), "rings": []}
        )
        official["rings"].append(ring)
    return officials


# ── what must come out ──────────────────────────────────────────────────────────────────────────────────────────────
def _expected(story: Story) -> dict[str, Any]:
    ended = story.ended
    assert ended is not None
    expected: dict[str, Any] = {"ends": str(ended.disposition)}
    if story.waits:
        expected["queue"] = [str(wait.queue) for wait in story.waits] if len(story.waits) > 1 else str(ended.queue)
        expected["language"] = ended.language
        expected["offers"] = [
            {"to": _Quoted(offer.agent), "ends": str(story.offer_ends[offer.offer].result)}
            for _, offer in story.offered
            if offer.offer in story.offer_ends
        ]
    if ended.agency:
        expected["agency"] = ended.agency
    if story.connected:
        expected["within_promise"] = ended.within_promise
    transfers = [_transfer(one) for one in story.transfers]
    if transfers:
        expected["transfers"] = transfers
    return expected


def _transfer(one: TransferMoved | TransferEnded) -> Any:
    return str(one.state) if isinstance(one, TransferMoved) else {"ends": str(one.result)}
