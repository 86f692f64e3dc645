"""A fact in the words and places of a ladder: between whom it lies, how it is drawn, what the legs do after it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ivr_engine.core.vocabulary import AgentState, CallbackEnd, OfferResult, Presence, TransferResult, TransferState
from ivr_engine.replay.history import Happened, Verb


class Part(StrEnum):
    """Whose column it is, in the order in which the columns stand."""

    CITIZEN = "citizen"
    SWITCH = "switch"
    ENGINE = "engine"
    AGENT = "agent"
    RECIPIENT = "recipient"


class Tone(StrEnum):
    """What a leg is doing, or how a rung is meant: the colour of a drawing."""

    QUIET = "quiet"
    FLOW = "flow"
    WAIT = "wait"
    RING = "ring"
    TALK = "talk"
    HOLD = "hold"
    AFTER = "after"
    AWAY = "away"
    BAD = "bad"


class Line(StrEnum):
    """How a rung is drawn."""

    ARROW = "arrow"
    BRIDGE = "bridge"
    NOTE = "note"
    END = "end"
    WORLD = "world"
    """Across all columns: nobody's doing."""
    LEFT_OUT = "left_out"


Whose = tuple[Part, str]
"""One column: the part and the name in it; switch and engine have no name."""


@dataclass(frozen=True, slots=True)
class Said:
    """A fact in words, before it has columns."""

    line: Line
    source: Whose
    target: Whose
    words: str
    detail: str
    tone: Tone
    doing: tuple[tuple[Whose, Tone | None], ...] = ()


SWITCH, ENGINE = (Part.SWITCH, ""), (Part.ENGINE, "")
_STATES = {
    AgentState.IDLE: Tone.QUIET,
    AgentState.OFFERED: Tone.RING,
    AgentState.ON_CONTACT: Tone.TALK,
    AgentState.WRAP_UP: Tone.AFTER,
}


# ── saying ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def say(fact: Happened) -> Said:
    """The fact in words. Empty words: nothing that a rung of its own is worth."""
    return _SAYING[fact.verb](fact.details, (Part.CITIZEN, fact.subject), (Part.AGENT, fact.details.get("agent", "")))


