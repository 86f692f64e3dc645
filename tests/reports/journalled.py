"""A contact centre in virtual time whose decisions are kept as a journal: what reports are made of."""

from typing import Any

from ivr_engine.core.engine import Decision
from ivr_engine.core.events import Event
from ivr_engine.runtime.ports import JournalEntry
from tests.core.centre import Centre


class Journalled(Centre):
    """A centre with its journal in `entries`, from the first moment on."""

    def __init__(self, *agents: Any, **given: Any) -> None:
        self.entries: list[JournalEntry] = []
        super().__init__(*agents, **given)

    def tell(self, *events: Event) -> Decision:
        decision = Decision((), ())
        for event in events:
            decision = super().tell(event)
            self.entries.append(
                JournalEntry(
                    self.epoch, len(self.entries) + 1, self.now_ms, event, decision.commands, tuple(decision.notices)
                )
            )
        return decision
