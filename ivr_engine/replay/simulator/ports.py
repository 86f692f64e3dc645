"""What the exchange says and asks, and of whom: its ports to AMI, FastAGI and phones."""

from collections.abc import Callable, Sequence
from typing import Protocol

from ivr_engine.core.conversation import Dip, DipFailed, Dipped, NotSent, SendText, Sent
from ivr_engine.replay.simulator.legs import Leg, Phone


class Record:
    """One AMI event: headers by name, "" when absent."""

    __slots__ = ("headers",)

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers

    def get(self, key: str, default: str = "", /) -> str:
        return self.headers.get(key, default)

    def __repr__(self) -> str:
        return f"Record({self.headers})"


class Refused(Exception):  # noqa: N818  (the situation is the name)
    """An action that Asterisk answers with an error; the message is Asterisk's."""


class Outside(Protocol):
    """Other systems and the text gateway, as a scenario has them: each answers at once or after some time."""

    def ask(self, dip: Dip) -> tuple[int, Dipped | DipFailed]:
        """Milliseconds until the flow is told, and what: never later than the dip's own deadline."""

    def send(self, text: SendText) -> tuple[int, Sent | NotSent]:
        """The same of a text."""


class Visits(Protocol):
    """Who answers FastAGI."""

    def begin(self, leg: Leg, arguments: list[str], done: Callable[[str], None]) -> None:
        """One session; `done` is told AGISTATUS at its end, unless the leg leaves first."""

    def leave(self, leg: Leg) -> None:
        """The leg is out of its session: hung up, redirected or timed out."""


class Phones(Protocol):
    """Who is behind what is dialled."""

    def find(self, resource: str) -> Phone | None:
        """The phone of `PJSIP/…`; None when nothing is registered there."""

    def members(self) -> Sequence[str]:
        """The resources of the fallback queue whose device is not in use, in the file's order."""
