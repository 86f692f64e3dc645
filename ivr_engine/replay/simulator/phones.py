"""The people at the phones: citizens who dial, agents and officials who are rung, each doing as the plan says.

Phones know the switch as SIP does (dial, ring, answer, refuse, key, hang up) and nothing of AMI; what an agent does by
API goes to the engine. When an act is due is decided by what happened, told here fact by fact.
"""

from collections.abc import Callable, Iterable, Sequence

from ivr_engine.core.events import (
    CancelRequested,
    CompleteRequested,
    ConferenceRequested,
    ConsultRequested,
    Event,
    HoldRequested,
    ResumeRequested,
    WrapUpFinished,
)
from ivr_engine.core.vocabulary import AgentId
from ivr_engine.replay.history import Happened, Verb
from ivr_engine.replay.scenario import (
    Act,
    AgentAct,
    AgentPlan,
    Answering,
    By,
    CitizenPlan,
    Conduct,
    HangUp,
    RecipientPlan,
    Speech,
    TalkAct,
    Trigger,
)
from ivr_engine.replay.simulator.exchange import Exchange
from ivr_engine.replay.simulator.legs import Leg
from ivr_engine.replay.virtual import Timeline, Timer

BUSY, DECLINED, UNKNOWN_NUMBER = "17", "21", "1"
"""Q.850, as Asterisk has it for 486, 603 and 404."""

TRUNK = "city-trunk"
"""Where citizens come from, and are called back."""

KEY_GAP_MS = 200
"""Between two keys of an agent's feature code."""

FEATURE_KEYS = {
    TalkAct.HOLD: "*2",
    TalkAct.RESUME: "*#",
    TalkAct.COMPLETE: "*3",
    TalkAct.CANCEL: "*4",
    TalkAct.CONFERENCE: "*5",
}
"""features.conf, and what the consult context listens for while the agent stands alone."""

_REQUESTS: dict[TalkAct, Callable[[AgentId], Event]] = {
    TalkAct.HOLD: HoldRequested,
    TalkAct.RESUME: ResumeRequested,
    TalkAct.COMPLETE: CompleteRequested,
    TalkAct.CANCEL: CancelRequested,
    TalkAct.CONFERENCE: ConferenceRequested,
}

Tell = Callable[[Verb, str, dict[str, str]], None]
"""What a phone heard or pressed: verb, whose, details."""

Ask = Callable[[Event], None]


def press(time: Timeline, leg: Leg, keys: str, gap_ms: int = KEY_GAP_MS) -> None:
    """One key after the other, the first one now."""
    for position, key in enumerate(keys):
        time.after(position * gap_ms, leg.exchange.press, leg, key)


