"""One visit: a conversation of the flow, spoken over one FastAGI session.

The flow says what to do next; here it becomes Asterisk's verbs (`visit_voice`) and questions to others. What the
dialplan and we owe each other:

- The dialplan sets `TIMEOUT(absolute)` to DEAD_MAN_SECONDS and `AGIEXITONHANGUP=yes` before a visit, so that a frozen
  engine cannot keep a citizen. A visit renews that before a command that might outlast it.
- Before it waits for keys it keeps its place in the flow on the channel, so that a second try resumes there.
- What the core has to know of it (a message, facts, a text) it says by `UserEvent`, as the dialplan does.
- Its last command sets IVR_OUTCOME. The dialplan looks at nothing else: `AGISTATUS` calls a crash a success and a
  missing prompt a failure. A visit that did not get that far leaves no outcome. What goes with an outcome (whom to
  dial, what if nobody answers, which survey follows) stands on the channel before it.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ivr_engine.asterisk.agi import AgiSession
from ivr_engine.asterisk.agi_errors import (
    AGIAppError,
    AGIHangup,
    AGIProtocolError,
    AGIReplyOverdueError,
    AGIStoppingError,
)
from ivr_engine.asterisk.agi_wire import AgiEnvironment
from ivr_engine.asterisk.told import encoded, pack_facts, user_event
from ivr_engine.asterisk.visit_voice import (
    ALL_KEYS,
    DEAD_MAN_SECONDS,
    MARGIN_SECONDS,
    UnplayableError,
    UnrecordedError,
    VisitCount,
    Voice,
    recording_name,
)
from ivr_engine.core.conversation import (
    Ask,
    CallerCard,
    Conversation,
    Converse,
    Dip,
    DipFailed,
    DipFailure,
    Done,
    Ended,
    Finish,
    Keys,
    Moment,
    NotRecorded,
    NotSent,
    Outcome,
    Play,
    Record,
    Recorded,
    Remember,
    Reply,
    SendText,
    Sent,
    Silence,
    ToCallback,
    ToEntry,
    ToQueue,
    Unplayable,
    VisitEnd,
)
from ivr_engine.core.packing import pack_outcome
from ivr_engine.core.vocabulary import ContactId, QueueId
from ivr_engine.runtime.ports import Dips, Directory, Texts

__all__ = ["DEAD_MAN_SECONDS", "MARGIN_SECONDS", "FlowVisits", "VisitCount", "VisitPorts"]

_log = logging.getLogger(__name__)

OUTCOME_VARIABLE = "IVR_OUTCOME"
OTHERWISE_VARIABLE = "IVR_OTHERWISE"
"""Where a citizen goes on whom an entry of the directory did not answer."""
TARGET_VARIABLE = "IVR_TARGET"
RING_VARIABLE = "IVR_RING_SECONDS"
SURVEY_VARIABLE = "IVR_SURVEY"
MUSIC_VARIABLE = "IVR_MUSIC"
REVISION_VARIABLE = "IVR_REVISION"

ACTIONS_PER_VISIT = 500
"""A minute each would be eight hours: only a conversation that loops without waiting for anybody gets this far."""

ENTRY_RING_SECONDS = 25
"""How long an official's phone rings for a citizen whom a flow hands over: as long as for a consulting agent."""

NUMBER_DIGITS = 15
"""The Unix epoch in ms has 13 of them."""

DIP_SLACK_SECONDS = 0.5
"""Beyond a dip's own deadline: who asks keeps it, and a bug there must not hold a call."""

TEXT_SECONDS = 3.5
"""The same for a text, whose sender keeps 2.8 s."""


class VisitError(Exception):
    """A visit that cannot begin or does not end: the dialplan or the flow is wrong; the dialplan falls back."""


