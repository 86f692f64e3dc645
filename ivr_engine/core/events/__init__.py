"""The facts that enter the core, from the switch, from people and from the clock; everybody imports them from here.

A fact may arrive late, twice or out of order (the switch promises nothing); each says all that is needed to be
understood alone. `Engine.handle` takes one at a time together with the time at which it was learnt. They stand by who
tells them: `lives` (the engine itself), `citizens`, `talks`, `looks` (at the switch), `people`. A new one belongs into
a union here too: the journal knows no other.
"""

from ivr_engine.core.events.citizens import (
    CallbackAsked,
    CitizenNotReached,
    ContactArrived,
    ContactQueued,
    FactsNoted,
    FallbackAnswered,
    FellBack,
    FlowEnded,
    ForwardAnswered,
    ForwardBegan,
    ForwardFailed,
    LegEnded,
    MessageRecorded,
    SurveyBegan,
    TextSettled,
    WaitKeyPressed,
)
from ivr_engine.core.events.lives import (
    CallbackRestored,
    CallersRestored,
    Configured,
    ContactRestored,
    LastTalk,
    LeftPlace,
    OfferRestored,
    PresenceRestored,
    RoutingRestored,
    Started,
    TimePassed,
)
from ivr_engine.core.events.looks import LegSeen, SwitchDied, SwitchLost, SwitchSeen
from ivr_engine.core.events.people import (
    CallbackCancelled,
    CancelRequested,
    CompleteRequested,
    ConferenceRequested,
    ConsultRequested,
    HoldRequested,
    PresenceChosen,
    ResumeRequested,
    WrapUpExtended,
    WrapUpFinished,
)
from ivr_engine.core.events.talks import (
    AgentReady,
    CitizenHanded,
    CommandRefused,
    OfferAnswered,
    OfferFailed,
    RecipientAnswered,
    RecipientFailed,
    RecipientRinging,
    TalkRecordingBegan,
    TalkRecordingStopped,
    TalkResumed,
)

TransferRequest = (
    HoldRequested | ResumeRequested | ConsultRequested | CompleteRequested | CancelRequested | ConferenceRequested
)
SelfServed = (
    CallbackAsked
    | ForwardBegan
    | ForwardAnswered
    | ForwardFailed
    | FactsNoted
    | MessageRecorded
    | TextSettled
    | SurveyBegan
)
"""What a flow did for a citizen besides leading to a queue."""

Event = (
    Configured
    | Started
    | TimePassed
    | PresenceRestored
    | ContactRestored
    | OfferRestored
    | CallbackRestored
    | CallersRestored
    | RoutingRestored
    | CallbackCancelled
    | ContactArrived
    | ContactQueued
    | WaitKeyPressed
    | FlowEnded
    | SelfServed
    | FellBack
    | FallbackAnswered
    | LegEnded
    | OfferAnswered
    | OfferFailed
    | AgentReady
    | CitizenNotReached
    | RecipientRinging
    | RecipientAnswered
    | RecipientFailed
    | TalkResumed
    | CitizenHanded
    | TalkRecordingBegan
    | TalkRecordingStopped
    | CommandRefused
    | SwitchSeen
    | SwitchLost
    | SwitchDied
    | PresenceChosen
    | WrapUpFinished
    | WrapUpExtended
    | TransferRequest
)

__all__ = [
    "AgentReady",
    "CallbackAsked",
    "CallbackCancelled",
    "CallbackRestored",
    "CallersRestored",
    "CancelRequested",
    "CitizenHanded",
    "CitizenNotReached",
    "CommandRefused",
    "CompleteRequested",
    "ConferenceRequested",
    "Configured",
    "ConsultRequested",
    "ContactArrived",
    "ContactQueued",
    "ContactRestored",
    "Event",
    "FactsNoted",
    "FallbackAnswered",
    "FellBack",
    "FlowEnded",
    "ForwardAnswered",
    "ForwardBegan",
    "ForwardFailed",
    "HoldRequested",
    "LastTalk",
    "LeftPlace",
    "LegEnded",
    "LegSeen",
    "MessageRecorded",
    "OfferAnswered",
    "OfferFailed",
    "OfferRestored",
    "PresenceChosen",
    "PresenceRestored",
    "RecipientAnswered",
    "RecipientFailed",
    "RecipientRinging",
    "ResumeRequested",
    "RoutingRestored",
    "SelfServed",
    "Started",
    "SurveyBegan",
    "SwitchDied",
    "SwitchLost",
    "SwitchSeen",
    "TalkRecordingBegan",
    "TalkRecordingStopped",
    "TalkResumed",
    "TextSettled",
    "TimePassed",
    "TransferRequest",
    "WaitKeyPressed",
    "WrapUpExtended",
    "WrapUpFinished",
]
