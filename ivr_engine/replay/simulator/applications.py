"""The dialplan's applications, each compiled from its arguments into what it does to a leg.

What waits parks the leg with a way to stop it; what is over goes on with the next priority. Options that none of our
contexts uses are not known, and are refused when the file is read.
"""

import re
from collections.abc import Callable

from ivr_engine.replay.simulator import words
from ivr_engine.replay.simulator.calling import dial, queue
from ivr_engine.replay.simulator.legs import Bridge, Leg, Parked, Place
from ivr_engine.replay.simulator.options import read_options, read_place
from ivr_engine.replay.simulator.plan import (
    JUMPED,
    NEXT,
    OVER,
    PARKED,
    RETURNED,
    Move,
    Plan,
    PlanError,
    Run,
)
from ivr_engine.replay.simulator.speaking import playback, read_keys
from ivr_engine.replay.simulator.words import Value, WordError


def compile_plan(plan: Plan) -> None:
    """Makes every written step one that runs. Raises PlanError with the line."""
    for extensions in plan.contexts.values():
        for extension in extensions.values():
            for written in extension.written:
                try:
                    extension.runs.append(_step(written.application, written.arguments))
                except (WordError, ValueError) as problem:
                    raise PlanError(written.line, str(problem)) from problem


def _step(application: str, arguments: str) -> Run:
    make = _APPLICATIONS.get(application)
    if make is None:
        raise WordError(f"the model knows no application {application}()")
    return make(arguments)


# ── variables and jumps ─────────────────────────────────────────────────────────────────────────────────────────────
def _set(arguments: str) -> Run:
    assign = words.assignment(arguments)

    def run(leg: Leg) -> Move:
        assign(leg)
        return NEXT

    return run


def _mset(arguments: str) -> Run:
    assigns = [words.assignment(part) for part in words.split(arguments, ",")]

    def run(leg: Leg) -> Move:
        for assign in assigns:
            assign(leg)
        return NEXT

    return run


def _destination(source: str) -> Callable[[Leg], Place]:
    parts = [words.text(part.strip()) for part in words.split(source, ",")]
    match parts:
        case [label]:
            return lambda leg: (leg.context, leg.exten, label(leg))
        case [exten, label]:
            return lambda leg: (leg.context, exten(leg), label(leg))
        case [context, exten, label]:
            return lambda leg: (context(leg), exten(leg), label(leg))
    raise WordError(f"{source!r} is no place")


def _goto(arguments: str) -> Run:
    destination = _destination(arguments)

    def run(leg: Leg) -> Move:
        return _jump(leg, destination(leg))

    return run


def _jump(leg: Leg, place: Place) -> Move:
    leg.exchange.stand(leg, place)
    return OVER if leg.ended else JUMPED


def _goto_if(arguments: str) -> Run:
    condition, branches = _condition(arguments)
    yes, *no = words.split(branches, ":")
    then = _destination(yes) if yes else None
    otherwise = _destination(no[0]) if no and no[0] else None

    def run(leg: Leg) -> Move:
        destination = then if words.true(condition(leg)) else otherwise
        return NEXT if destination is None else _jump(leg, destination(leg))

    return run


def _condition(arguments: str) -> tuple[Value, str]:
    condition, *rest = words.split(arguments, "?", limit=1)
    if not rest:
        raise WordError(f"{arguments!r} has no '?'")
    return words.text(condition), rest[0]


def _exec_if(arguments: str) -> Run:
    condition, rest = _condition(arguments)
    called = re.fullmatch(r"(\w+)\((.*)\)", rest, re.DOTALL)
    if called is None:
        raise WordError(f"{rest!r} is no application")
    then = _step(called[1], called[2])
    return lambda leg: then(leg) if words.true(condition(leg)) else NEXT


def _return(_arguments: str) -> Run:
    return lambda _leg: RETURNED


# ── saying, answering, hanging up ───────────────────────────────────────────────────────────────────────────────────
def _user_event(arguments: str) -> Run:
    name, *pairs = words.split(arguments, ",")
    fields = []
    for pair in pairs:
        key, colon, value = pair.partition(":")
        if not colon:
            raise WordError(f"UserEvent's {pair!r} has no ':'")
        fields.append((key.strip(), words.text(value.strip())))

    def run(leg: Leg) -> Move:
        leg.exchange.user_event(leg, name, {key: value(leg) for key, value in fields})
        return NEXT

    return run


def _answer(_arguments: str) -> Run:
    def run(leg: Leg) -> Move:
        leg.exchange.pick_up(leg)
        return NEXT

    return run


def _nothing(_arguments: str) -> Run:
    """Logs: nobody in a scenario meets them."""
    return lambda _leg: NEXT


def _record_talk(arguments: str) -> Run:
    """Into the end of a file, while the leg is bridged: here from now on, since a Bridge follows at once."""
    path, options = words.split(arguments, ",", limit=1)
    if not path.endswith(".wav"):
        raise WordError(f"MixMonitor of {path!r}: the model knows recordings as wav")
    file = words.text(path.removesuffix(".wav"))
    read = read_options(options, flags="ab", valued="i")
    if "a" not in read or "b" not in read or "i" not in read:
        raise WordError("a MixMonitor here goes on with its file, only while bridged, and says its id: abi(…)")

    def run(leg: Leg) -> Move:
        leg.recording = file(leg), leg.exchange.time.now_ms
        leg.exchange.recordings.setdefault(file(leg), 0)
        leg.set(read["i"], leg.uniqueid)
        return NEXT

    return run


