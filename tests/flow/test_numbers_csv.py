"""The registry in a spreadsheet: out and in again without losing a letter, and mistakes at their very cell."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr_engine.core.vocabulary import QueueId
from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.numbers import Registry
from ivr_engine.flow.numbers_csv import COLUMNS, csv_of, numbers_of
from ivr_engine.flow.numbers_document import Named, read_rows
from ivr_engine.flow.numbers_yaml import changes, edited
from ivr_engine.flow.revision import Revision
from tests.flow.conftest import Folder
from tests.flow.test_numbers import TRANSITION

HEADER = ",".join(COLUMNS)


def read(content: str | bytes, revision: Revision) -> tuple[Registry, list[str]]:
    """The registry that a CSV makes beside that of a revision, and what is said about it."""
    diagnostics = Diagnostics()
    rows = numbers_of("n.csv", content.encode() if isinstance(content, str) else content, diagnostics)
    registry = Registry()
    if rows is not None:
        named = Named(
            prompts=frozenset(revision.manifest.texts),
            queues=frozenset(queue.id for queue in revision.queues),
            skills=frozenset({"general", "transport", "english"}),
            flows=frozenset(revision.flows),
            calendars=frozenset(revision.hours.calendars),
        )
        registry = read_rows(rows, named, QueueId("general"), revision.numbers, diagnostics)
    return registry, [str(one) for one in diagnostics.in_order()]


@pytest.fixture
def revision(folder: Folder) -> Revision:
    folder.write("numbers.yaml", TRANSITION)
    return folder.load()


def test_given_a_registry_when_exported_and_imported_then_it_is_the_same(revision: Revision) -> None:
    exported = csv_of(revision.numbers)
    assert exported.splitlines()[2].startswith("02-0000-2141,mapo,main,general,,ko,greeting menu,")
    registry, said = read(exported, revision)
    assert said == []
    assert registry.entries == revision.numbers.entries
    assert csv_of(registry) == exported


def test_given_a_file_of_a_spreadsheet_when_read_then_its_mark_line_ends_and_quotes_are_understood(
    revision: Revision,
) -> None:
    exported = csv_of(revision.numbers).replace("\n", "\r\n").replace("greeting menu", '" greeting\r\nmenu "')
    registry, said = read(b"\xef\xbb\xbf" + exported.encode(), revision)
    assert said == []
    assert registry.entries == revision.numbers.entries


def row(**cells: str) -> str:
    return ",".join(cells.get(column.replace("from", "since"), "") for column in COLUMNS)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ["1:1: csv"]),
        ("number,flow\n", ["1:1: csv_column"]),
        (HEADER.replace("queue", "queu"), ["1:1: csv_column", "1:20: csv_column"]),
        (f"{HEADER},flow", ["1:136: csv_column"]),
        (f"{HEADER}\n120,a,b\n", ["2:1: csv"]),
        (f'{HEADER}\n120,"a', ["2:5: csv"]),
        (f"{HEADER}\n{row(number='200002149', flow='main')}", ["2:1: number_dialled"]),
        (f"{HEADER}\n{row(number='120', flow='main')}\n{row(number='120', flow='main')}", ["3:1: doubled_number"]),
        (
            f"{HEADER}\n{row(number='02-0000-2149', flow='main')}\n{row(number='+82200002149', flow='main')}",
            ["3:1: doubled_number"],
        ),
        (f"{HEADER}\n{row(number='120')}", ["2:1: missing"]),
        (f"{HEADER}\n{row(number='120', flow='mian', agency='mapoo')}", ["2:5: unknown_agency", "2:11: unknown_flow"]),
        (f"{HEADER}\n\n{row(number='120', flow='main', requirement='english eglish')}", ["3:20: unknown_skill"]),
        (f"{HEADER}\n{row(number='120', flow='main', since='2027-1-1')}", ["2:16: date"]),
        (f"{HEADER}\n{row(number='120', flow='main', rolled_back='yes')}", ["2:1: no_old_destination"]),
    ],
)
def test_given_a_mistake_in_a_spreadsheet_when_read_then_it_is_told_at_its_cell(
    content: str, told: list[str], revision: Revision
) -> None:
    _, said = read(content, revision)
    assert [": ".join(line.removeprefix("n.csv:").split(": ")[:2]) for line in said] == told


def test_given_a_file_in_the_old_korean_encoding_when_read_then_that_is_said(revision: Revision) -> None:
    _, said = read("number\n가".encode("cp949"), revision)
    assert said[0].startswith("n.csv:2:1: encoding: ")


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(st.text(max_size=60), st.text(alphabet='",\n\r120ab ', max_size=60).map(lambda text: f"{HEADER}\n{text}"))
)
def test_given_any_text_when_read_as_a_spreadsheet_then_a_registry_or_reasons(text: str) -> None:
    diagnostics = Diagnostics()
    rows = numbers_of("n.csv", text.encode(), diagnostics)
    assert rows is not None or diagnostics.errors


# ── the document ────────────────────────────────────────────────────────────────────────────────────────────────────
DOCUMENT = """\
# our numbers
agencies: {}
numbers:
  # the main one
  "120": {flow: main}

  # old ones
  "0200002141":
    flow: main  # direct
    queue: transport
  "0200002142": {flow: main}
# and hours
hours: {office: {week: always}}
"""


def test_given_a_document_when_numbers_change_then_only_their_lines_do(folder: Folder) -> None:
    folder.write("numbers.yaml", DOCUMENT)
    revision = folder.load()
    new = (
        f"{HEADER}\n{row(number='120', flow='main', queue='general', language='ko')}\n"
        + row(number="0200002141", flow="main", queue="general", rolled_back="yes", old_destination="3141")
        + f"\n{row(number='02-0000-2143', flow='main', queue='transport', requirement='english')}\n"
    )
    registry, said = read(new, revision)
    assert said == []
    document = edited(DOCUMENT, revision.numbers, registry.entries)
    assert document == DOCUMENT.replace(
        '"0200002141":\n    flow: main  # direct\n    queue: transport\n  "0200002142": {flow: main}\n',
        '"0200002141": {flow: main, queue: general, old_destination: "3141", rolled_back: yes}\n'
        '  "0200002143": {flow: main, queue: transport, requirement: english}\n',
    )
    assert changes(revision.numbers.entries, registry.entries) == (1, 1, 1, 1)
    folder.write("numbers.yaml", document)
    assert folder.load().numbers.entries == registry.entries


@pytest.mark.parametrize(
    "document", ['numbers: {"120": {flow: main}, "0200002141": {flow: main}}\n', DOCUMENT, TRANSITION]
)
def test_given_any_layout_when_one_number_is_added_then_the_document_means_that(document: str, folder: Folder) -> None:
    folder.write("numbers.yaml", document.rstrip("\n"))
    revision = folder.load()
    added, _ = read(f"{HEADER}\n{row(number='0200002149', flow='main')}", revision)
    entries = {**revision.numbers.entries, **added.entries}
    folder.write("numbers.yaml", edited(document.rstrip("\n"), revision.numbers, entries))
    assert folder.load().numbers.entries == entries
