"""AMI's actions on the exchange: Originate, Redirect, Hangup, Setvar, and what a look at the switch shows.

The quirks are Asterisk's own. A Redirect of a leg that is deaf (in an AGI that does not end with it) answers Success
and does nothing yet; one to a number that does not exist loses the leg, a label is looked up first. An Originate is
queued whatever it says, and a failed one is told before or after the Hangup that says why.
"""

from collections.abc import Mapping, Sequence

from ivr_engine.replay.simulator.calling import RANG_OUT
from ivr_engine.replay.simulator.exchange import THREAD_MS, Exchange
from ivr_engine.replay.simulator.legs import Leg, Place
from ivr_engine.replay.simulator.ports import Record, Refused

_STATES = {"down": "0", "ringing": "5", "up": "6"}
"""ChannelState by what the model calls it."""

_ALTERNATELY = 2
"""Every other failed Originate is told after its Hangup: both orders are seen on real switches."""

Headers = Mapping[str, str | Sequence[str]]


class Manager:
    """The manager interface of one exchange, without its bytes and sessions."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def act(self, action: str, headers: Headers, action_id: str = "") -> str:
        """One AMI action; the message of its success. Raises Refused with that of its error."""
        words = {name: value for name, value in headers.items() if isinstance(value, str)}
        match action:
            case "Originate":
                return self._originate(words, headers.get("Variable", ()), action_id)
            case "Redirect":
                return self._redirect(words)
            case "Hangup":
                leg = self._named(words.get("Channel", ""), "No such channel")
                self._exchange.hang_up(leg, words.get("Cause", "16"))
                return "Channel Hungup"
            case "Setvar":
                return self._set_variable(words)
            case _:
                raise Refused("Invalid/unknown command")

    def _named(self, name: str, problem: str) -> Leg:
        leg = self._exchange.legs.find(name)
        if leg is None:
            raise Refused(problem)
        return leg

    def _set_variable(self, words: Mapping[str, str]) -> str:
        name, value = words.get("Variable", ""), words.get("Value", "")
        if "Channel" in words:
            leg = self._named(words["Channel"], "No such channel")
            if name == "TIMEOUT(absolute)":
                self._exchange.set_absolute(leg, int(value))
            else:
                leg.set(name, value)
        elif name.startswith("DB_DELETE("):
            self._exchange.database.pop(name[len("DB_DELETE(") : -1], None)
        else:
            self._exchange.global_variables[name] = value
        return "Variable Set"

    def _redirect(self, words: Mapping[str, str]) -> str:
        first = self._named(words["Channel"], f"Channel does not exist: {words['Channel']}")
        moves = [(first, self._destination(words, "Context", "Exten", "Priority"))]
        if "ExtraChannel" in words:
            extra = self._named(words["ExtraChannel"], f"ExtraChannel does not exist: {words['ExtraChannel']}")
            moves.append((extra, self._destination(words, "ExtraContext", "ExtraExten", "ExtraPriority")))
        moving = []
        for leg, place in moves:
            if leg.extension is None and leg.afterwards is None:
                continue  # nobody runs this leg: Success, and nothing happens
            if leg.parked is not None and leg.parked.deaf:
                leg.redirected = place
                continue
            self._exchange.unpark(leg)
            leg.afterwards = None
            moving.append((leg, place))
        for leg, place in moving:
            self._exchange.goto(leg, place)
        return "Redirect successful"

    def _destination(self, words: Mapping[str, str], context: str, exten: str, priority: str) -> Place:
        place = words[context], words[exten], words[priority]
        if not place[2].isdigit():
            extension = self._exchange.site.plan.find(place[0], place[1])
            if extension is None or extension.index(place[2]) is None:
                raise Refused(f"{priority} is invalid")
        return place

    def _originate(self, words: Mapping[str, str], variables: str | Sequence[str], action_id: str) -> str:
        place = words["Context"], words["Exten"], words["Priority"]
        resource = words["Channel"]
        told = {"Event": "OriginateResponse", "ActionID": action_id, "Channel": resource, "Context": place[0]}
        told |= {"Exten": place[1], "Uniqueid": words.get("ChannelId", "<null>")}
        phone = self._exchange.phones.find(resource)
        if phone is None or words.get("ChannelId") in self._exchange.legs:
            # nothing is registered there, or a leg of that name lives: no channel is made
            self._exchange.time.after(THREAD_MS, self._originated, told, "Failure", "0")
            return "Originate successfully queued"
        leg = self._exchange.create(resource.partition("/")[2], phone, words.get("ChannelId", ""))
        for variable in (variables,) if isinstance(variables, str) else variables:
            name, _, value = variable.partition("=")
            leg.set(name, value)
        late = self._exchange.legs.count % _ALTERNATELY
        timer = self._exchange.time.after(int(words.get("Timeout", "30000")), self._rang_out, leg)

        def refused(cause: str) -> None:
            timer.cancel()
            reason = "3" if cause == RANG_OUT else "0"
            self._exchange.time.after(THREAD_MS + late, self._originated, told, "Failure", reason)

        def answered() -> None:
            timer.cancel()
            self._exchange.time.after(THREAD_MS, self._originated, told, "Success", "4")
            self._exchange.goto(leg, place)

        leg.owner, leg.on_answer = refused, answered
        self._exchange.ring(leg)
        return "Originate successfully queued"

    def _rang_out(self, leg: Leg) -> None:
        if leg.state != "up":
            self._exchange.hang_up(leg, RANG_OUT)

    def _originated(self, told: dict[str, str], response: str, reason: str) -> None:
        self._exchange.tell(Record({**told, "Response": response, "Reason": reason}))

    def status(self, variables: Sequence[str]) -> list[tuple[Record, dict[str, str]]]:
        """Every channel with these of its variables, as the list of Status gives them."""
        return [
            (
                Record({"Channel": leg.name, "Uniqueid": leg.uniqueid, "ChannelState": _STATES[leg.state]}),
                {name: leg.variables[name] for name in variables if name in leg.variables},
            )
            for leg in self._exchange.legs
        ]

    def entries(self, family: str) -> dict[str, str]:
        """A family of the switch's own database, as DBGetTree tells it."""
        return {key: value for key, value in self._exchange.database.items() if key.startswith(f"{family}/")}
