"""The scripted manager with what a look after a connect asks for: channels, the switch's start, who fell back."""

from collections.abc import Callable, Sequence

from ivr_engine.asterisk.translate.snapshot import SEEN_VARIABLES
from tests.asterisk.fake_manager import FakeManager, Request, message, refusal, success


class Asterisk(FakeManager):
    """The manager with what the look after a connect asks for. Change its attributes at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.started = "2026-11-22"
        self.channels: list[dict[str, str]] = []
        """Uniqueid, ChannelState, and variables by their names."""
        self.fell_back: list[str] = []
        self.during_status: Callable[[], None] = lambda: None
        self.answers |= {"CoreStatus": self._core_status, "Status": self._status, "DBGetTree": self._fallbacks}

    def setvars(self, name: str) -> list[str]:
        """The values that a global variable was set to, in order."""
        return [request.get("Value") for request in self.named("Setvar") if request.get("Variable") == name]

    def _core_status(self, request: Request) -> Sequence[bytes]:
        return [success(request, CoreStartupDate=self.started, CoreStartupTime="08:00:00")]

    def _status(self, request: Request) -> Sequence[bytes]:
        self.during_status()
        items = [
            [(key, value) for key, value in channel.items() if not key.startswith("IVR_")]
            + [("Variable", f"{name}={channel.get(name, '(null)')}") for name in SEEN_VARIABLES]
            for channel in self.channels
        ]
        return self._list(request, "Status", "StatusComplete", items)

    def _fallbacks(self, request: Request) -> Sequence[bytes]:
        if not self.fell_back:
            return [refusal(request, "Database entry not found")]
        items = [[("Key", f"/ivr-fallback/{contact}"), ("Val", "1700000000")] for contact in self.fell_back]
        return self._list(request, "DBGetTreeResponse", "DBGetTreeComplete", items)

    @staticmethod
    def _list(request: Request, name: str, ending: str, items: Sequence[Sequence[tuple[str, str]]]) -> list[bytes]:
        action_id = request.get("ActionID")
        return [
            success(request, EventList="start"),
            *(message("Event", name, *lines, ActionID=action_id) for lines in items),
            message("Event", ending, ActionID=action_id, EventList="Complete", ListItems=str(len(items))),
        ]
