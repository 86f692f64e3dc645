"""The book that a question opens: one way in for the command line, the API and the tests."""

from collections.abc import Iterable
from typing import Protocol

from ivr_engine.reports.agents import AgentsBook, AgentsReport
from ivr_engine.reports.contractor_shares import ContractorBook, ContractorReport
from ivr_engine.reports.question import Entry, Kind, Question, Told, told
from ivr_engine.reports.service_level import ServiceLevelBook, ServiceLevelReport

Report = ServiceLevelReport | AgentsReport | ContractorReport


class Book(Protocol):
    """Adds up what it is told."""

    def take(self, told: Told) -> None:
        """The next decision, in the order of the journal."""

    def report(self, now_ms: int) -> Report:
        """Once, at the end; `now_ms` is the last moment that was read."""


def opened(question: Question) -> Book:
    """An empty book for that question."""
    match question.kind:
        case Kind.SERVICE_LEVEL:
            return ServiceLevelBook(question)
        case Kind.AGENTS:
            return AgentsBook(question)
        case Kind.CONTRACTORS:
            return ContractorBook(question)


def report_of(question: Question, entries: Iterable[Entry], now_ms: int) -> Report:
    """The report of a journal in memory or of a recording. Raises ReportRefused."""
    book = opened(question)
    for entry in entries:
        book.take(told(entry))
    return book.report(now_ms)
