"""The engine's side of visits, in this process: which connections it accepts, and the sessions that are going on.

A session whose engine dies ends like one that went well: AGISTATUS is SUCCESS, and no outcome is set.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from ivr_engine.core.conversation import CallerCard, Moment, VisitEnd
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.flow.interpreter import Passed, Walk
from ivr_engine.loading.revisions import Revisions
from ivr_engine.replay.simulator.legs import Leg, Parked
from ivr_engine.replay.simulator.session import Session, Surroundings
from ivr_engine.replay.simulator.sounds import Sounds

CONNECT_MS = 1
DEATH_NOTICED_MS = 3
"""Until Asterisk sees that a session's other end is gone (measured: AGISTATUS=SUCCESS after 3 ms)."""


class FlowVisits:
    """Implements the exchange's `Visits` while an engine lives; refuses like a closed port while none does."""

    def __init__(self, sounds: Sounds) -> None:
        self.sounds = sounds
        self.around = Surroundings()
        self.revisions: Revisions | None = None
        """Those that speak; None while no engine listens."""
        self.nonce = ""
        self.bugs: list[str] = []
        self.reached: Counter[Passed] = Counter()
        """Flow, step and branch, and how often any citizen came through."""
        self._sessions: dict[Leg, Session] = {}
        self._knocking: dict[Leg, Callable[[str], None]] = {}
        """Whose connection no engine has accepted yet."""

    def begin(self, leg: Leg, arguments: list[str], done: Callable[[str], None]) -> None:
        leg.exchange.time.after(CONNECT_MS, self._knock, leg, leg.parked, arguments, done)

    def _knock(self, leg: Leg, stands: Parked | None, arguments: list[str], done: Callable[[str], None]) -> None:
        """The kernel takes the connection, whether or not the engine is awake."""
        if leg.parked is stands and not leg.ended:
            self._knocking[leg] = done
            self.around.gate(self._accept, leg, stands, arguments, done)

    def leave(self, leg: Leg) -> None:
        self._knocking.pop(leg, None)
        session = self._sessions.pop(leg, None)
        if session is not None:
            self.reached.update(session.trail)
            session.leave()
            if self.revisions is not None:
                self.revisions.visited(session.card, VisitEnd.ABANDONED)

    def die(self) -> None:
        """The engine is gone: its sessions end without an outcome."""
        self.revisions = None
        knocking, self._knocking = self._knocking, {}
        for leg, done in knocking.items():
            leg.exchange.time.after(DEATH_NOTICED_MS, self._noticed, leg, leg.parked, done)
        sessions, self._sessions = self._sessions, {}
        for leg, session in sessions.items():
            self.reached.update(session.trail)
            session.close()
            leg.exchange.time.after(DEATH_NOTICED_MS, self._noticed, leg, leg.parked, session.done)

    def _noticed(self, leg: Leg, stands: Parked | None, done: Callable[[str], None]) -> None:
        if not leg.ended and leg.parked is stands:
            done("SUCCESS")

    def _accept(self, leg: Leg, stands: Parked | None, arguments: list[str], done: Callable[[str], None]) -> None:
        if self._knocking.get(leg) is done:
            del self._knocking[leg]
        here = not leg.ended and leg.parked is stands
        revisions = self.revisions
        if revisions is None:
            if here:
                done("FAILURE")
            return
        given = [*arguments[1:], *[""] * 10]
        nonce, number, caller, contact, place, flow, queued_at, visits, revision, language, notice = given[:11]
        if nonce != self.nonce or not number or not contact:
            if here:
                done("SUCCESS")  # the session is closed without a word, which Asterisk takes for a good end
            return

        def over(status: str) -> None:
            if self._sessions.pop(leg, None) is not None:  # one whose engine died was counted then
                self.reached.update(session.trail)
                revisions.visited(card, VisitEnd.FINISHED)
            done(status)

        def failed(bug: Exception) -> None:
            self.bugs.append(f"visit of {contact}: {bug!r}")
            over("SUCCESS")

        now_ms = leg.exchange.time.now_ms
        card = CallerCard(
            contact=ContactId(contact),
            number=number,
            caller=caller,
            place=place or None,
            moment=Moment(now_ms),
            flow=flow,
            visits=int(visits or 1),
            waited_seconds=max(0, now_ms - int(queued_at or now_ms)) // 1_000,
            revision=revision,
            language=language,
            notice=notice,
        )
        card = replace(card, revision=revisions.revision_for(card))
        conversation = revisions.converse(card)
        if not here:  # it keeps the revision on the channel, or begins to speak, and learns that nobody is there
            if card.revision == revision:
                conversation.begin()
                self.reached.update(conversation.trail if isinstance(conversation, Walk) else ())
            revisions.visited(card, VisitEnd.ABANDONED)
            return
        leg.set("IVR_REVISION", card.revision)
        session = self._sessions[leg] = Session(leg, self.sounds, self.around, over, failed)
        session.begin(conversation, card)