def wall_moment() -> Moment:
    """Now, by this machine's clock."""
    return Moment(time.time_ns() // 1_000_000)


def _no_survey(_queue: QueueId) -> str:
    return ""


def _no_music(_queue: QueueId) -> str:
    return ""


def _nothing_said(_card: CallerCard, _name: str, _fields: Mapping[str, str]) -> None: ...


def _as_it_was(card: CallerCard) -> str:
    return card.revision


@dataclass(frozen=True, slots=True)
class VisitPorts:
    """Whom a visit may turn to besides the citizen. Without one of them, the flow takes its branch for failure."""

    directory: Directory | None = None
    office_endpoint: str = "PJSIP/{number}@ivr-office"
    """How an entry's number is dialled."""
    dips: Dips | None = None
    texts: Texts | None = None
    recordings: str = "/var/spool/asterisk/ivr"
    """A folder on the switch, not here: Asterisk writes there what citizens say."""
    survey_of: Callable[[QueueId], str] = _no_survey
    """The flow that follows a talk from that queue; "" for none."""
    music_of: Callable[[QueueId], str] = _no_music
    """The class of music for who waits there; "" for everybody's."""
    revision_for: Callable[[CallerCard], str] = _as_it_was
    """The revision that speaks to this contact; it is kept on the channel, so that a later visit is told it."""
    said: Callable[[CallerCard, str, Mapping[str, str]], None] = _nothing_said
    """Told of each fact for the core, by the name and fields of its `UserEvent`, in case that is not heard."""
    visited: Callable[[CallerCard, VisitEnd | None], None] = lambda _card, _end: None
    """Told of the end of each visit; None where the flow had no part in it."""
    moment: Callable[[], Moment] = wall_moment
    mint: Callable[[], str] = lambda: secrets.token_hex(8)
    """A word that no other recording has."""


def read_caller_card(environment: AgiEnvironment, moment: Moment) -> CallerCard:
    """Who calls, from the visit's arguments: number, caller, contact and place; then, where the dialplan has them, the
    flow that is not the number's, since when the contact waits (ms), how many visits it has had, its revision, the
    language in which it stood in a queue, and the notice of recording that it has heard.

    Raises VisitError when one of the first four is missing.
    """
    given = environment.arguments
    if not 4 <= len(given) <= 10:
        raise VisitError(
            "a visit takes 4 to 10 arguments behind the nonce (number, caller, contact, place, flow, queued at, "
            f"visits, revision, language, notice), got {len(given)}"
        )
    number, caller, contact, place, flow, queued_at, visits, revision, language, notice = (*given, *[""] * 6)[:10]
    if not number or not contact:
        raise VisitError("a visit needs a number and a contact; the dialplan left one empty")
    queued_at_ms = _whole(queued_at, moment.at_ms)
    return CallerCard(
        contact=ContactId(contact),
        number=number,
        caller=caller,
        place=place or None,
        moment=moment,
        flow=flow,
        visits=_whole(visits, 1),
        waited_seconds=max(0, moment.at_ms - queued_at_ms) // 1_000,
        revision=revision,
        language=language,
        notice=notice,
    )


def _whole(digits: str, otherwise: int) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= NUMBER_DIGITS else otherwise


class FlowVisits:
    """Speaks conversations: what `AgiServer` calls for each session."""

    def __init__(
        self, converse: Converse, clock: Callable[[], float] = time.monotonic, ports: VisitPorts | None = None
    ) -> None:
        """`converse` opens the conversation of a dialled number; `clock` counts seconds from anywhere."""
        self._converse = converse
        self._clock = clock
        self._ports = ports or VisitPorts()
        self.counts: Counter[VisitCount] = Counter()

    def __call__(self, session: AgiSession) -> None:
        """One visit, in the session's greenlet.

        Raises AGIHangup when the citizen left (no outcome is set), VisitError, and whatever the conversation raises.
        """
        card = read_caller_card(session.environment, self._ports.moment())
        if card.place is not None:
            self.counts[VisitCount.RESUMED] += 1
        revision = self._ports.revision_for(card)
        kept, card = card.revision, replace(card, revision=revision)
        end: VisitEnd | None = None
        try:
            if revision != kept:
                session.set_variable(REVISION_VARIABLE, revision)
            voice = Voice(session, card.place or "", self._clock, self.counts)
            _Visit(session, card, voice, self._ports, self.counts).run(self._converse(card))
            end = VisitEnd.FINISHED
        except AGIHangup:
            end = VisitEnd.ABANDONED
            raise
        except (AGIProtocolError, AGIReplyOverdueError, AGIStoppingError):
            raise
        except Exception:
            end = VisitEnd.FAILED
            raise
        finally:
            self._ports.visited(card, end)


class _Visit:
    """One conversation on one leg."""

    def __init__(
        self, session: AgiSession, card: CallerCard, voice: Voice, ports: VisitPorts, counts: Counter[VisitCount]
    ) -> None:
        self._session = session
        self._card = card
        self._voice = voice
        self._ports = ports
        self._counts = counts

    def run(self, conversation: Conversation) -> None:
        action = conversation.begin()
        for _ in range(ACTIONS_PER_VISIT):
            if isinstance(action, Finish):
                self._finish(action.outcome)
                return
            try:
                reply = self._reply(action)
            except UnplayableError as missing:
                reply = Unplayable(missing.file)
            action = conversation.reply(reply)
        raise VisitError(f"the conversation did not finish within {ACTIONS_PER_VISIT} actions")

    def _reply(self, action: Play | Ask | Record | Dip | SendText | Remember) -> Reply:
        match action:
            case Play():
                return self._play(action)
            case Ask():
                return self._ask(action)
            case Record():
                return self._record(action)
            case Dip():
                return self._dip(action)
            case SendText():
                return self._send(action)
            case Remember():
                for facts in pack_facts(action.facts):
                    self._tell("IvrNoted", {"Survey": action.survey, "Facts": facts})
                return Done()

    # ── the citizen ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _play(self, play: Play) -> Reply:
        voice = self._voice
        early = voice.early_key
        if not early or early not in play.interrupt + play.leave:
            early = voice.speak(play.prompts, play.interrupt + play.leave)
        if early and early in play.leave:
            voice.early_key = ""
            return Keys(early)
        voice.early_key = early or voice.early_key
        return Done()

    def _ask(self, ask: Ask) -> Reply:
        voice = self._voice
        voice.keep(ask.place)
        listened = "".join(dict.fromkeys(ask.keys + ask.terminator + ask.leave))
        early = voice.early_key if voice.early_key in listened else ""
        if not (early and (ask.barge_in or early in ask.leave)):
            early = voice.speak(ask.prompts, listened if ask.barge_in else ask.leave) or early
        voice.early_key = ""
        keys = voice.collect(ask, early)
        return Silence() if keys is None else Keys(keys)

    def _record(self, record: Record) -> Reply:
        voice = self._voice
        voice.keep(record.place)
        key = voice.early_key
        if not (key and (record.barge_in or key in record.leave)):
            key = voice.speak(record.prompts, ALL_KEYS if record.barge_in else record.leave)
        voice.early_key = ""
        if key and key in record.leave:
            return Keys(key)
        name = recording_name(self._card.contact, self._ports.mint())
        file = f"{self._ports.recordings}/{name}"
        try:
            key, length_ms = voice.record(record, file)
        except UnrecordedError:
            return NotRecorded("the switch cannot write it")
        except AGIHangup:
            # how long it is the leg's end says, by the size of the file
            length_ms = voice.recorded_ms()
            self._ports.said(self._card, "IvrRecorded", {"Recording": file, "Milliseconds": str(length_ms)})
            raise
        left = bool(key) and key in record.leave
        if not left:
            self._tell("IvrRecorded", {"Recording": file, "Milliseconds": str(length_ms)})
        voice.forget_recording()
        return Keys(key) if left else Recorded(name, length_ms)

    # ── others ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _dip(self, dip: Dip) -> Reply:
        """The answer is on its way while the citizen hears a word of comfort, or nothing for at most the deadline."""
        if self._ports.dips is None:
            return DipFailed(DipFailure.REFUSED)
        self._voice.keep(dip.place)
        asked = asyncio.ensure_future(self._ports.dips.ask(dip))
        try:
            self._voice.comfort(dip.prompts)
            self._voice.stay_alive(dip.deadline_ms)
            return self._session.wait_for(asked, dip.deadline_ms / 1_000 + DIP_SLACK_SECONDS)
        except TimeoutError:
            return DipFailed(DipFailure.SLOW)
        finally:
            asked.cancel()  # who hung up asks nothing any more

    def _send(self, text: SendText) -> Reply:
        reply: Sent | NotSent
        self._voice.keep(text.place)
        if self._ports.texts is None:
            reply = NotSent("no gateway is set up")
        else:
            self._voice.stay_alive(int(TEXT_SECONDS * 1_000))
            try:
                reply = self._session.wait_for(self._ports.texts.send(text), TEXT_SECONDS)
            except TimeoutError:
                reply = NotSent("nobody said whether it was taken")
        reason = encoded(reply.reason, 200) if isinstance(reply, NotSent) else ""
        sent = "yes" if isinstance(reply, Sent) else "no"
        self._tell("IvrTexted", {"Key": encoded(text.key, 200), "Sent": sent, "Reason": reason})
        return reply

    def _tell(self, name: str, fields: Mapping[str, str]) -> None:
        """For the core, which hears it in order with everything else of this leg."""
        self._ports.said(self._card, name, fields)
        try:
            self._session.appexec("UserEvent", user_event(name, {"Contact": self._card.contact, **fields}))
        except AGIAppError as error:
            self._voice.raise_if_left(error)
            _log.error("%s of contact %s could not be told", name, self._card.contact)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def _finish(self, outcome: Outcome) -> None:
        if isinstance(outcome, ToEntry):
            outcome = self._to_entry(outcome)
        if isinstance(outcome, ToQueue) and not self._card.flow:
            survey = self._ports.survey_of(outcome.queue)
            if survey:
                self._session.set_variable(SURVEY_VARIABLE, survey)
        waits = outcome.otherwise if isinstance(outcome, ToEntry) else outcome
        if isinstance(waits, ToQueue) and (music := self._ports.music_of(waits.queue)):
            self._session.set_variable(MUSIC_VARIABLE, music)
        packed = pack_outcome(outcome)
        self._session.set_variable(OUTCOME_VARIABLE, packed)
        if isinstance(outcome, Ended | ToCallback):
            self._ports.said(self._card, "IvrEnded", {"Outcome": packed})

    def _to_entry(self, outcome: ToEntry) -> Outcome:
        """The number is the directory's: an entry that it does not know is nobody's phone, and a person takes over."""
        directory = self._ports.directory
        entry = directory.find(outcome.entry) if directory is not None else None
        if entry is None:
            self._counts[VisitCount.UNKNOWN_ENTRY] += 1
            _log.error("entry %s is not in the directory: the citizen goes to the queue", outcome.entry)
            return outcome.otherwise
        target = self._ports.office_endpoint.format(number=entry.number)
        self._session.set_variable(TARGET_VARIABLE, target)
        self._session.set_variable(RING_VARIABLE, ENTRY_RING_SECONDS)
        self._session.set_variable(OTHERWISE_VARIABLE, pack_outcome(outcome.otherwise))
        return outcome