class CitizenPhone:
    """One citizen: dials once, does the acts, has patience for so long."""

    def __init__(self, exchange: Exchange, plan: CitizenPlan, caller: str, tell: Tell) -> None:
        self.plan = plan
        self.leg: Leg | None = None
        self.is_over = False
        self._exchange = exchange
        self.caller = caller
        self._tell = tell
        self._counts: dict[tuple[Trigger, str], int] = {}
        self._patience: Timer | None = None
        self._due: list[Timer] = []

    def dial(self) -> Leg | None:
        """Calls 120; None when there is nobody to answer."""
        self.leg = self._exchange.call_in(TRUNK, "ivr-entry", self.plan.dials, self, self.caller)
        if self.leg is None:
            self.is_over = True
            return None
        self.happens(Trigger.DIALLED)
        return self.leg

    # what the switch does to it
    def rings(self, leg: Leg) -> None: ...

    def picked_up(self, leg: Leg) -> None:
        self.happens(Trigger.ANSWERED)

    def over(self, leg: Leg) -> None:
        self.is_over = True
        self._stop()

    # what happens around it
    def hears(self, prompt: str, language: str) -> None:
        self._tell(Verb.HEARD, self.plan.name, {"prompt": prompt, "language": language})
        self.happens(Trigger.HEARD, prompt)

    def waits(self) -> None:
        """Music, and nobody there."""
        if self.plan.patience_ms is not None and self._patience is None and not self.is_over:
            self._patience = self._exchange.time.after(self.plan.patience_ms, self._impatient)

    def happens(self, trigger: Trigger, of: str = "") -> None:
        """A trigger; the acts that waited for it are due `after_ms` later."""
        if self.is_over:
            return
        if trigger is Trigger.CONNECTED and self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if not self.plan.acts:
            return
        count = self._counts[trigger, of] = self._counts.get((trigger, of), 0) + 1
        for act in self.plan.acts:
            when = act.when
            if when.trigger is trigger and when.nth == count and (trigger is not Trigger.HEARD or when.of == of):
                self._due.append(self._exchange.time.after(when.after_ms, self._act, act))

    def _act(self, act: Act) -> None:
        leg = self.leg
        if leg is None or self.is_over:
            return
        if isinstance(act, HangUp):
            self._hang_up(leg)
        elif isinstance(act, Speech):
            self._tell(Verb.SPOKE, self.plan.name, {"lasts_ms": str(act.lasts_ms)})
        else:
            self._tell(Verb.PRESSED, self.plan.name, {"keys": act.keys})
            press(self._exchange.time, leg, act.keys, act.gap_ms)

    def _impatient(self) -> None:
        self._patience = None
        if self.leg is not None and self.leg.bridge is None and not self.is_over:
            self._hang_up(self.leg)

    def _hang_up(self, leg: Leg) -> None:
        self.is_over = True
        self._stop()
        self._exchange.leave(leg)

    def _stop(self) -> None:
        for timer in self._due:
            timer.cancel()
        self._due.clear()
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


class DeskPhone:
    """A phone that is rung: takes each call in turn as its conducts say, the last of them again and again."""

    def __init__(self, exchange: Exchange, conducts: Sequence[Conduct]) -> None:
        self.leg: Leg | None = None
        self._exchange = exchange
        self._conducts = tuple(conducts) or (Conduct(),)
        self._rung = 0
        self._timers: list[Timer] = []

    def rings(self, leg: Leg) -> None:
        exchange = self._exchange
        if self.leg is not None and not self.leg.ended:
            exchange.refuse(leg, BUSY)
            return
        self.leg = leg
        conduct = self._conducts[min(self._rung, len(self._conducts) - 1)]
        self._rung += 1
        match conduct.does:
            case Answering.ANSWERS:
                self._timers = [exchange.time.after(conduct.after_ms, self._answer, leg, conduct)]
            case Answering.DECLINES:
                self._timers = [exchange.time.after(conduct.after_ms, exchange.refuse, leg, DECLINED)]
            case Answering.BUSY:
                self._timers = [exchange.time.after(conduct.after_ms, exchange.refuse, leg, BUSY)]
            case Answering.SILENT:
                self._timers = []

    def _answer(self, leg: Leg, conduct: Conduct) -> None:
        self._exchange.answer(leg)
        if conduct.talk_ms is not None:
            self._timers.append(self._exchange.time.after(conduct.talk_ms, self.hang_up))

    def picked_up(self, leg: Leg) -> None: ...

    def over(self, leg: Leg) -> None:
        if self.leg is leg:
            self.leg = None
            for timer in self._timers:
                timer.cancel()

    def hang_up(self) -> None:
        leg, self.leg = self.leg, None
        for timer in self._timers:
            timer.cancel()
        if leg is not None and not leg.ended:
            self._exchange.leave(leg)


class NoSuchNumber:
    """What the private exchange says of a number that it does not know."""

    def rings(self, leg: Leg) -> None:
        leg.exchange.refuse(leg, UNKNOWN_NUMBER)

    def picked_up(self, leg: Leg) -> None: ...

    def over(self, leg: Leg) -> None: ...


