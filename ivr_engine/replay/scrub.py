"""Personal data out of what was recorded, so that a recorded day may lie in a repository and be sent in a mail.

Caller numbers become fictitious ones, the same for the same caller within one `Scrub`, so that who calls twice still
does; names of agents become their identifiers; the numbers of officials become fictitious too. Nothing that the core
decides by is changed: a scrubbed journal is decided as the original was. The originals are nowhere in the result, and
cannot be computed from it: a replacement says only who came first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ivr_engine.core.commands import CallRecipient, Command, DialCitizen, StartOffer
from ivr_engine.core.events import (
    CallbackAsked,
    CallbackRestored,
    CallersRestored,
    Configured,
    ConsultRequested,
    ContactArrived,
    ContactQueued,
    ContactRestored,
    Event,
    FellBack,
    SwitchSeen,
)
from ivr_engine.core.notices import CallbackPromised, ContactBegan, Notice
from ivr_engine.core.vocabulary import Role
from ivr_engine.replay.recording import Recorded
from ivr_engine.replay.simulator.recovery import Entry

CALLERS = "0109"
"""Seven digits follow: 010 9xxx xxxx, in the shape of a mobile number. Korea keeps no range for fiction."""

OFFICIALS = "0200"
"""Six digits follow, from 900001: no number of the directory's own begins like this (the sandbox's are 02000xxxxx)."""


class Scrub:
    """One table of replacements: use one for everything that belongs together."""

    def __init__(self) -> None:
        self._callers: dict[str, str] = {}
        self._officials: dict[str, str] = {}

    def caller(self, number: str) -> str:
        """The stand-in of a caller; nobody's number stays none."""
        if not number:
            return ""
        return self._callers.setdefault(number, f"{CALLERS}{len(self._callers) + 1:07d}")

    def official(self, number: str) -> str:
        """The stand-in of an official's number."""
        if not number:
            return ""
        return self._officials.setdefault(number, f"{OFFICIALS}{900_001 + len(self._officials)}")

    def entries(self, entries: Iterable[Recorded]) -> Iterator[Entry]:
        """The journal with everything personal replaced."""
        for one in entries:
            yield Entry(
                one.epoch,
                one.seq,
                one.at_ms,
                self._event(one.event),
                tuple(map(self._command, one.commands)),
                tuple(map(self._notice, one.notices)),
            )

    def _event(self, event: Event) -> Event:
        match event:
            case ContactArrived() | ContactQueued() | ContactRestored() | FellBack():
                return replace(event, caller=self.caller(event.caller))
            case CallbackAsked():
                outcome = replace(event.outcome, number=self.caller(event.outcome.number))
                return replace(event, outcome=outcome)
            case CallbackRestored():
                return replace(event, number=self.caller(event.number))
            case CallersRestored():
                left = tuple(replace(one, caller=self.caller(one.caller)) for one in event.left)
                spoke = tuple(replace(one, caller=self.caller(one.caller)) for one in event.spoke)
                return replace(event, left=left, spoke=spoke)
            case ConsultRequested():
                return replace(event, number=self.official(event.number))
            case SwitchSeen():
                legs = (
                    replace(
                        leg,
                        caller=self.caller(leg.caller),
                        number=self.official(leg.number) if leg.role is Role.RECIPIENT else leg.number,
                    )
                    for leg in event.legs
                )
                return replace(event, legs=tuple(legs))
            case Configured():
                known = event.configuration
                agents = tuple(replace(agent, name=agent.id) for agent in known.agents)
                return replace(event, configuration=replace(known, agents=agents))
            case _:
                return event

    def _command(self, command: Command) -> Command:
        match command:
            case StartOffer():
                return replace(command, caller=self.caller(command.caller))
            case DialCitizen():
                return replace(command, number=self.caller(command.number))
            case CallRecipient():
                return replace(command, number=self.official(command.number))
            case _:
                return command

    def _notice(self, notice: Notice) -> Notice:
        match notice:
            case ContactBegan():
                return replace(notice, caller=self.caller(notice.caller))
            case CallbackPromised():
                return replace(notice, number=self.caller(notice.number))
            case _:
                return notice
