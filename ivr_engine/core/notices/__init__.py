"""The facts that the core publishes: what the journal, the metrics and the feed are made of; all import them from here.

Notices are complete in themselves: a subscriber needs no other state of ours to count, store or show them. They stand
by what they are about: `contacts`, `waiting`, `offers`, `promises` (to call back), `talks`, `centre` (agents, queues,
the link). A new one belongs into the union here too: the journal knows no other.
"""

from ivr_engine.core.notices.centre import AgentChanged, AgentsRegistered, SwitchStateChanged
from ivr_engine.core.notices.contacts import (
    ContactBegan,
    ContactConnected,
    ContactEnded,
    ContactForwarded,
    ContactMoved,
    ContactNoted,
    ContactRecorded,
    ContactTexted,
    ForwardSettled,
)
from ivr_engine.core.notices.offers import ContractorBooked, OfferEnded, OfferMade, RoutingNoted
from ivr_engine.core.notices.promises import CallbackEnded, CallbackMoved, CallbackPromised
from ivr_engine.core.notices.talks import TalkRecorded, TransferEnded, TransferMoved
from ivr_engine.core.notices.waiting import (
    ContactAnnounced,
    ContactSentOn,
    ContactWaits,
    PromiseMissed,
    RequirementUnmet,
    StepTaken,
    WaitExplained,
)

Notice = (
    ContactBegan
    | ContactWaits
    | OfferMade
    | WaitExplained
    | StepTaken
    | ContactAnnounced
    | ContactSentOn
    | RequirementUnmet
    | ContractorBooked
    | RoutingNoted
    | OfferEnded
    | PromiseMissed
    | ContactConnected
    | ContactMoved
    | ContactForwarded
    | ForwardSettled
    | CallbackPromised
    | CallbackMoved
    | CallbackEnded
    | ContactNoted
    | ContactRecorded
    | TalkRecorded
    | ContactTexted
    | ContactEnded
    | AgentChanged
    | TransferMoved
    | TransferEnded
    | AgentsRegistered
    | SwitchStateChanged
)

__all__ = [
    "AgentChanged",
    "AgentsRegistered",
    "CallbackEnded",
    "CallbackMoved",
    "CallbackPromised",
    "ContactAnnounced",
    "ContactBegan",
    "ContactConnected",
    "ContactEnded",
    "ContactForwarded",
    "ContactMoved",
    "ContactNoted",
    "ContactRecorded",
    "ContactSentOn",
    "ContactTexted",
    "ContactWaits",
    "ContractorBooked",
    "ForwardSettled",
    "Notice",
    "OfferEnded",
    "OfferMade",
    "PromiseMissed",
    "RequirementUnmet",
    "RoutingNoted",
    "StepTaken",
    "SwitchStateChanged",
    "TalkRecorded",
    "TransferEnded",
    "TransferMoved",
    "WaitExplained",
]
