"""A report on paper: the clock and the formula are named in every form, and nothing breaks the form."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest

from ivr_engine.core.service_level import Formula
from ivr_engine.core.vocabulary import Disposition
from ivr_engine.reports import chart, writing
from ivr_engine.reports.book import report_of
from ivr_engine.reports.question import MINUTE_MS, Dimension, Kind, Question
from ivr_engine.reports.table import Table, table_of
from tests.reports.test_service_level import NINE_MS, Book, worked_example


def example(*by: Dimension, formula: Formula = Formula.OFFERED) -> Table:
    return table_of(worked_example().report(*by).report, formula)


@pytest.mark.parametrize("form", [writing.text, writing.as_csv, writing.as_json, chart.svg])
def test_given_any_form_when_written_then_formula_clock_and_threshold_are_named(form: object) -> None:
    told = form(example(Dimension.QUEUE))  # type: ignore[operator]
    for words in ("service level by `offered`", "from queue entry to a human voice", "T = each queue", "15 s"):
        assert words in told


def test_given_a_table_when_written_then_all_six_stand_side_by_side_and_the_chosen_one_first() -> None:
    table = example(Dimension.QUEUE, formula=Formula.REMOVED)
    assert table.columns[1] == "removed_percent"
    assert table.rows[0][1:7] == (81.0, 70.0, 87.5, 83.16, 76.92, 72.92)
    assert "general" in writing.text(table)


def test_given_csv_when_read_back_then_rows_are_whole_and_there_is_no_total_to_add_twice() -> None:
    lines = [line for line in io.StringIO(writing.as_csv(example(Dimension.QUEUE))) if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert [(row["queue"], row["offered"], row["offered_percent"]) for row in rows] == [("general", "1000", "70.0")]


def test_given_a_name_that_a_spreadsheet_would_run_when_written_as_csv_then_it_stays_a_word() -> None:
    book = Book()
    book.contact(Disposition.ANSWERED, 1_000, queue="=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in writing.as_csv(table_of(book.report(Dimension.QUEUE).report))


def test_given_json_when_read_back_then_it_has_what_the_table_has() -> None:
    told = json.loads(writing.as_json(example()))
    assert (told["rows"], told["total"][0][0]) == ([], 70.0)


def test_given_intervals_when_drawn_then_there_is_a_line_and_it_is_well_formed() -> None:
    book = Book()
    for minute in range(0, 60, 15):
        book.contact(Disposition.ANSWERED, 1_000, at_ms=NINE_MS + minute * MINUTE_MS, queue="a<b&c")
    report = book.report(Dimension.QUEUE, Dimension.INTERVAL, interval_ms=15 * MINUTE_MS).report
    root = ElementTree.fromstring(chart.svg(table_of(report)))
    assert [line.tag for line in root if line.tag.endswith("polyline")]
    assert "a<b&c" in {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("form", [writing.text, writing.as_csv, writing.as_json, chart.svg])
def test_given_a_journal_with_nothing_in_it_when_reported_then_every_form_says_so(kind: Kind, form: object) -> None:
    question = Question(NINE_MS, NINE_MS + MINUTE_MS * 30, kind)
    assert form(table_of(report_of(question, [], NINE_MS + 60 * MINUTE_MS)))  # type: ignore[operator]


def test_given_a_report_of_an_hour_that_goes_on_when_written_then_it_says_until_when_it_was_read() -> None:
    table = table_of(worked_example().report(until_ms=NINE_MS + 60_000).report)
    assert "so far: the journal was read until 2023-11-15 09:01:00" in writing.text(table)
