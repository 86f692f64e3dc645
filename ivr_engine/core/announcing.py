"""What a citizen who waits is told (place, expected wait, a word of comfort), and the key that the citizen presses.

Theory of operation. Each announcement has its deadline, which dies with the waiting; nothing of the contact changes by
it: place, age and the search for an agent go on, and whoever picks up takes the citizen out of the sentence. While a
phone rings nothing is said: an answer is near. What is said is what is known: a place that has not grown since the
citizen heard of it, and a range that never rises silently. When a range that was announced has gone by without an
agent, the next one begins by saying that it takes longer. Nothing known and no comfort named: nothing is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ivr_engine.core.commands import AnnounceWait
from ivr_engine.core.contact import WAITING, Contact
from ivr_engine.core.deadlines import Due
from ivr_engine.core.estimate import left, looked, wait_range
from ivr_engine.core.events import WaitKeyPressed
from ivr_engine.core.notices import ContactAnnounced
from ivr_engine.core.queue_rules import SPOKEN_MINUTES, Announcements, Overflow, WaitPhrases
from ivr_engine.core.relaxation import LOOK_AGAIN_MS
from ivr_engine.core.state import State
from ivr_engine.core.vocabulary import ContactId, ContactPhase
from ivr_engine.core.waiting import Waiting, in_language

GAP_MS = 15_000
"""Between the beginnings of two sentences: a later one would cut the earlier short."""

MINUTE_MS = 60_000

PROMPT_BYTES = 900
"""As every variable of ours on a channel: an AMI line ends at 1,024 bytes."""

SILENT = WaitPhrases()


@dataclass(frozen=True, slots=True)
class Spoken:
    """A range as it is said: whole minutes, outward. 0 to 1: less than a minute."""

    from_minutes: int
    to_minutes: int


class Announcing:
    """The part of the engine that speaks to those who wait, and hears their keys."""

    def __init__(self, state: State, waiting: Waiting) -> None:
        self._state = state
        self._waiting = waiting

    def due(self, contact: ContactId) -> None:
        """Time for the next sentence, or to follow a key that was pressed while a phone rang."""
        state = self._state
        found = state.contacts.get(contact)
        if found is None or found.phase not in WAITING or found.request is None:
            return
        now_ms = state.now_ms
        if found.phase is ContactPhase.OFFERED:
            self._again(found, now_ms + LOOK_AGAIN_MS)
            return
        rules = state.queue(found.request.queue).announcements
        if found.pressed:
            self._follow(found, rules)
            return
        if not rules.first_after_ms:
            return  # a reload took the announcements away
        if found.announced_at_ms is not None and now_ms < found.announced_at_ms + GAP_MS:
            self._again(found, found.announced_at_ms + GAP_MS)
            return
        if rules.every_ms:
            self._again(found, now_ms + max(GAP_MS, rules.every_ms))
        if state.switch_connected:
            self._say(found, rules)

    def pressed(self, event: WaitKeyPressed) -> None:
        """A key that the queue knows leads on at once; while a phone rings, when it has stopped."""
        found = self._state.contacts.get(event.contact)
        if found is None or found.phase not in WAITING or found.request is None:
            return
        rules = self._state.queue(found.request.queue).announcements
        if event.key not in rules.keys:
            return
        found.pressed = event.key
        if found.phase is ContactPhase.QUEUED:
            self._follow(found, rules)
        else:
            self._again(found, self._state.now_ms + LOOK_AGAIN_MS)

    def _follow(self, contact: Contact, rules: Announcements) -> None:
        key, contact.pressed = contact.pressed, ""
        self._waiting.send_on(contact, rules.keys.get(key, Overflow()), f"key {key}", asked=True)

    def _again(self, contact: Contact, at_ms: int) -> None:
        contact.timed = True
        self._state.deadlines.set(Due.ANNOUNCE, contact.id, at_ms)

    # ── the sentence ────────────────────────────────────────────────────────────────────────────────────────────────
    def _say(self, contact: Contact, rules: Announcements) -> None:
        state, request = self._state, contact.request
        assert request is not None
        now_ms = state.now_ms
        phrases = _phrases(state.configuration.phrases, request.language)
        parts: list[str] = []
        place = self._place(contact, phrases) if rules.place else 0
        if place:
            parts.append(phrases.places[place - 1])
        longer, said = self._wait(contact, phrases) if rules.wait else (False, None)
        if said is not None:
            parts += [phrases.longer] if longer else []
            parts.append(words(said, phrases))
        if rules.comfort:
            parts.append(in_language(rules.comfort[contact.announced % len(rules.comfort)], request.language))
        contact.announced += 1
        prompt = _bounded(part for part in parts if part)
        if not prompt:
            return
        contact.announced_at_ms = now_ms
        contact.announced_place = place or contact.announced_place
        from_ms = to_ms = None
        if said is not None:
            from_ms, to_ms = said.from_minutes * MINUTE_MS, said.to_minutes * MINUTE_MS
            contact.announced_range = now_ms + from_ms, now_ms + to_ms
        state.notices.append(
            ContactAnnounced(contact.id, request.queue, request.language, place, from_ms, to_ms, longer, prompt)
        )
        state.commands.append(AnnounceWait(contact.id, prompt, listens=bool(rules.keys)))

    def _place(self, contact: Contact, phrases: WaitPhrases) -> int:
        """Among those who need the same; 0 where it is not said: too far, or overtaken since it was said last."""
        place = self._state.routing.ahead(contact.id) + 1
        grown = contact.announced_place and place > contact.announced_place
        return 0 if grown or place > len(phrases.places) else place

    def _wait(self, contact: Contact, phrases: WaitPhrases) -> tuple[bool, Spoken | None]:
        """Whether it takes longer than was said, and the range; None: not known, or no words for it."""
        if contact.answered_at_ms is not None or contact.desk is None:
            return False, None
        now_ms = self._state.now_ms
        now = wait_range(contact.desk, self._state.routing.ahead(contact.id))
        before, contact.said = contact.said, looked(contact.said, now, now_ms)
        known = left(contact.said, now_ms)
        if known is None and now is not None and before is not None:
            # what was estimated has gone by; the desk goes on learning by the first look
            again = looked(None, now, now_ms)
            assert again is not None
            contact.said = replace(again, first_at_ms=before.first_at_ms, first_mean_ms=before.first_mean_ms)
            known = now.from_ms, now.to_ms
        if known is None:
            return False, None
        heard = contact.announced_range
        longer = heard is not None and now_ms + known[1] > heard[1]
        if longer and not phrases.longer:
            return False, None
        said = spoken(*known)
        return longer, said if said is not None and words(said, phrases) else None


def spoken(from_ms: int, to_ms: int) -> Spoken | None:
    """The range in minutes that can be said, with the real one inside it; None where it is too long for that."""
    to = next((minutes for minutes in SPOKEN_MINUTES if minutes * MINUTE_MS >= to_ms), None)
    if to is None:
        return None
    below = [minutes for minutes in SPOKEN_MINUTES if minutes * MINUTE_MS <= from_ms and minutes < to]
    return Spoken(below[-1] if below else 0, to)


def words(said: Spoken, phrases: WaitPhrases) -> str:
    """The recordings of a range; "" in a language that has none."""
    if len(phrases.minutes) < len(SPOKEN_MINUTES):
        return ""
    if said.to_minutes == SPOKEN_MINUTES[0]:
        return phrases.soon
    to = phrases.minutes[SPOKEN_MINUTES.index(said.to_minutes)]
    if not said.from_minutes:
        before, after = phrases.up_to
        return "&".join(part for part in (before, to, after) if part)
    begin, middle, end = phrases.between
    since = phrases.minutes[SPOKEN_MINUTES.index(said.from_minutes)]
    return "&".join(part for part in (begin, since, middle, to, end) if part)


def _phrases(phrases: Mapping[str, WaitPhrases], language: str) -> WaitPhrases:
    return phrases.get(language, SILENT)


def _bounded(parts: Iterable[str]) -> str:
    """As many whole parts as one variable holds."""
    prompt = ""
    for part in parts:
        longer = f"{prompt}&{part}" if prompt else part
        if len(longer) > PROMPT_BYTES:
            break
        prompt = longer
    return prompt
