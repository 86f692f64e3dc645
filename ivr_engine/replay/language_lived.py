"""What one citizen or agent must have lived through, in words of what they lived through."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from ivr_engine.core.vocabulary import AgentState, Disposition, Presence, RecordingState
from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.source import Items, Node, Table, Text
from ivr_engine.replay.history import Verb
from ivr_engine.replay.language_facts import Names, judged
from ivr_engine.replay.language_words import OTHERS, Page, listed, near, single, whole
from ivr_engine.replay.scenario import (
    Count,
    Expectation,
    ExpectCount,
    ExpectDuration,
    ExpectSequence,
    FactPattern,
)

CITIZEN_EXPECTS = (
    "hears",
    "presses",
    "queue",
    "agency",
    "language",
    "offers",
    "waits",
    "answered_by",
    "within_promise",
    "transfers",
    "returns",
    "talks",
    "fell_back",
    "recorded",
    "ends",
)
AGENT_EXPECTS = ("becomes", "presence")
HEARD_KEYS = ("prompt", "language", "at")
OFFER_KEYS = ("to", "ends", "cause", "at", "ends_at", "reason")
TRANSFER_KEYS = ("state", "ends", "entry", "agent", "cause", "at")
BECOMES_KEYS = ("state", "presence", "reason", "at")
ENDS_KEYS = ("as", "at", "agency", "queue", "agent", "short_abandon", "offers")

NEVER = Count(0, 0)
_ONCE_OR_MORE = Count(1)


@dataclass(slots=True)
class Lived:
    """What one citizen or agent is expected to live through."""

    subject: str
    place: Place
    told: Diagnostics
    names: Names

    def of_citizen(self, node: Node) -> list[Expectation]:
        page = Page.at(node, self.told, f"what '{self.subject}' expects", CITIZEN_EXPECTS)
        if page is None:
            return []
        readers: Mapping[str, Callable[[Node], Iterable[Expectation]]] = {
            "hears": lambda value: self._sequence(value, Verb.HEARD, self._heard),
            "presses": lambda value: self._sequence(value, Verb.PRESSED, self._simple(Verb.PRESSED, "keys")),
            "queue": self._queue,
            "agency": lambda value: self._once(Verb.ENDED, "agency", value),
            "language": lambda value: self._once(Verb.QUEUED, "language", value),
            "offers": self._offers,
            "answered_by": lambda value: self._sequence(value, Verb.CONNECTED, self._simple(Verb.CONNECTED, "agent")),
            "within_promise": lambda value: self._once(Verb.CONNECTED, "within_promise", value),
            "transfers": lambda value: self._sequence(value, Verb.TRANSFER, self._transfer),
            "returns": self._returns,
            "waits": lambda value: self._lasts(value, Verb.QUEUED, self._end_of_wait(page)),
            "talks": lambda value: self._lasts(value, Verb.CONNECTED, Verb.ENDED),
            "fell_back": lambda value: self._fell_back(value, happens=page.truth("fell_back", default=True)),
            "recorded": lambda value: self._recorded(value, happens=page.truth("recorded", default=True)),
            "ends": self._ends,
        }
        written = page.table.entries.items()
        return [one for key, value in written if key in readers for one in readers[key](value)]

    def of_agent(self, node: Node) -> list[Expectation]:
        page = Page.at(node, self.told, f"what '{self.subject}' expects", AGENT_EXPECTS)
        if page is None:
            return []
        found: list[Expectation] = []
        if (becomes := page.node("becomes")) is not None:
            # An agent's facts tell presence and state together: others always lie between those that matter.
            found += [
                replace(one, complete=False) if isinstance(one, ExpectSequence) else one
                for one in self._sequence(becomes, Verb.AGENT, self._becoming)
            ]
        if (presence := page.node("presence")) is not None:
            found += self._once(Verb.AGENT, "presence", presence)
        return found

    # ── shapes that many share ──────────────────────────────────────────────────────────────────────────────────────
    def _fact(self, verb: Verb, place: Place, **details: str) -> FactPattern:
        return FactPattern(verb, self.subject, {key: value for key, value in details.items() if value}, place=place)

    def _sequence(self, node: Node, verb: Verb, read: Callable[[Node], FactPattern | None]) -> Iterable[Expectation]:
        """Exactly these, in this order; with `...` among them also others; an empty list: none at all."""
        if isinstance(node, Items) and not node.items:
            return [ExpectCount(self._fact(verb, node.place), NEVER, node.place)]
        items, complete = _with_others(node, self.told)
        facts = tuple(fact for item in items if (fact := read(item)) is not None)
        return [ExpectSequence(self.subject, facts, node.place, complete)] if facts else []

    def _simple(self, verb: Verb, key: str) -> Callable[[Node], FactPattern | None]:
        def read(node: Node) -> FactPattern | None:
            text = single(node, self.told, f"'{key}'")
            return None if text is None else self._fact(verb, node.place, **{key: self._judged(verb, key, text)})

        return read

    def _once(self, verb: Verb, key: str, node: Node) -> Iterable[Expectation]:
        """At least one fact has this detail."""
        fact = self._simple(verb, key)(node)
        return [ExpectCount(fact, _ONCE_OR_MORE, node.place)] if fact is not None else []

    def _lasts(self, node: Node, start: Verb, end: Verb) -> Iterable[Expectation]:
        time = near(node, self.told, "how long it lasts")
        if time is None:
            return []
        return [ExpectDuration(self._fact(start, node.place), self._fact(end, node.place), time, node.place)]

    def _judged(self, verb: Verb, key: str, text: Text) -> str:
        return judged(verb, key, text, self.told, self.names)

    def _detail(self, page: Page, verb: Verb, key: str, written: str = "") -> str:
        node = page.node(written or key)
        text = single(node, self.told, f"'{written or key}'") if node is not None else None
        return self._judged(verb, key, text) if text is not None else ""

    # ── one of a sequence ───────────────────────────────────────────────────────────────────────────────────────────
    def _heard(self, node: Node) -> FactPattern | None:
        understood = self.names.understands.get(self.subject, "")
        if isinstance(node, Text):
            heard = self._simple(Verb.HEARD, "prompt")(node)
            if heard is None or not understood:
                return heard
            return replace(heard, details={**heard.details, "language": understood})
        page = Page.at(node, self.told, "what is heard", HEARD_KEYS)
        if page is None:
            return None
        prompt, language = (self._detail(page, Verb.HEARD, key) for key in ("prompt", "language"))
        heard = self._fact(Verb.HEARD, node.place, prompt=prompt, language=language or understood)
        return replace(heard, at=page.near("at"))

    def _transfer(self, node: Node) -> FactPattern | None:
        if isinstance(node, Text):
            return self._simple(Verb.TRANSFER, "state")(node)
        page = Page.at(node, self.told, "a transfer", TRANSFER_KEYS)
        if page is None:
            return None
        verb = Verb.TRANSFER_ENDED if page.has("ends") else Verb.TRANSFER
        if page.has("state") == page.has("ends"):
            self.told.error(node.place, "one_fact", "a transfer gets into a 'state' or it 'ends'")
        if page.has("cause") and verb is Verb.TRANSFER:
            page.error("cause", "not_here", "only what ends has a cause")
        details = {key: self._detail(page, verb, key) for key in ("entry", "agent")}
        if verb is Verb.TRANSFER:
            details["state"] = self._detail(page, verb, "state")
        else:
            details |= {
                "result": self._detail(page, verb, "result", "ends"),
                "cause": self._detail(page, verb, "cause"),
            }
        return replace(self._fact(verb, node.place, **details), at=page.near("at"))

    def _becoming(self, node: Node) -> FactPattern | None:
        if isinstance(node, Text):
            key = "presence" if node.value in tuple(Presence) else "state"
            if key == "state" and node.value not in tuple(AgentState):
                allowed = (*AgentState, *Presence)
                self.told.error(node.place, "unknown_word", "no agent becomes this", found=node.value, allowed=allowed)
                return None
            return self._simple(Verb.AGENT, key)(node)
        page = Page.at(node, self.told, "what an agent becomes", BECOMES_KEYS)
        if page is None:
            return None
        details = {key: self._detail(page, Verb.AGENT, key) for key in ("state", "presence", "reason")}
        return replace(self._fact(Verb.AGENT, node.place, **details), at=page.near("at"))

    # ── those with a shape of their own ─────────────────────────────────────────────────────────────────────────────
    def _queue(self, node: Node) -> Iterable[Expectation]:
        if isinstance(node, Items):
            return self._sequence(node, Verb.QUEUED, self._simple(Verb.QUEUED, "queue"))
        return self._once(Verb.QUEUED, "queue", node)

    def _offers(self, node: Node) -> Iterable[Expectation]:
        """Two sequences, of beginnings and of ends: a hang-up may end an offer after the next one began."""
        if isinstance(node, Items) and not node.items:
            return self._sequence(node, Verb.OFFERED, self._simple(Verb.OFFERED, "agent"))
        items, complete = _with_others(node, self.told)
        begun, ended = [], []
        for item in items:
            page: Page | None
            if isinstance(item, Text):
                page = Page(Table({"to": item}, {"to": item.place}, item.place), self.told, "an offer", None)
            else:
                page = Page.at(item, self.told, "an offer", OFFER_KEYS)
            if page is None:
                continue
            if not page.has("to"):
                page.missing("to")
            agent = self._detail(page, Verb.OFFERED, "agent", "to")
            reason = self._detail(page, Verb.OFFERED, "reason")
            result = self._detail(page, Verb.OFFER_ENDED, "result", "ends")
            cause = self._detail(page, Verb.OFFER_ENDED, "cause")
            first = self._fact(Verb.OFFERED, item.place, agent=agent, reason=reason)
            last = self._fact(Verb.OFFER_ENDED, item.place, agent=agent, result=result, cause=cause)
            begun.append(replace(first, at=page.near("at")))
            ended.append(replace(last, at=page.near("ends_at")))
        sequences = (tuple(begun), tuple(ended))
        return [ExpectSequence(self.subject, facts, node.place, complete) for facts in sequences if facts]

    def _returns(self, node: Node) -> Iterable[Expectation]:
        times = whole(node, self.told, "'returns'")
        if times is None:
            return []
        beyond = self._fact(Verb.QUEUED, node.place, returns=str(times + 1))
        found = [ExpectCount(beyond, NEVER, node.place)]
        if times:
            last = self._fact(Verb.QUEUED, node.place, returns=str(times))
            found.insert(0, ExpectCount(last, _ONCE_OR_MORE, node.place))
        return found

    def _fell_back(self, node: Node, *, happens: bool) -> Iterable[Expectation]:
        fact = self._fact(Verb.FELL_BACK, node.place)
        return [ExpectCount(fact, _ONCE_OR_MORE if happens else NEVER, node.place)]

    def _recorded(self, node: Node, *, happens: bool) -> Iterable[Expectation]:
        """A talk of theirs was recorded and kept; or the switch never began to record one."""
        if happens:
            return [ExpectCount(self._fact(Verb.TALK_RECORDED, node.place, state="kept"), _ONCE_OR_MORE, node.place)]
        begun = (RecordingState.RUNNING, RecordingState.KEPT)
        return [ExpectCount(self._fact(Verb.TALK_RECORDED, node.place, state=one), NEVER, node.place) for one in begun]

    def _end_of_wait(self, page: Page) -> Verb:
        """A wait ends with a person, or with the contact where the file says that it does not end answered."""
        ends = page.node("ends")
        word = ends.entries.get("as") if isinstance(ends, Table) else ends
        answered = not isinstance(word, Text) or word.value == Disposition.ANSWERED
        return Verb.CONNECTED if answered or page.has("answered_by") else Verb.ENDED

    def _ends(self, node: Node) -> Iterable[Expectation]:
        if isinstance(node, Text):
            return self._sequence(node, Verb.ENDED, self._simple(Verb.ENDED, "disposition"))
        page = Page.at(node, self.told, "how it ends", ENDS_KEYS)
        if page is None:
            return []
        details = {key: self._detail(page, Verb.ENDED, key) for key in ENDS_KEYS if key not in ("as", "at")}
        details["disposition"] = self._detail(page, Verb.ENDED, "disposition", "as")
        fact = replace(self._fact(Verb.ENDED, node.place, **details), at=page.near("at"))
        return [ExpectSequence(self.subject, (fact,), node.place)]


def _with_others(node: Node, told: Diagnostics) -> tuple[tuple[Node, ...], bool]:
    """The items without `...`, and whether they are all there may be."""
    items = listed(node, told)
    named = tuple(item for item in items if not (isinstance(item, Text) and item.value == OTHERS))
    if not named:
        told.error(node.place, "empty", "this list names nothing that must have happened")
    return named, len(named) == len(items)
