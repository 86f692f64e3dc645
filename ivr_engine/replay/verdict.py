"""Expectations against a history: what was expected, where the file says so, and what was there instead.

A failure is one readable line. It names what was expected, the fact that came nearest, and the place in the history at
which the two part, so that a ladder can mark it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ivr_engine.flow.diagnostics import Place
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.scenario import (
    Count,
    ExpectCount,
    ExpectDuration,
    ExpectMetric,
    ExpectOrder,
    ExpectSequence,
    FactPattern,
    Near,
    Scenario,
)

STORY_FACTS = 4
"""How much of a life is told beside a failure: enough to see what went another way."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that was not met."""

    place: Place
    expected: str
    found: str
    nearest: Happened | None = None
    """The fact that comes nearest to what was expected."""
    diverges_at: int | None = None
    """Index into `history.facts` of the first fact that is not as expected; the facts' number when one is missing."""

    def __str__(self) -> str:
        return f"{self.place} expected {self.expected}; {self.found}"


def judge(scenario: Scenario, history: History, slack_ms: int = 0) -> tuple[Failure, ...]:
    """Every expectation that the history does not meet, in the order of the file.

    `slack_ms` widens every tolerance: what a level in real time needs beyond the scenario's own.
    """
    court = _Court(history, slack_ms)
    return tuple(failure for expectation in scenario.expectations for failure in court.judge(expectation))


@dataclass(frozen=True, slots=True)
class _Court:
    history: History
    slack_ms: int

    def judge(self, expectation: object) -> Iterable[Failure]:
        match expectation:
            case ExpectSequence():
                return self._sequence(expectation)
            case ExpectOrder():
                return self._order(expectation)
            case ExpectCount():
                return self._count(expectation)
            case ExpectDuration():
                return self._duration(expectation)
            case ExpectMetric():
                return self._metric(expectation)
        raise TypeError(f"{type(expectation).__name__} is no expectation")

    # ── sequences ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _sequence(self, expected: ExpectSequence) -> Iterable[Failure]:
        """The facts in their order; `complete`: each fact with one of the verbs is one of them."""
        verbs = {pattern.verb for pattern in expected.patterns}
        facts = [
            (index, fact)
            for index, fact in enumerate(self.history.facts)
            if fact.subject == expected.subject and fact.verb in verbs
        ]
        position = 0
        for pattern in expected.patterns:
            place = pattern.place or expected.place
            told = _told(pattern, expected.subject)
            if not expected.complete:
                while position < len(facts) and not self._fits(pattern, facts[position][1]):
                    position += 1
            if position >= len(facts):
                seen = [fact for _, fact in facts]
                yield self._missing(place, told, pattern, seen, expected.subject)
                return
            index, fact = facts[position]
            if not self._fits(pattern, fact):
                found = f"found {_brief(fact)} at {_seconds(fact.at_ms)}"
                yield Failure(place, told, f"{found}; {self._story(expected.subject)}", fact, index)
                return
            position += 1
        if expected.complete and position < len(facts):
            index, fact = facts[position]
            nothing = f"nothing more of {expected.subject} ({', '.join(sorted(verbs))})"
            yield Failure(expected.place, nothing, f"found {_brief(fact)} at {_seconds(fact.at_ms)}", fact, index)

    def _order(self, expected: ExpectOrder) -> Iterable[Failure]:
        after = 0
        before = ""
        for pattern in expected.patterns:
            index = self._first(pattern, after)
            if index is None:
                told = _told(pattern) + (f" after {before}" if before else "")
                yield self._missing(
                    pattern.place or expected.place, told, pattern, self._alike(pattern), pattern.subject
                )
                return
            before = _told(pattern)
            after = index + 1

    # ── counts and times ────────────────────────────────────────────────────────────────────────────────────────────
    def _count(self, expected: ExpectCount) -> Iterable[Failure]:
        pattern = expected.pattern
        found = [(index, fact) for index, fact in enumerate(self.history.facts) if self._fits(pattern, fact)]
        count = expected.count
        if len(found) < count.least:
            told = f"{_told(pattern)} {_times(count)}"
            missing = self._missing(expected.place, told, pattern, self._alike(pattern), pattern.subject)
            if found:
                missing = Failure(expected.place, told, f"it happened {len(found)} times", found[-1][1])
            yield missing
        elif count.most is not None and len(found) > count.most:
            index, fact = found[count.most]
            told = f"{_told(pattern)} {_times(count)}"
            yield Failure(
                expected.place, told, f"found {_brief(fact)} of {fact.subject} at {_seconds(fact.at_ms)}", fact, index
            )

    def _duration(self, expected: ExpectDuration) -> Iterable[Failure]:
        first = self._first(expected.start, 0)
        told = f"{_told(expected.start)} → {_told(expected.end)} in {_near(expected.near)}"
        if first is None:
            pattern = expected.start
            yield self._missing(expected.place, told, pattern, self._alike(pattern), pattern.subject)
            return
        last = self._first(expected.end, first + 1)
        if last is None:
            pattern = expected.end
            yield self._missing(expected.place, told, pattern, self._alike(pattern), pattern.subject)
            return
        facts = self.history.facts
        took_ms = facts[last].at_ms - facts[first].at_ms
        if not self._is_near(took_ms, expected.near):
            yield Failure(expected.place, told, f"it took {_seconds(took_ms)}", facts[last], last)

    def _metric(self, expected: ExpectMetric) -> Iterable[Failure]:
        found = self.history.metrics.get(expected.sample)
        if found is None and expected.value == 0:
            return
        if found != expected.value:
            told = f"{expected.sample} to be {expected.value:g}"
            yield Failure(expected.place, told, "there is no such sample" if found is None else f"it is {found:g}")

    # ── looking ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def _fits(self, pattern: FactPattern, fact: Happened) -> bool:
        return _matches(pattern, fact) and (pattern.at is None or self._is_near(fact.at_ms, pattern.at))

    def _is_near(self, at_ms: int, near: Near) -> bool:
        return abs(at_ms - near.exactly_ms) <= near.tolerance_ms + self.slack_ms

    def _first(self, pattern: FactPattern, start: int) -> int | None:
        facts = self.history.facts
        return next((index for index in range(start, len(facts)) if self._fits(pattern, facts[index])), None)

    def _alike(self, pattern: FactPattern) -> list[Happened]:
        """Facts that could have been meant: of the same verb, and of the same subject if one is named."""
        return [
            fact for fact in self.history.facts if fact.verb == pattern.verb and pattern.subject in ("", fact.subject)
        ]

    def _missing(
        self, place: Place, told: str, pattern: FactPattern, seen: Sequence[Happened], subject: str
    ) -> Failure:
        nearest = max(seen, key=lambda fact: _likeness(pattern, fact), default=None)
        found = "it did not happen"
        if nearest is not None:
            found = f"the nearest is {_brief(nearest)} at {_seconds(nearest.at_ms)}"
        return Failure(place, told, f"{found}; {self._story(subject)}", nearest, len(self.history.facts))

    def _story(self, subject: str) -> str:
        """The last that happened to somebody, in a few words."""
        facts = [fact for fact in self.history.of(subject) if fact.verb is not Verb.HEARD] if subject else []
        if not facts:
            return f"nothing happened to {subject}" if subject else "nobody is named"
        return f"{subject}: " + ", ".join(_brief(fact) for fact in facts[-STORY_FACTS:])