def _arrived(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    words = f"dials {told.get('number', '')}".rstrip()
    return Said(Line.ARROW, citizen, SWITCH, words, "", Tone.FLOW, ((citizen, Tone.FLOW),))


def _heard(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    return Said(Line.ARROW, SWITCH, citizen, f"♪ {told.get('prompt', '')}", told.get("language", ""), Tone.FLOW)


def _pressed(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    return Said(Line.ARROW, citizen, SWITCH, f"presses {told.get('keys', '')}", "", Tone.FLOW)


def _spoke(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    seconds = int(told.get("lasts_ms") or 0) / 1_000
    return Said(Line.NOTE, citizen, citizen, "speaks", f"for {seconds:g} s", Tone.FLOW)


def _offered(told: Mapping[str, str], _citizen: Whose, agent: Whose) -> Said:
    return Said(Line.ARROW, ENGINE, agent, "rings", told.get("reason", ""), Tone.RING, ((agent, Tone.RING),))


def _promise_missed(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    return Said(Line.NOTE, citizen, citizen, "promise missed", told.get("queue", ""), Tone.BAD)


def _fell_back(_told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    return Said(Line.ARROW, citizen, SWITCH, "static fallback", "", Tone.BAD, ((citizen, Tone.WAIT),))


def _forwarded(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    words = f"rings official {told.get('entry', '')}"
    return Said(Line.ARROW, citizen, SWITCH, words, told.get("agency", ""), Tone.RING, ((citizen, Tone.RING),))


def _forward_ended(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    answered = told.get("result") == "answered"
    words = "the official answers" if answered else "the official is not reached"
    tone = Tone.TALK if answered else Tone.WAIT
    return Said(Line.ARROW, SWITCH, citizen, words, _plain(told.get("cause", "")), tone, ((citizen, tone),))


def _callback(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    return Said(Line.ARROW, citizen, ENGINE, "wants to be called back", told.get("queue", ""), Tone.FLOW, ())


def _callback_moved(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    words = f"call back: {_plain(told.get('state', ''))}"
    return Said(Line.NOTE, ENGINE, ENGINE, words, _plain(told.get("cause", "")), Tone.QUIET, ())


def _callback_ended(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    end = told.get("end", "")
    tone = Tone.FLOW if end == CallbackEnd.REACHED else Tone.QUIET
    return Said(Line.NOTE, ENGINE, ENGINE, f"call back: {end}", f"dialled {told.get('dials', '0')} times", tone, ())


def _noted(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    return Said(Line.NOTE, citizen, citizen, f"noted: {told.get('facts', '')}", told.get("survey", ""), Tone.FLOW, ())


def _recorded(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    seconds = f"{int(told.get('length_ms') or 0) / 1_000:.1f} s"
    return Said(Line.NOTE, citizen, citizen, "leaves a message", seconds, Tone.FLOW, ())


_RECORDING = {
    "running": "the talk is recorded",
    "paused": "nothing is recorded",
    "kept": "a recording is kept",
    "failed": "the recording failed",
    "untold": "the end of the recording was not told",
    "not_heard": "not recorded: did not hear the notice",
    "not_in_share": "not recorded: not of the queue's share",
}


def _talk_recorded(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    state = told.get("state", "")
    seconds = f"{int(told.get('length_ms') or 0) / 1_000:.1f} s" if state in ("paused", "kept") else ""
    tone = Tone.BAD if state in ("failed", "untold") else Tone.QUIET
    return Said(Line.NOTE, citizen, citizen, _RECORDING.get(state, _plain(state)), seconds, tone, ())


def _texted(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    sent = _yes(told, "sent")
    words = "is sent a text" if sent else "the text is not taken"
    return Said(Line.NOTE, citizen, citizen, words, "", Tone.FLOW if sent else Tone.BAD, ())


def _switch(told: Mapping[str, str], _citizen: Whose, _agent: Whose) -> Said:
    seen = _yes(told, "connected")
    words = "the switch is seen" if seen else "the switch is out of sight"
    return _world(words, "", None if seen else Tone.BAD, SWITCH)


def _engine(told: Mapping[str, str], _citizen: Whose, _agent: Whose) -> Said:
    words = {"killed": "is killed", "frozen": "is stopped", "thawed": "goes on"}
    what = next((word for word in words if word in told.values() or _yes(told, word)), "")
    bad = what in ("killed", "frozen")
    return _world(f"the engine {words.get(what, 'is started')}", "", Tone.BAD if bad else None, ENGINE)


def _canary(told: Mapping[str, str], _citizen: Whose, _agent: Whose) -> Said:
    if _yes(told, "rolled_back"):
        return _world("the new documents are taken back", "", Tone.BAD, ENGINE)
    return _world("new documents are on trial", "", None, ENGINE)


def _queued(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    back = told.get("returns", "0") not in ("", "0")
    words = f"back in {told.get('queue', '')}" if back else f"waits in {told.get('queue', '')}"
    needs = told.get("requirement", "")
    parts = ("age kept" if back else "", f"needs {needs}" if needs else "", told.get("agency", ""))
    detail = _and(*parts, told.get("language", ""))
    return Said(Line.ARROW, SWITCH, ENGINE, words, detail, Tone.WAIT, ((citizen, Tone.WAIT),))


def _offer_ended(told: Mapping[str, str], _citizen: Whose, agent: Whose) -> Said:
    result, cause = told.get("result", ""), told.get("cause", "")
    detail = cause if cause != result else ""
    if result == OfferResult.ANSWERED:
        return Said(Line.ARROW, agent, ENGINE, "answers", detail, Tone.TALK, ((agent, Tone.TALK),))
    doing = ((agent, Tone.QUIET),)
    if result == OfferResult.WITHDRAWN:
        return Said(Line.ARROW, ENGINE, agent, "withdrawn", detail, Tone.QUIET, doing)
    return Said(Line.ARROW, agent, ENGINE, _plain(result), detail, Tone.BAD, doing)


def _connected(told: Mapping[str, str], citizen: Whose, agent: Whose) -> Said:
    within = _yes(told, "within_promise")
    waited = told.get("wait_ms", "")
    detail = _and(
        f"waited {int(waited) / 1000:.1f} s" if waited.isdigit() else "",
        "promise kept" if within else "promise missed" if "within_promise" in told else "",
    )
    doing = ((citizen, Tone.TALK), (agent, Tone.TALK))
    return Said(Line.BRIDGE, citizen, agent, "talk", detail, Tone.TALK, doing)


def _transfer(told: Mapping[str, str], citizen: Whose, agent: Whose) -> Said:
    state, entry = told.get("state", ""), told.get("entry", "")
    official = (Part.RECIPIENT, entry)
    match state:
        case TransferState.HELD:
            held = ((citizen, Tone.HOLD), (agent, Tone.HOLD))
            return Said(Line.ARROW, agent, citizen, "holds", "the citizen hears music", Tone.HOLD, held)
        case TransferState.RINGING:
            doing = ((citizen, Tone.HOLD), (agent, Tone.HOLD), (official, Tone.RING))
            return Said(Line.ARROW, agent, official, f"calls {entry}", "", Tone.RING, doing)
        case TransferState.CONSULTING:
            doing = ((citizen, Tone.HOLD), (agent, Tone.TALK), (official, Tone.TALK))
            return Said(Line.BRIDGE, agent, official, "consult", "the citizen hears music", Tone.TALK, doing)
        case TransferState.CONFERENCE:
            doing = ((citizen, Tone.TALK), (agent, Tone.TALK), (official, Tone.TALK))
            return Said(Line.BRIDGE, citizen, official, "all three talk", "", Tone.TALK, doing)
        case TransferState.HANDED_OVER:
            doing = ((citizen, Tone.TALK), (agent, Tone.QUIET), (official, Tone.TALK))
            return Said(Line.BRIDGE, citizen, official, "handed over", "", Tone.TALK, doing)
        case TransferState.TALKING:
            again: tuple[tuple[Whose, Tone | None], ...] = ((citizen, Tone.TALK), (agent, Tone.TALK))
            if entry:
                again = (*again, (official, None))
            return Said(Line.BRIDGE, citizen, agent, "talk again", "", Tone.TALK, again)
    gone = ((official, None),) if entry else ()
    return Said(Line.NOTE, agent, agent, "", state, Tone.QUIET, gone)


def _transfer_ended(told: Mapping[str, str], _citizen: Whose, agent: Whose) -> Said:
    result, entry = told.get("result", ""), told.get("entry", "")
    tone = (
        Tone.TALK if result == TransferResult.COMPLETED else Tone.BAD if result == TransferResult.FAILED else Tone.QUIET
    )
    official = (Part.RECIPIENT, entry)
    gone = ((official, None),) if entry and result != TransferResult.COMPLETED else ()
    source = official if entry and result == TransferResult.FAILED else agent
    line = Line.ARROW if source is official else Line.NOTE
    return Said(line, source, agent, f"transfer {result}", _plain(told.get("cause", "")), tone, gone)


def _ended(told: Mapping[str, str], citizen: Whose, _agent: Whose) -> Said:
    disposition = told.get("disposition", "")
    short = _yes(told, "short_abandon")
    offers = told.get("offers", "")
    agent = told.get("agent", "")
    detail = _and(
        "short" if short else "",
        f"{offers} offer{'' if offers == '1' else 's'}" if offers not in ("", "0") else "",
        f"with {agent}" if agent else "",
        told.get("agency", ""),
    )
    tone = Tone.TALK if disposition in ("answered", "self_served", "callback") else Tone.BAD
    return Said(Line.END, citizen, citizen, f"ends: {disposition}", detail, tone, ((citizen, None),))


def _changed(told: Mapping[str, str], subject: Whose, _agent: Whose) -> Said:
    agent = (Part.AGENT, subject[1])
    presence, state, reason = told.get("presence", ""), told.get("state", ""), told.get("reason", "")
    if presence and presence != Presence.AVAILABLE and state in ("", AgentState.IDLE):
        tone = Tone.AWAY if presence == Presence.ON_BREAK else None
        return Said(Line.NOTE, agent, agent, _plain(presence), reason, Tone.AWAY, ((agent, tone),))
    tone = next((tone for known, tone in _STATES.items() if known == state), Tone.QUIET)
    away = presence if presence != Presence.AVAILABLE else ""
    return Said(Line.NOTE, agent, agent, _plain(state or presence), _and(_plain(away), reason), tone, ((agent, tone),))


def _world(words: str, detail: str, tone: Tone | None, whose: Whose) -> Said:
    after = None if tone is Tone.BAD else Tone.QUIET
    return Said(Line.WORLD, whose, whose, words, detail, tone or Tone.QUIET, ((whose, after),))


def _plain(word: str) -> str:
    return "wrap-up" if word == AgentState.WRAP_UP else word.replace("_", " ")


def _and(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _yes(told: Mapping[str, str], key: str) -> bool:
    return told.get(key, "").lower() in ("true", "yes", "1")


_SAYING: Mapping[Verb, Callable[[Mapping[str, str], Whose, Whose], Said]] = {
    Verb.HEARD: _heard,
    Verb.PRESSED: _pressed,
    Verb.ARRIVED: _arrived,
    Verb.QUEUED: _queued,
    Verb.OFFERED: _offered,
    Verb.OFFER_ENDED: _offer_ended,
    Verb.PROMISE_MISSED: _promise_missed,
    Verb.CONNECTED: _connected,
    Verb.TRANSFER: _transfer,
    Verb.TRANSFER_ENDED: _transfer_ended,
    Verb.FORWARDED: _forwarded,
    Verb.FORWARD_ENDED: _forward_ended,
    Verb.CALLBACK: _callback,
    Verb.CALLBACK_MOVED: _callback_moved,
    Verb.CALLBACK_ENDED: _callback_ended,
    Verb.NOTED: _noted,
    Verb.RECORDED: _recorded,
    Verb.TALK_RECORDED: _talk_recorded,
    Verb.TEXTED: _texted,
    Verb.FELL_BACK: _fell_back,
    Verb.ENDED: _ended,
    Verb.AGENT: _changed,
    Verb.SWITCH: _switch,
    Verb.SPOKE: _spoke,
    Verb.ENGINE: _engine,
    Verb.CANARY: _canary,
}