class AgentDesk:
    """One agent: the phone, and what the agent asks of the engine."""

    def __init__(self, exchange: Exchange, plan: AgentPlan, ask: Ask, directory: Callable[[str], str | None]) -> None:
        self.plan = plan
        self.phone = DeskPhone(exchange, plan.conducts)
        self._exchange = exchange
        self._ask = ask
        self._directory = directory
        self._talks: list[str] = []
        self._state = ""

    def happened(self, fact: Happened) -> None:
        """Of this agent: a talk that began, an after-work that began."""
        if fact.verb is Verb.CONNECTED:
            leg = self.phone.leg
            if leg is not None and leg.uniqueid not in self._talks[-1:]:
                self._talks.append(leg.uniqueid)
                self._plan_talk(len(self._talks))
        elif fact.verb is Verb.AGENT:
            state, before = fact.details["state"], self._state
            self._state = state
            done_ms = self.plan.finishes_wrap_up_after_ms
            if state == "wrap_up" and before != state and done_ms is not None:
                self._exchange.time.after(done_ms, self._finish_wrap_up)

    def dial(self, code: str) -> None:
        """A feature code from the agent's own phone; nothing while the phone is not registered."""
        if self.plan.registered:
            self._exchange.call_in(self.plan.id, "ivr-agent-phone", code, NoSuchNumber(), self.plan.id)

    def _finish_wrap_up(self) -> None:
        if self._state == "wrap_up":
            self._ask(WrapUpFinished(AgentId(self.plan.id)))

    def _plan_talk(self, nth: int) -> None:
        for act in self.plan.acts:
            if act.nth == nth:
                self._exchange.time.after(act.after_ms, self._do, act, self.phone.leg)

    def _do(self, act: AgentAct, leg: Leg | None) -> None:
        if leg is None or leg.ended:
            return
        if act.does is TalkAct.HANG_UP:
            self.phone.hang_up()
        elif act.by is By.PHONE:
            press(self._exchange.time, leg, self._keys(act, leg))
        elif act.does is TalkAct.CONSULT:
            number = self._directory(act.entry)
            if number is not None:
                self._ask(ConsultRequested(AgentId(self.plan.id), act.entry, number))
        else:
            self._ask(_REQUESTS[act.does](AgentId(self.plan.id)))

    @staticmethod
    def _keys(act: AgentAct, leg: Leg) -> str:
        if act.does is TalkAct.CONSULT:
            return f"{act.entry}#"
        alone = leg.parked is not None and leg.parked.application == "Read"
        return FEATURE_KEYS[TalkAct.RESUME if act.does is TalkAct.CANCEL and alone else act.does]


class Exchanges:
    """Implements the exchange's `Phones`: agents by id, officials and citizens by number, the fallback queue in the
    file's order.
    """

    def __init__(
        self,
        exchange: Exchange,
        agents: Iterable[AgentDesk],
        recipients: Iterable[RecipientPlan],
        citizens: Iterable[CitizenPhone] = (),
    ) -> None:
        self._found: dict[str, DeskPhone | NoSuchNumber] = {}
        self._members: list[str] = []
        for desk in agents:
            if desk.plan.registered:
                self._found[f"PJSIP/{desk.plan.id}"] = desk.phone
                self._members.append(f"PJSIP/{desk.plan.id}")
        for recipient in recipients:
            self._found[f"PJSIP/{recipient.number}@ivr-office"] = DeskPhone(exchange, recipient.conducts)
        for citizen in citizens:
            if citizen.plan.rung:
                self._found[f"PJSIP/{citizen.caller}@{TRUNK}"] = DeskPhone(exchange, citizen.plan.rung)
        self._nobody = NoSuchNumber()

    def find(self, resource: str) -> DeskPhone | NoSuchNumber | None:
        found = self._found.get(resource)
        return self._nobody if found is None and resource.endswith(("@ivr-office", f"@{TRUNK}")) else found

    def members(self) -> Sequence[str]:
        return self._members
