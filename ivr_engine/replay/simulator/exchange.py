"""The switch: legs that run through the dialplan's contexts, and Asterisk's words both ways.

    in    call_in, answer, refuse, leave, press: what phones do; `manager.Manager`: AMI's actions
    out   tell(record)    UserEvent, Hangup, OriginateResponse, with Asterisk's headers
          visits          one AGI session for each visit
          phones          who is behind an endpoint

Whoever speaks AMI and FastAGI bytes for it, and whoever translates records into facts in the same process, use the
same ports. A quirk is Asterisk's own: Bridge for a pair that talks parts it.
"""

from collections.abc import Callable, Sequence

from ivr_engine.replay.simulator.legs import Bridge, Leg, Parked, Phone, Place
from ivr_engine.replay.simulator.plan import JUMPED, NEXT, OVER, PARKED, RETURNED, Extension
from ivr_engine.replay.simulator.ports import Phones, Record, Visits
from ivr_engine.replay.simulator.registry import Registry
from ivr_engine.replay.simulator.site import Site
from ivr_engine.replay.virtual import Standstill, Timeline

SIP_MS = 2
"""One way through SIP to a phone on the same network."""

THREAD_MS = 1
"""Until another thread of Asterisk has noticed: a bridge that is left, a channel that is gone."""

DYING_MS = 5
"""A leg that was hung up has left its bridge and is still there for whoever it left alone. Taken then, it would never
end: its phone has gone, and nobody is left to say so (seen on 22.10.1)."""

FILTERED = frozenset({"IvrLegEnded"})
"""What asterisk-conf/manager.conf keeps from the engine: the switch's Hangup says it, once the leg is gone."""

STEPS_AT_ONCE = 1_000
"""Priorities without a wait between: the longest way through our contexts takes fifty."""

FEATURE_GAP_MS = 2_000
"""Between two keys of one feature code (features.conf's featuredigittimeout)."""


