"""Dial and Queue: the applications that make a second leg ring and look after it.

Dial   one phone, for so long; answered, both talk; at the end DIALSTATUS, and on if `g` says so
Queue  the next free member in turn, for the queue's own ring time; nobody free: music, and again
"""

import re
from ivr_engine.replay.simulator import words
from ivr_engine.replay.simulator.legs import Bridge, Leg, Parked
from ivr_engine.replay.simulator.options import read_options, read_place
from ivr_engine.replay.simulator.plan import PARKED, Move, Run
from ivr_engine.replay.simulator.words import WordError
from ivr_engine.replay.virtual import Timer

_SUBROUTINE = re.compile(r"([^^]+)\^([^^]+)\^([^^(]+)(?:\((.*)\))?", re.DOTALL)

_STATUS_OF_CAUSE = {"17": "BUSY", "19": "NOANSWER"}
"""DIALSTATUS by Q.850 cause; every other refusal is CHANUNAVAIL, a declined call (21) among them."""


def dial(arguments: str) -> Run:
    """Dial(resource,seconds,options) with g, b(), U() and F()."""
    resource_text, seconds_text, option_text = words.split(arguments, ",", limit=2)
    resource, seconds = words.text(resource_text), words.text(seconds_text)
    options = read_options(option_text, flags="g", valued="bUF")
    goes_on = "g" in options
    before = words.text(options["b"]) if "b" in options else None
    on_answer = options.get("U")
    afterwards = read_place(options["F"]) if "F" in options else None

    def run(leg: Leg) -> Move:
        exchange = leg.exchange

        def over(status: str, cause: str) -> None:
            leg.variables["DIALSTATUS"] = status
            leg.cause = cause
            if goes_on:
                exchange.go_on(leg)
            else:
                leg.parked = None
                exchange.hang_up(leg)

        called_name = resource(leg)
        phone = exchange.phones.find(called_name)
        if phone is None:
            timer = exchange.time.after(0, over, "CHANUNAVAIL", "20")
            leg.parked = Parked("Dial", timer.cancel)
            return PARKED
        called = exchange.create(called_name.partition("/")[2].partition("@")[0], phone)
        called.variables.update(leg.inherited())
        if before is not None:
            subroutine = _SUBROUTINE.fullmatch(before(leg))
            if subroutine is not None:
                exchange.gosub(called, subroutine[1], subroutine[2], subroutine[3], (subroutine[4] or "").split("^"))
        wait_ms = int(seconds(leg) or 0) * 1000
        timer = exchange.time.after(wait_ms, exchange.hang_up, called, "19") if wait_ms else None

        def stop() -> None:
            if timer is not None:
                timer.cancel()
            called.owner = None
            exchange.hang_up(called)

        def refused(cause: str) -> None:
            if timer is not None:
                timer.cancel()
            over(_STATUS_OF_CAUSE.get(cause, "CHANUNAVAIL"), cause if cause != "19" else "")

        def answered() -> None:
            if timer is not None:
                timer.cancel()
            if on_answer is not None:
                exchange.gosub(called, on_answer, "s", "1")
            leg.parked = None
            bridge = Bridge()
            exchange.join(leg, bridge, lambda: over("ANSWER", "16"))
            called.afterwards = afterwards
            exchange.join(called, bridge, lambda: exchange.hang_up(called))

        called.owner, called.on_answer = refused, answered
        leg.parked = Parked("Dial", stop)
        exchange.ring(called)
        return PARKED

    return run


def queue(arguments: str) -> Run:
    """Queue(name,,,,timeout,,gosub) without options: who is answered and left by the member is hung up."""
    parts = words.split(arguments, ",")
    name, options, url, announcement, timeout, agi, gosub = [*parts, *[""] * (7 - len(parts))][:7]
    if options or url or announcement or agi:
        raise WordError("the model knows no options, URL, announcement or AGI of Queue")
    most_ms = int(timeout) * 1000 if timeout else 0
    return lambda leg: _Turn(leg, name, most_ms, gosub).begin()


class _Turn:
    """One citizen's stay in a static queue."""

    __slots__ = ("_gosub", "_leg", "_most", "_name", "_retry", "_retry_ms", "_ring_ms", "_ringing")

    def __init__(self, leg: Leg, name: str, most_ms: int, gosub: str) -> None:
        settings = leg.exchange.site.queues.get(name, {})
        self._leg = leg
        self._name = name
        self._gosub = gosub
        self._ring_ms = int(settings.get("timeout", "15")) * 1000
        self._retry_ms = int(settings.get("retry", "5")) * 1000
        self._ringing: Leg | None = None
        self._retry: Timer | None = None
        self._most = leg.exchange.time.after(most_ms, self._timed_out) if most_ms else None

    def begin(self) -> Move:
        self._leg.parked = Parked("Queue", self._stop)
        self._next()
        return PARKED

    def _stop(self) -> None:
        self._clear()
        if self._ringing is not None:
            self._ringing.owner = None
            self._leg.exchange.hang_up(self._ringing)

    def _clear(self) -> None:
        for timer in (self._retry, self._most):
            if timer is not None:
                timer.cancel()

    def _timed_out(self) -> None:
        self._stop()
        self._leg.variables["QUEUESTATUS"] = "TIMEOUT"
        self._leg.exchange.go_on(self._leg)

    def _next(self) -> None:
        exchange = self._leg.exchange
        members = exchange.phones.members()
        turn = exchange.turn.get(self._name, 0)
        for position in range(len(members)):
            at = (turn + position) % len(members)
            resource = members[at]
            phone = exchange.phones.find(resource)
            if phone is not None and not exchange.in_use(resource):
                exchange.turn[self._name] = at + 1
                self._ring(resource)
                return
        self._retry = exchange.time.after(self._retry_ms, self._next)

    def _ring(self, resource: str) -> None:
        exchange = self._leg.exchange
        phone = exchange.phones.find(resource)
        assert phone is not None, "looked up a moment ago"
        member = exchange.create(resource.partition("/")[2], phone)
        member.variables.update(self._leg.inherited())
        timer = exchange.time.after(self._ring_ms, exchange.hang_up, member, "19")

        def refused(_cause: str) -> None:
            timer.cancel()
            self._ringing = None
            self._retry = exchange.time.after(self._retry_ms, self._next)

        def answered() -> None:
            timer.cancel()
            self._ringing = None
            self._clear()
            if self._gosub:
                exchange.gosub(member, self._gosub, "s", "1")
            leg = self._leg
            leg.parked = None
            bridge = Bridge()
            exchange.join(leg, bridge, lambda: exchange.hang_up(leg))
            exchange.join(member, bridge, lambda: exchange.hang_up(member))

        member.owner, member.on_answer = refused, answered
        self._ringing = member
        exchange.ring(member)
