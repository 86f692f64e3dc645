"""No citizen's number is left in a recorded journal, whichever fact it came in by."""

from ivr_engine.core.codec import encode
from ivr_engine.core.commands import Command, DialCitizen
from ivr_engine.core.conversation import ToCallback, ToQueue
from ivr_engine.core.events import (
    CallbackAsked,
    CallbackRestored,
    CallersRestored,
    ContactArrived,
    Event,
    LastTalk,
    LeftPlace,
)
from ivr_engine.core.vocabulary import AgentId, CallbackId, ContactId, QueueId
from ivr_engine.replay.scrub import Scrub
from ivr_engine.replay.simulator.recovery import Entry

CALLER = "01012345678"
HERE = ContactId("1.1")
REQUEST = ToQueue(QueueId("general"))


def test_given_one_citizen_in_callbacks_and_memories_when_scrubbed_then_everywhere_by_the_same_stand_in() -> None:
    facts: list[tuple[Event, tuple[Command, ...]]] = [
        (ContactArrived(HERE, "120", CALLER), ()),
        (CallbackAsked(HERE, ToCallback(CALLER, REQUEST)), (DialCitizen(HERE, CALLER, "120", 25_000, REQUEST),)),
        (CallbackRestored(CallbackId("c"), HERE, CALLER, "120", REQUEST, 1, 1), ()),
        (CallersRestored((LeftPlace(CALLER, 1, 2),), (LastTalk(CALLER, AgentId("1001"), 3),)), ()),
    ]
    entries = [Entry(1, seq, seq, event, commands, ()) for seq, (event, commands) in enumerate(facts)]
    scrubbed = list(Scrub().entries(entries))
    told = [str(encode(fact)) for entry in scrubbed for fact in (entry.event, *entry.commands)]
    assert not [text for text in told if CALLER in text]
    assert all("01090000001" in text for text in told)