def _matches(pattern: FactPattern, fact: Happened) -> bool:
    """Verb, subject and the details that are named; empty matches everything."""
    return (
        fact.verb == pattern.verb
        and pattern.subject in ("", fact.subject)
        and all(fact.details.get(key, "") == value for key, value in pattern.details.items() if value)
    )


def _likeness(pattern: FactPattern, fact: Happened) -> tuple[int, int]:
    alike = sum(fact.details.get(key) == value for key, value in pattern.details.items() if value)
    away = abs(fact.at_ms - pattern.at.exactly_ms) if pattern.at is not None else 0
    return alike, -away


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────────
_TELLING: Mapping[Verb, tuple[str, ...]] = {
    Verb.HEARD: ("prompt", "language"),
    Verb.QUEUED: ("queue", "returns"),
    Verb.OFFERED: ("agent",),
    Verb.OFFER_ENDED: ("agent", "result", "cause"),
    Verb.CONNECTED: ("agent",),
    Verb.TRANSFER_ENDED: ("result", "cause", "entry"),
    Verb.ENDED: ("disposition",),
    Verb.AGENT: ("presence", "state", "reason"),
}
"""Of facts with many details, those that a line tells."""


def _told(pattern: FactPattern, subject: str = "") -> str:
    who = pattern.subject or subject
    words = [who] if who else []
    words.append(pattern.verb)
    words += [f"{key}={value}" for key, value in pattern.details.items() if value]
    if pattern.at is not None:
        words.append(f"at {_near(pattern.at)}")
    return " ".join(words)


def _brief(fact: Happened) -> str:
    keys = _TELLING.get(fact.verb, tuple(fact.details))
    details = [fact.details[key] for key in keys if fact.details.get(key) not in (None, "", "0")]
    return " ".join([fact.verb.value, *details])


def _near(near: Near) -> str:
    return f"{_seconds(near.exactly_ms)} ± {_seconds(near.tolerance_ms)}"


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g} s"


def _times(count: Count) -> str:
    if count.most == 0:
        return "never"
    if count.most is None:
        return f"at least {count.least} times"
    if count.least == count.most:
        return f"exactly {count.least} times"
    return f"{count.least} to {count.most} times" if count.least else f"at most {count.most} times"
