"""Dial and Queue: the applications that make a second leg ring and look after it.

Dial   one phone, for so long; answered, both talk; at the end DIALSTATUS, and on if `g` says so
Queue  the next free member in turn, for the queue's own ring time; nobody free: music, and again
"""

import re
from dataclasses import dataclass

from ivr_engine.replay.simulator import words
from ivr_engine.replay.simulator.legs import Bridge, Leg, Parked, Place
from ivr_engine.replay.simulator.options import read_options, read_place
from ivr_engine.replay.simulator.plan import PARKED, Move, Run
from ivr_engine.replay.simulator.words import Value, WordError
from ivr_engine.replay.virtual import Timer

_SUBROUTINE = re.compile(r"([^^]+)\^([^^]+)\^([^^(]+)(?:\((.*)\))?", re.DOTALL)

RANG_OUT = "19"
"""The cause that Asterisk itself gives at the end of a ring time."""

NO_ROUTE = "20"

MEET_MS = 5
"""From the answer to a call until both are in one bridge. Who called and is hung up meanwhile takes the other along."""

_STATUS_OF_CAUSE = {"17": "BUSY", RANG_OUT: "NOANSWER"}
"""DIALSTATUS by Q.850 cause; every other refusal is CHANUNAVAIL, a declined call (21) among them."""


def dial(arguments: str) -> Run:
    """Dial(resource,seconds,options) with g, m(), b(), U() and F()."""
    resource, seconds, letters = words.split(arguments, ",", limit=2)
    options = read_options(letters, flags="g", valued="mbUF")
    subroutine = words.text(options["b"]) if "b" in options else None
    plan = _Dialling(
        words.text(resource),
        words.text(seconds),
        goes_on="g" in options,
        before=subroutine,
        on_answer=options.get("U"),
        afterwards=read_place(options["F"]) if "F" in options else None,
    )
    return lambda leg: _Dialled(leg, plan).begin()


@dataclass(frozen=True, slots=True)
class _Dialling:
    """The arguments of one Dial in the plan."""

    resource: Value
    seconds: Value
    goes_on: bool
    before: Value | None
    on_answer: str | None
    afterwards: Place | None


class _Dialled:
    """One call that a leg makes to a phone."""

    __slots__ = ("_called", "_leg", "_plan", "_timer")

    def __init__(self, leg: Leg, plan: _Dialling) -> None:
        self._leg = leg
        self._plan = plan
        self._called: Leg | None = None
        self._timer: Timer | None = None

    def begin(self) -> Move:
        leg, plan, exchange = self._leg, self._plan, self._leg.exchange
        leg.parked = Parked("Dial", self._stop)
        resource = plan.resource(leg)
        phone = exchange.phones.find(resource)
        if phone is None:
            self._timer = exchange.time.after(0, self._over, "CHANUNAVAIL", NO_ROUTE)
            return PARKED
        called = self._called = exchange.create(resource.partition("/")[2].partition("@")[0], phone)
        called.variables.update(leg.inherited())
        called.owner, called.on_answer = self._refused, self._answered
        if plan.before is not None:
            named = _SUBROUTINE.fullmatch(plan.before(leg))
            if named is not None:
                exchange.gosub(called, named[1], named[2], named[3], (named[4] or "").split("^"))
        wait_ms = int(plan.seconds(leg) or 0) * 1000
        if wait_ms:
            self._timer = exchange.time.after(wait_ms, exchange.hang_up, called, RANG_OUT)
        exchange.ring(called)
        return PARKED

    def _stop(self) -> None:
        """The calling leg is out of its Dial: the ringing ends."""
        if self._timer is not None:
            self._timer.cancel()
        if self._called is not None:
            self._called.owner = None
            self._leg.exchange.hang_up(self._called)

    def _refused(self, cause: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._over(_STATUS_OF_CAUSE.get(cause, "CHANUNAVAIL"), "" if cause == RANG_OUT else cause)

    def _answered(self) -> None:
        plan, called, exchange = self._plan, self._called, self._leg.exchange
        assert called is not None, "who answers was called"
        if self._timer is not None:
            self._timer.cancel()
        self._leg.variables["DIALSTATUS"] = "ANSWER"
        if plan.on_answer is not None:
            exchange.gosub(called, plan.on_answer, "s", "1")
        self._timer = exchange.time.after(MEET_MS, self._meet, called)
        called.owner = self._gone_again

    def _gone_again(self, cause: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._over("ANSWER", cause)

    def _meet(self, called: Leg) -> None:
        leg, exchange, bridge = self._leg, self._leg.exchange, Bridge()
        called.owner = None
        exchange.join(leg, bridge, lambda: self._over("ANSWER", "16"))
        called.afterwards = self._plan.afterwards
        exchange.join(called, bridge, lambda: exchange.hang_up(called))

    def _over(self, status: str, cause: str) -> None:
        leg = self._leg
        leg.variables["DIALSTATUS"] = status
        leg.cause = cause
        if self._plan.goes_on:
            leg.exchange.go_on(leg)
        else:
            leg.parked = None
            leg.exchange.hang_up(leg)


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
            if phone is not None and not exchange.legs.in_use(resource):
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
        timer = exchange.time.after(self._ring_ms, exchange.hang_up, member, RANG_OUT)

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