def _stop_recording(_arguments: str) -> Run:
    def run(leg: Leg) -> Move:
        if leg.recording is not None:
            file, since_ms = leg.recording
            leg.exchange.recordings[file] += leg.exchange.time.now_ms - since_ms
            leg.recording = None
        return NEXT

    return run


def _hangup(arguments: str) -> Run:
    cause = arguments or "16"

    def run(leg: Leg) -> Move:
        leg.exchange.hang_up(leg, cause)
        return OVER

    return run


# ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _rest(application: str, leg: Leg, wait_ms: int) -> Move:
    timer = leg.exchange.time.after(wait_ms, leg.exchange.go_on, leg)
    leg.parked = Parked(application, timer.cancel)
    return PARKED


def _music(arguments: str) -> Run:
    wait_ms = int(words.split(arguments, ",")[1]) * 1000
    return lambda leg: _rest("MusicOnHold", leg, wait_ms)


def _wait(arguments: str) -> Run:
    wait_ms = round(float(arguments) * 1000)
    return lambda leg: _rest("Wait", leg, wait_ms)


def _bridge_wait(arguments: str) -> Run:
    options = read_options(words.split(arguments, ",")[2], flags="", valued="emS")
    seconds = options.get("S")
    if seconds is None:
        raise WordError("a BridgeWait without S() would never look at the heartbeat")
    wait_ms = int(seconds) * 1000
    music = words.text(options.get("m", ""))

    def run(leg: Leg) -> Move:
        leg.exchange.plays(leg, music(leg))
        return _rest("BridgeWait", leg, wait_ms)

    return run


# ── visits ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _agi(arguments: str) -> Run:
    given = [words.text(part) for part in words.split(arguments, ",")]

    def run(leg: Leg) -> Move:
        exchange = leg.exchange

        def done(status: str) -> None:
            leg.variables["AGISTATUS"] = status
            exchange.go_on(leg)

        leg.keys.clear()
        leaves = leg.variables.get("AGIEXITONHANGUP") == "yes"
        leg.parked = Parked("AGI", lambda: exchange.visits.leave(leg), leg.keys.append, deaf=not leaves)
        exchange.visits.begin(leg, [value(leg) for value in given], done)
        return PARKED

    return run


# ── bridges ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _bridge(arguments: str) -> Run:
    named, options = words.split(arguments, ",", limit=1)
    peer_name = words.text(named)
    place = read_options(options, flags="", valued="F").get("F")
    afterwards = read_place(place) if place is not None else None

    def run(leg: Leg) -> Move:
        exchange = leg.exchange
        named = peer_name(leg)
        peer = exchange.legs.find_by_prefix(named)
        if peer is None and exchange.legs.find_from(leg, named) is not None:
            exchange.problems.append(
                f"{leg.name} took {named} out of [{leg.context}] while it was being hung up: it would never end"
            )
        if peer is None or peer is leg:
            leg.variables["BRIDGERESULT"] = "NONEXISTENT" if peer is None else "LOOP"
            return NEXT
        if not exchange.can_be_taken(peer):
            leg.variables["BRIDGERESULT"] = "FAILURE"
            return NEXT

        def out() -> None:
            leg.variables["BRIDGERESULT"] = "SUCCESS"
            exchange.go_on(leg)

        exchange.unpark(peer)
        peer.afterwards = afterwards
        bridge = Bridge()
        exchange.join(leg, bridge, out)
        exchange.join(peer, bridge, lambda: exchange.go_on(peer))
        return PARKED

    return run


def _bridge_add(arguments: str) -> Run:
    peer_name = words.text(arguments)

    def run(leg: Leg) -> Move:
        exchange = leg.exchange
        peer = exchange.legs.find_by_prefix(peer_name(leg))
        if peer is None or peer.bridge is None:
            leg.variables["BRIDGERESULT"] = "FAILURE"
            return NEXT

        def out() -> None:
            leg.variables["BRIDGERESULT"] = "SUCCESS"
            exchange.go_on(leg)

        exchange.join(leg, peer.bridge, out)
        return PARKED

    return run


_APPLICATIONS: dict[str, Callable[[str], Run]] = {
    "AGI": _agi,
    "Answer": _answer,
    "Bridge": _bridge,
    "BridgeAdd": _bridge_add,
    "BridgeWait": _bridge_wait,
    "Dial": dial,
    "ExecIf": _exec_if,
    "Goto": _goto,
    "GotoIf": _goto_if,
    "Hangup": _hangup,
    "MSet": _mset,
    "MixMonitor": _record_talk,
    "MusicOnHold": _music,
    "NoOp": _nothing,
    "Playback": playback,
    "Queue": queue,
    "Read": read_keys,
    "Return": _return,
    "Set": _set,
    "StopMixMonitor": _stop_recording,
    "UserEvent": _user_event,
    "Verbose": _nothing,
    "Wait": _wait,
}
