"""Agents' times: logged in, idle, offered, on contact, wrap-up, and breaks by reason.

Two clocks run for each agent: one from logging in to logging out, one from each change of what the agent does to the
next. That both come to the same is the reports' own check (the tests hold it over days that chance makes up).

An agent who logs out while talking is logged in until the contact and the work after it are over. A rest after a missed
offer is idle time. What an agent did while the engine was away is taken to have gone on as it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ivr_engine.core.notices import AgentChanged, OfferEnded
from ivr_engine.core.vocabulary import AgentId, AgentState, OfferResult, Presence
from ivr_engine.reports.question import ROWS, Dimension, Key, Question, ReportRefused, Told

REASONS = 20
"""Of breaks in one row; a centre has a handful. What is beyond is `other`."""

_PHASES = {
    AgentState.OFFERED: "offered_ms",
    AgentState.ON_CONTACT: "on_contact_ms",
    AgentState.WRAP_UP: "wrap_up_ms",
}
_MISSED = frozenset({OfferResult.NO_ANSWER, OfferResult.DECLINED, OfferResult.FAILED})


@dataclass(slots=True)
class Times:
    """Of one agent, or of all agents of a row together."""

    logged_in_ms: int = 0
    idle_ms: int = 0
    offered_ms: int = 0
    on_contact_ms: int = 0
    wrap_up_ms: int = 0
    break_ms: dict[str, int] = field(default_factory=dict)
    offers_answered: int = 0
    offers_missed: int = 0

    @property
    def breaks_ms(self) -> int:
        return sum(self.break_ms.values())

    @property
    def accounted_ms(self) -> int:
        """Equal to `logged_in_ms`, or something is wrong."""
        return self.idle_ms + self.offered_ms + self.on_contact_ms + self.wrap_up_ms + self.breaks_ms

    @property
    def occupancy(self) -> float | None:
        """(on contact + wrap-up) / (logged in - breaks), from 0 to 1; None for who was on break all the time."""
        ready_ms = self.logged_in_ms - self.breaks_ms
        return (self.on_contact_ms + self.wrap_up_ms) / ready_ms if ready_ms > 0 else None

    def spend(self, what: str, spent_ms: int) -> None:
        """`what` is the field, or `break` with its reason."""
        if not what.startswith("break "):
            setattr(self, what, getattr(self, what) + spent_ms)
            return
        reason = what[6:]
        if reason not in self.break_ms and len(self.break_ms) >= REASONS:
            reason = "other"
        self.break_ms[reason] = self.break_ms.get(reason, 0) + spent_ms


@dataclass(slots=True)
class _Watched:
    what: str
    since_ms: int
    logged_in_since_ms: int


class Timekeeper:
    """Takes what was told in order; `close` once, at the last moment that is known."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._by = [one for one in question.by if one in (Dimension.AGENT, Dimension.CONTRACTOR, Dimension.INTERVAL)]
        self._split = Dimension.INTERVAL in question.by
        self._watched: dict[AgentId, _Watched] = {}
        self._known: set[AgentId] | None = None
        self._contractors: dict[AgentId, str] = {}
        self._now_ms = 0
        self.rows: dict[Key, Times] = {}
        self.total = Times()

    def take(self, told: Told) -> None:
        """The next decision."""
        self._now_ms = max(self._now_ms, told.at_ms)
        if told.configuration is not None:
            self._configured({agent.id: agent.contractor for agent in told.configuration.agents})
            return  # a configuration chooses nobody's presence
        for notice in told.notices:
            if type(notice) is AgentChanged:
                self._changed(notice)
            elif type(notice) is OfferEnded and self._question.covers(self._now_ms):
                for times in self._times_of(notice.agent, self._now_ms):
                    times.offers_answered += notice.result is OfferResult.ANSWERED
                    times.offers_missed += notice.result in _MISSED

    def close(self, at_ms: int) -> None:
        """Those still logged in are counted until then."""
        self._now_ms = max(self._now_ms, at_ms)
        for agent in list(self._watched):
            self._leave(agent)

    def _configured(self, contractors: dict[AgentId, str]) -> None:
        self._known = set(contractors)
        self._contractors.update(contractors)
        for agent, watched in list(self._watched.items()):
            if agent not in contractors and watched.what not in _PHASES.values():
                self._leave(agent)

    def _changed(self, notice: AgentChanged) -> None:
        agent = notice.agent
        what = _PHASES.get(notice.state, "")
        if not what and (self._known is None or agent in self._known):
            if notice.presence is Presence.AVAILABLE:
                what = "idle_ms"
            elif notice.presence is Presence.ON_BREAK:
                what = f"break {notice.reason}"
        watched = self._watched.get(agent)
        if watched is None:
            if what:
                self._watched[agent] = _Watched(what, self._now_ms, self._now_ms)
        elif not what:
            self._leave(agent)
        elif what != watched.what:
            self._spend(agent, watched.what, watched.since_ms)
            watched.what, watched.since_ms = what, self._now_ms

    def _leave(self, agent: AgentId) -> None:
        watched = self._watched.pop(agent)
        self._spend(agent, watched.what, watched.since_ms)
        self._spend(agent, "logged_in_ms", watched.logged_in_since_ms)

    def _spend(self, agent: AgentId, what: str, since_ms: int) -> None:
        question = self._question
        begins_ms, until_ms = max(since_ms, question.from_ms), min(self._now_ms, question.to_ms)
        while begins_ms < until_ms:
            ends_ms = until_ms
            if self._split:
                ends_ms = min(until_ms, question.interval_of(begins_ms) + question.interval_ms)
            for times in self._times_of(agent, begins_ms):
                times.spend(what, ends_ms - begins_ms)
            begins_ms = ends_ms

    def _times_of(self, agent: AgentId, at_ms: int) -> Iterator[Times]:
        """The row of an agent at a moment, and the total of all."""
        contractor = self._contractors.get(agent, "")
        if self._question.contractor and contractor != self._question.contractor:
            return
        values: dict[Dimension, str | int] = {
            Dimension.AGENT: agent,
            Dimension.CONTRACTOR: contractor,
            Dimension.INTERVAL: self._question.interval_of(at_ms) if self._split else 0,
        }
        key = tuple(values[one] for one in self._by)
        row = self.rows.get(key)
        if row is None:
            if len(self.rows) >= ROWS:
                raise ReportRefused(f"more than {ROWS} rows", "a longer interval, or a shorter time")
            row = self.rows[key] = Times()
        yield row
        yield self.total