class Exchange:
    """One Asterisk."""

    def __init__(self, time: Timeline, site: Site) -> None:
        self.time: Timeline = time
        self.site: Site = site
        self.visits: Visits
        self.phones: Phones
        self.tell: Callable[[Record], None] = lambda _record: None
        self.hears: Callable[[Leg, str], None] = lambda _leg, _file: None
        """A recording begins to play."""
        self.plays: Callable[[Leg, str], None] = lambda _leg, _music: None
        """Music of this class begins, or goes on after a turn of the dialplan."""
        self.length_ms: Callable[[str], int | None] = lambda _file: None
        """How long a recording of the operators' plays; None: it is none of theirs."""
        self.says: Callable[[Leg, str], None] = lambda _leg, _name: None
        """The dialplan says this UserEvent, whether or not anybody listens on AMI."""
        self.clock_ahead_ms = 0
        """By how much the wall clock of the machine was set since the scenario began."""
        self.runs = True
        """False between the death of Asterisk and its next start."""
        self.legs = Registry()
        self.problems: list[str] = []
        """What a real switch would not have survived."""
        self.locks: dict[str, Leg] = {}
        self.database: dict[str, str] = {}
        self.recordings: dict[str, int] = {}
        """File, without its ending, and milliseconds of what a citizen said."""
        self.global_variables: dict[str, str] = dict(site.plan.global_variables)
        self.started = 0
        """How often it was started again: what CoreStatus tells as another start time."""
        self.turn: dict[str, int] = {}
        """Whose turn it is in each queue: rrmemory."""
        self._first = time.now_ms // 1000

    @property
    def wall_ms(self) -> int:
        """What the machine's clock on the wall says, as against the time that passes."""
        return self.time.now_ms + self.clock_ahead_ms

    # ── legs ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def create(self, endpoint: str, phone: Phone, uniqueid: str = "") -> Leg:
        """A channel that is down; the uniqueid, if one is given, is of no other leg."""
        self.legs.count += 1
        leg = Leg(
            self,
            uniqueid or f"{self._first}.{self.legs.count}",
            f"PJSIP/{endpoint}-{self.legs.count:08x}",
            endpoint,
            phone,
        )
        self.legs.add(leg)
        return leg

    def hang_up(self, leg: Leg, cause: str = "16", *, by_phone: bool = False) -> None:
        """The leg's end: out of where it is, its `h`, its Hangup; whoever was with it notices a moment later."""
        if leg.ended:
            return
        leg.ended = True
        leg.cause = cause
        was_bridged = leg.bridge is not None
        self.unpark(leg)
        if leg.absolute is not None:
            leg.absolute.cancel()
        if leg.extension is not None:
            last_words = self.site.plan.find(leg.context, "h")
            if last_words is not None:
                self._run_through(leg, last_words, 0)
        self.legs.remove(leg)
        for lock in leg.locks:
            del self.locks[lock]
        if was_bridged:
            self.legs.linger(leg)
            self.time.after(DYING_MS, self.legs.die, leg)
        owner, leg.owner = leg.owner, None
        if owner is not None:
            owner(cause)
        self.time.after(THREAD_MS, self._gone, leg)
        if not by_phone:
            self.time.after(SIP_MS, leg.phone.over, leg)

    def _gone(self, leg: Leg) -> None:
        self.tell(
            Record(
                {
                    "Event": "Hangup",
                    "Channel": leg.name,
                    "Uniqueid": leg.uniqueid,
                    "Cause": leg.cause,
                    "Context": leg.context,
                    "Exten": leg.exten,
                }
            )
        )

    def user_event(self, leg: Leg, name: str, fields: dict[str, str]) -> None:
        """What the dialplan says."""
        if name not in FILTERED:
            told = {"Event": "UserEvent", "Channel": leg.name, "Uniqueid": leg.uniqueid, "UserEvent": name, **fields}
            self.tell(Record(told))
        self.says(leg, name)

    def unpark(self, leg: Leg) -> None:
        """Out of whatever it waits for; the bridge it was in goes on without it."""
        parked, leg.parked = leg.parked, None
        if parked is not None:
            parked.stop()

    # ── the plan ────────────────────────────────────────────────────────────────────────────────────────────────────
    def goto(self, leg: Leg, place: Place) -> None:
        """On from another place; a leg sent to none is lost, as on a real switch."""
        if leg.ended:
            return
        self.stand(leg, place)
        if leg.extension is not None:
            self.run(leg)

    def stand(self, leg: Leg, place: Place) -> None:
        """Puts the leg there and runs nothing yet."""
        context, exten, priority = place
        extension = self.site.plan.find(context, exten)
        index = extension.index(priority) if extension is not None else None
        if index is None:
            extension, exten, index = self.site.plan.find(context, "i"), "i", 0
        if extension is None:
            self.hang_up(leg, "0")
            return
        leg.context, leg.exten, leg.extension, leg.index = context, exten, extension, index

    def run(self, leg: Leg) -> None:
        """Priorities one after the other, up to one that waits. Raises Standstill for a plan that goes in circles."""
        if leg.running:
            return
        leg.running = True
        try:
            for _ in range(STEPS_AT_ONCE):
                extension = leg.extension
                if leg.ended or leg.parked is not None or extension is None:
                    return
                if leg.index >= len(extension.runs):
                    self.hang_up(leg)
                    return
                move = extension.runs[leg.index](leg)
                if move == NEXT:
                    leg.index += 1
                elif move != JUMPED:
                    return
        finally:
            leg.running = False
        raise Standstill(f"{leg.name} took {STEPS_AT_ONCE} steps at once, the last in [{leg.context}] {leg.exten}")

    def go_on(self, leg: Leg) -> None:
        """What it waited for is over: the next priority, or where a redirect wanted it meanwhile."""
        leg.parked = None
        if leg.ended:
            return
        if leg.redirected is not None:
            place, leg.redirected = leg.redirected, None
            self.goto(leg, place)
            return
        leg.index += 1
        self.run(leg)

    def gosub(self, leg: Leg, context: str, exten: str, priority: str, arguments: Sequence[str] = ()) -> None:
        """A subroutine on the leg, beside whatever it does: of ours none waits for anything."""
        extension = self.site.plan.find(context, exten)
        index = extension.index(priority) if extension is not None else None
        if extension is None or index is None or leg.ended:
            return
        for number, argument in enumerate(arguments, start=1):
            leg.variables[f"ARG{number}"] = argument
        before = leg.context, leg.exten, leg.extension, leg.index
        self._run_through(leg, extension, index)
        leg.context, leg.exten, leg.extension, leg.index = before

    def _run_through(self, leg: Leg, extension: Extension, index: int) -> None:
        leg.context, leg.exten, leg.extension, leg.index = extension.context, extension.name, extension, index
        while leg.extension is not None and leg.index < len(leg.extension.runs):
            move = leg.extension.runs[leg.index](leg)
            if move in (OVER, RETURNED):
                return
            if move == PARKED:
                self.unpark(leg)
                return
            if move == NEXT:
                leg.index += 1

    def set_absolute(self, leg: Leg, seconds: int) -> None:
        """TIMEOUT(absolute): after so long the leg is in T, whatever it does. 0: no more."""
        if leg.absolute is not None:
            leg.absolute.cancel()
        leg.absolute = self.time.after(seconds * 1000, self._expired, leg) if seconds > 0 else None

    def _expired(self, leg: Leg) -> None:
        leg.absolute = None
        if leg.ended or (leg.parked is not None and leg.parked.deaf):
            return
        self.unpark(leg)
        if self.site.plan.find(leg.context, "T") is None:
            self.hang_up(leg, "0")
        else:
            self.goto(leg, (leg.context, "T", "1"))

    # ── bridges ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def join(self, leg: Leg, bridge: Bridge, on_out: Callable[[], None]) -> None:
        """Into the bridge; `on_out` when it is put out because the others left (unless it goes `afterwards`)."""
        leg.bridge = bridge
        leg.left_bridge = on_out
        leg.parked = Parked("Bridge", lambda: self.leave_bridge(leg))
        bridge.legs.append(leg)

    def leave_bridge(self, leg: Leg) -> None:
        """The leg goes; one that is left alone is put out."""
        bridge, leg.bridge = leg.bridge, None
        leg.left_bridge = None
        if bridge is None:
            return
        bridge.legs.remove(leg)
        if len(bridge.legs) == 1:
            last = bridge.legs.pop()
            last.left_by = leg
            self._put_out(last)

    def _put_out(self, last: Leg) -> None:
        on_out, last.left_bridge, last.bridge = last.left_bridge, None, None
        timer = self.time.after(THREAD_MS, self._is_out, last, on_out)
        last.parked = Parked(LEAVING, timer.cancel)

    def _is_out(self, leg: Leg, on_out: Callable[[], None] | None) -> None:
        leg.parked = None
        if leg.ended:
            return
        place, leg.afterwards = leg.afterwards, None
        if place is not None:
            self.goto(leg, place)
        elif on_out is not None:
            on_out()

    def can_be_taken(self, leg: Leg) -> bool:
        """Not in the moment in which a bridge has put it out: it is on its way to somewhere else."""
        return leg.parked is None or leg.parked.application != LEAVING

    # ── phones ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def call_in(self, endpoint: str, context: str, exten: str, phone: Phone, caller: str = "") -> Leg | None:
        """A phone dials: its leg, or None when nobody answers or the context has no such extension (a 404)."""
        if not self.runs or self.site.plan.find(context, exten) is None:
            return None
        leg = self.create(endpoint, phone)
        leg.from_header = f"<sip:{caller}@198.51.100.7>;tag={leg.uniqueid}"
        self.time.after(SIP_MS, self.goto, leg, (context, exten, "1"))
        return leg

    def pick_up(self, leg: Leg) -> None:
        """The switch answers who called it: the application Answer."""
        if leg.state != "up":
            leg.state = "up"
            self.time.after(SIP_MS, leg.phone.picked_up, leg)

    def answer(self, leg: Leg) -> None:
        """The phone that rings is picked up."""
        self.time.after(SIP_MS, self._answered, leg)

    def _answered(self, leg: Leg) -> None:
        if leg.ended or leg.state == "up":
            return
        leg.state = "up"
        leg.owner = None
        on_answer, leg.on_answer = leg.on_answer, None
        if on_answer is not None:
            on_answer()

    def refuse(self, leg: Leg, cause: str) -> None:
        """The phone says no: 17 busy, 21 declined, 1 no such number, 19 not there."""
        self.time.after(SIP_MS, self.hang_up, leg, cause)

    def leave(self, leg: Leg) -> None:
        """The phone hangs up."""
        self.time.after(SIP_MS, self._left, leg)

    def _left(self, leg: Leg) -> None:
        self.hang_up(leg, "16", by_phone=True)

    def press(self, leg: Leg, key: str) -> None:
        """A key: heard by what the leg waits in, kept for the next that listens, or a feature code of a talk."""
        self.time.after(SIP_MS, self._pressed, leg, key)

    def _pressed(self, leg: Leg, key: str) -> None:
        if leg.ended:
            return
        if leg.parked is not None and leg.parked.key is not None:
            leg.parked.key(key)
        elif leg.bridge is not None:
            self._feature(leg, key)

    def _feature(self, leg: Leg, key: str) -> None:
        """Only the leg whose own DYNAMIC_FEATURES names a code can use it."""
        now_ms = self.time.now_ms
        leg.code = leg.code + key if now_ms - leg.code_at_ms <= FEATURE_GAP_MS else key
        leg.code_at_ms = now_ms
        begins = False
        for name in leg.variables.get("DYNAMIC_FEATURES", "").split("#"):
            feature = self.site.features.get(name)
            if feature is None:
                continue
            code, context, exten, priority = feature
            if leg.code == code:
                leg.code = ""
                self.gosub(leg, context, exten, priority)
                return
            begins = begins or code.startswith(leg.code)
        if not begins:
            leg.code = ""

    # ── making phones ring ──────────────────────────────────────────────────────────────────────────────────────────
    def _rings(self, leg: Leg) -> None:
        if not leg.ended:
            leg.phone.rings(leg)

    def ring(self, leg: Leg) -> None:
        """For Dial and Queue: the phone of this leg rings."""
        leg.state = "ringing"
        self.time.after(SIP_MS, self._rings, leg)

    # ── the whole ───────────────────────────────────────────────────────────────────────────────────────────────────
    def restart(self) -> None:
        """Asterisk dies and is started again: every leg is gone without a word, its database is not."""
        legs = list(self.legs)
        for leg in legs:
            leg.ended = True
            leg.owner = leg.on_answer = None
            if leg.absolute is not None:
                leg.absolute.cancel()
        for leg in legs:
            self.unpark(leg)
            self.time.after(SIP_MS, leg.phone.over, leg)
        self.legs.clear()
        self.locks.clear()
        self.global_variables = dict(self.site.plan.global_variables)
        self.started += 1


LEAVING = "leaving a bridge"
"""What a leg does in the moment between a bridge and where it goes on."""
