"""The agents' report: how their logged-in time was spent."""

from dataclasses import dataclass

from ivr_engine.reports.agent_times import Timekeeper, Times
from ivr_engine.reports.question import Key, Question, Told


@dataclass(frozen=True, slots=True)
class TimesRow:
    key: Key
    times: Times


@dataclass(frozen=True, slots=True)
class AgentsReport:
    question: Question
    rows: tuple[TimesRow, ...]
    total: TimesRow
    read_to_ms: int


class AgentsBook:
    """Takes what was told in order; `report` once, at the end."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._times = Timekeeper(question)

    def take(self, told: Told) -> None:
        """The next decision."""
        self._times.take(told)

    def report(self, now_ms: int) -> AgentsReport:
        """Who is logged in is counted until then."""
        self._times.close(min(now_ms, self._question.to_ms))
        rows = self._times.rows if self._question.by else {}
        return AgentsReport(
            self._question,
            tuple(TimesRow(key, rows[key]) for key in sorted(rows)),
            TimesRow((), self._times.total),
            now_ms,
        )
