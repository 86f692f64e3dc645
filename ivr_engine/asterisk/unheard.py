"""What visits said through the switch and nobody heard yet: told to the core directly when the link is lost. PURE.

A visit tells the core by `UserEvent` (docs/decisions/0018), and its last word is told by the dialplan, so that facts of
one leg keep their order. AMI loses what happens while it is away, and nothing on the switch knows later that a citizen
was promised a call. So each fact of a visit is kept here until AMI has told it. When the link goes down, or is down
already, the core gets what is kept: first that the citizen arrived, which it may have missed too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ivr_engine.asterisk.translate.user_events import facts
from ivr_engine.core.conversation import CallerCard
from ivr_engine.core.events import ContactArrived, Event, MessageRecorded

KEPT = 1_000
"""Facts: a second of the busiest hour has twenty, and the switch tells of each within milliseconds."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A `UserEvent` that is on its way, as the translator reads it."""

    headers: Mapping[str, str]

    def get(self, key: str, default: str = "", /) -> str:
        return self.headers.get(key, default)


@dataclass(slots=True)
class Unheard:
    """Of one link. `tell` says whether the core took the fact."""

    tell: Callable[[Event], bool]
    up: Callable[[], bool]
    _open: list[tuple[ContactArrived, Event]] = field(default_factory=list)
    _told: list[Event] = field(default_factory=list)
    """By us: whoever comes up again may tell of it once more."""

    def said(self, card: CallerCard, name: str, fields: Mapping[str, str]) -> None:
        """A visit said this, or ends in it. Raises OutcomeError for what makes no sense."""
        arrived = ContactArrived(card.contact, card.number, card.caller)
        saying = Saying({"Event": "UserEvent", "UserEvent": name, "Contact": card.contact, **fields})
        for fact in facts(saying):
            self._open.append((arrived, fact))
        if not self.up():
            self.lost()
        del self._open[:-KEPT]

    def heard(self, fact: Event) -> bool:
        """The switch told of it; False where the core knows already."""
        for _, one in self._open:
            if _same(one, fact):
                self._open.remove((_, one))
                return True
        for one in self._told:
            if _same(one, fact):
                self._told.remove(one)
                return False
        return True

    def lost(self) -> None:
        """The link is gone, and with it what was on its way."""
        waiting, self._open = self._open, []
        for arrived, fact in waiting:
            if self.tell(arrived) and self.tell(fact):
                self._told.append(fact)
            else:
                self._open.append((arrived, fact))
        del self._told[:-KEPT]


def _same(one: Event, other: Event) -> bool:
    """How long a message is that ended with the call, the visit guesses and the switch measures."""
    if isinstance(one, MessageRecorded) and isinstance(other, MessageRecorded):
        return (one.contact, one.recording) == (other.contact, other.recording)
    return one == other
