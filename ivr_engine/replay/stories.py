"""The journal read by contact: what one citizen lived through, with who did it and when."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr_engine.core.configuration import AgentSettings, QueueSettings
from ivr_engine.core.events import (
    CancelRequested,
    CompleteRequested,
    ConferenceRequested,
    Configured,
    ConsultRequested,
    Event,
    FellBack,
    HoldRequested,
    LegEnded,
    PresenceChosen,
    RecipientAnswered,
    RecipientFailed,
    RecipientRinging,
    ResumeRequested,
    Started,
    SwitchLost,
    TransferRequest,
)
from ivr_engine.core.notices import (
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactMoved,
    ContactWaits,
    OfferEnded,
    OfferMade,
    TransferEnded,
    TransferMoved,
)
from ivr_engine.replay.recording import Recorded

CONTACTS = 200_000
"""In one reading: four days. More belongs into several recordings."""

PRESENCES = 200_000
"""Choices of agents in one reading: a thousand agents, fifty a day, four days."""

_REQUESTS = (
    HoldRequested,
    ResumeRequested,
    ConsultRequested,
    CompleteRequested,
    CancelRequested,
    ConferenceRequested,
)
_RECIPIENT = (RecipientRinging, RecipientAnswered, RecipientFailed)


@dataclass(slots=True)
class Story:
    """One contact, from arrival to its disposition. Times are the journal's."""

    began: ContactBegan
    waits: list[ContactWaits] = field(default_factory=list)
    offered: list[tuple[int, OfferMade]] = field(default_factory=list)
    offer_ends: dict[str, OfferEnded] = field(default_factory=dict)
    connected: list[ContactConnected] = field(default_factory=list)
    requests: list[tuple[int, TransferRequest]] = field(default_factory=list)
    """What the agent asked and was granted."""
    recipient: list[tuple[int, Event]] = field(default_factory=list)
    transfers: list[TransferMoved | TransferEnded] = field(default_factory=list)
    first_to_leave: str = ""
    """The leg that ended first once somebody was connected."""
    ended: ContactEnded | None = None
    unusual: str = ""
    """Why this contact cannot be told by what people did; empty for an ordinary one."""


class Stories:
    """Takes the journal entry by entry; `over` are the contacts that ended, in the order in which they did."""

    def __init__(self) -> None:
        self.agents: dict[str, AgentSettings] = {}
        self.queues: dict[str, QueueSettings] = {}
        self.presences: list[tuple[int, PresenceChosen]] = []
        """What agents chose, in the order of time."""
        self.over: list[Story] = []
        self._open: dict[str, Story] = {}
        self._talking: dict[str, Story] = {}
        self._legs: dict[str, Story] = {}

    def take(self, entry: Recorded) -> None:
        """The next entry."""
        event = entry.event
        match event:
            case Configured():
                self.queues = {queue.id: queue for queue in event.configuration.queues}
                self.agents.update({agent.id: agent for agent in event.configuration.agents})
            case PresenceChosen() if len(self.presences) < PRESENCES:
                self.presences.append((entry.at_ms, event))
            case Started():
                self._disturbed("the engine was started anew meanwhile")
            case SwitchLost():
                self._disturbed("the switch was lost meanwhile")
            case FellBack() if event.contact in self._open:
                self._open[event.contact].unusual = "the switch served it without the engine"
            case LegEnded() if event.leg in self._legs:
                story = self._legs[event.leg]
                story.first_to_leave = story.first_to_leave or event.leg
            case _:
                pass
        self._talk(entry, event)
        for notice in entry.notices:
            if isinstance(notice, ContactBegan):
                if len(self.over) + len(self._open) < CONTACTS:
                    story = self._open[notice.contact] = Story(notice)
                    story.unusual = "it was found on the switch after a start" if notice.adopted else ""
            elif isinstance(contact := getattr(notice, "contact", None), str) and contact in self._open:
                self._tell(self._open[contact], entry.at_ms, notice)

    def _talk(self, entry: Recorded, event: Event) -> None:
        """What the agent asked, and what became of the official."""
        if isinstance(event, _REQUESTS) and event.agent in self._talking and (entry.notices or entry.commands):
            self._talking[event.agent].requests.append((entry.at_ms, event))
        elif isinstance(event, _RECIPIENT) and event.contact in self._open:
            story = self._open[event.contact]
            story.recipient.append((entry.at_ms, event))
            if isinstance(event, RecipientRinging):
                self._legs[event.leg] = story

    def _tell(self, story: Story, at_ms: int, notice: object) -> None:
        match notice:
            case ContactWaits():
                story.waits.append(notice)
            case OfferMade():
                story.offered.append((at_ms, notice))
            case OfferEnded():
                story.offer_ends[notice.offer] = notice
            case ContactConnected():
                story.connected.append(notice)
                self._talking[notice.agent] = story
                self._legs[notice.offer] = self._legs[notice.contact] = story
            case TransferMoved() | TransferEnded():
                story.transfers.append(notice)
            case ContactEnded():
                story.ended = notice
                self.over.append(story)
                del self._open[notice.contact]
                self._talking = {agent: one for agent, one in self._talking.items() if one is not story}
                self._legs = {leg: one for leg, one in self._legs.items() if one is not story}
            case ContactMoved() | _:
                pass

    def _disturbed(self, why: str) -> None:
        for story in self._open.values():
            story.unusual = why


def stories_of(entries: Iterable[Recorded]) -> Stories:
    """All of a journal. Raises what reading the entries raises."""
    stories = Stories()
    for entry in entries:
        stories.take(entry)
    return stories
