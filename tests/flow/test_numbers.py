"""The number registry: one number in any spelling, what it means on a day, and how agencies come over and go back."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_engine.core.vocabulary import QueueId
from ivr_engine.flow.numbers import (
    Agency,
    AgencyKind,
    Forward,
    NumberEntry,
    NumberMeaning,
    Registry,
    Reject,
    Serve,
    Service,
    Transition,
)
from ivr_engine.flow.numbers_csv import hyphened
from ivr_engine.flow.numbers_spelling import canonical, spellings, why_not
from ivr_engine.flow.revision import load
from ivr_engine.flow.steps import FlowId, PromptId
from tests.flow.conftest import Folder

TRANSITION = """\
agencies:
  mapo: {kind: district, ko: 마포구, en: Mapo-gu, old_destination: "3141"}
  jung:
    kind: district
    ko: 중구
    en: Jung-gu
    old_destination: "3142"
    in_service:
      {from: 2027-03-01, notice_until: 2027-04-30, until: 2027-12-31, notice: ask, farewell: menu, after: "120"}
numbers:
  "120": {flow: main, greeting: silence}
  "02-0000-2141": {flow: main, agency: mapo, greeting: [greeting, menu]}
  "02-0000-2142": {flow: main, agency: mapo, rolled_back: yes}
  "+82 2 0000 2021": {flow: main, agency: jung, greeting: greeting, language: en, hours: office}
  "02-0000-2022": {flow: main, agency: jung, in_service: {until: 2027-06-30, farewell: menu}}
  "02-0000-2023": {flow: main, agency: jung, rolled_back: no}
hours: {office: {week: always}}
"""


@pytest.fixture
def registry(folder: Folder) -> Registry:
    folder.write("numbers.yaml", TRANSITION)
    return folder.load().numbers


# ── spellings ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("120", "120"),
        ("1330", "1330"),
        ("0200001001", "0200001001"),
        ("02-0000-1001", "0200001001"),
        ("(02) 0000.1001", "0200001001"),
        ("02\u20110000\u20111001", "0200001001"),
        ("+82200001001", "0200001001"),
        ("+82 2 0000 1001", "0200001001"),
        ("82200001001", "0200001001"),
        ("+82 02 0000 1001", "0200001001"),
        ("010-1234-5678", "01012345678"),
        ("+821012345678", "01012345678"),
        ("1588-1234", "15881234"),
        ("+8215881234", "15881234"),
        ("070-1234-5678", "07012345678"),
        ("+1 415 555 0123", "+14155550123"),
        ("200001001", None),
        ("+120", None),
        ("1", None),
        ("", None),
        ("12a", None),
        ("１２０", None),
        ("02-OOOO-1001", None),
        ("0" * 33, None),
        ("+" * 12, None),
    ],
)
def test_given_a_number_in_some_spelling_when_read_then_there_is_one_form_of_it(
    written: str, number: str | None
) -> None:
    assert canonical(written) == number
    if number is not None:
        assert canonical(number) == number
        assert canonical(hyphened(number)) == number
        assert all(canonical(spelling) == number for spelling in spellings(number))


def test_given_a_number_whose_zero_a_spreadsheet_ate_when_refused_then_that_is_said() -> None:
    assert why_not("200001001").endswith("write 0200001001, or +82200001001")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(alphabet="0123456789+- ()", max_size=20))
def test_given_any_letters_when_read_then_a_form_that_stays_or_nothing(written: str) -> None:
    number = canonical(written)
    if number is not None:
        assert canonical(number) == number
        assert canonical(hyphened(number)) == number


def test_given_a_registry_when_a_switch_tells_a_number_in_its_own_form_then_the_same_entry_is_found(
    registry: Registry,
) -> None:
    entries = {
        registry.find(told)
        for told in ("0200002021", "+82200002021", "82200002021", "02-0000-2021", "+82 (0)2-0000-2021")
    }
    assert entries == {registry.entries["0200002021"]}
    assert registry.find("120") is registry.entries["120"]
    for stranger in ("+120", "0299999999", "", "anonymous", "0200002021;x", "²"):
        assert registry.find(stranger) is None


# ── meanings ────────────────────────────────────────────────────────────────────────────────────────────────────────
def meaning(registry: Registry, number: str, day: str) -> NumberMeaning:
    return registry.meaning(number, date.fromisoformat(day))


def said(registry: Registry, number: str, day: str) -> tuple[str, ...]:
    found = meaning(registry, number, day)
    assert isinstance(found, Serve)
    return found.say


def test_given_a_number_without_dates_when_dialled_then_its_greeting_is_said_and_it_is_served(
    registry: Registry,
) -> None:
    entry = registry.entries["0200002141"]
    assert meaning(registry, "0200002141", "2027-01-01") == Serve(
        entry, entry, (PromptId("greeting"), PromptId("menu"))
    )


@pytest.mark.parametrize(
    ("day", "say"),
    [("2027-03-01", ("ask", "greeting")), ("2027-04-30", ("ask", "greeting")), ("2027-05-01", ("greeting",))],
)
def test_given_an_agency_that_joins_when_dialled_in_the_parallel_time_then_the_notice_comes_first(
    registry: Registry, day: str, say: tuple[str, ...]
) -> None:
    assert said(registry, "0200002021", day) == say


def test_given_an_agency_that_has_not_joined_when_dialled_then_the_old_destination_is_reached(
    registry: Registry,
) -> None:
    assert meaning(registry, "0200002021", "2027-02-28") == Forward(registry.entries["0200002021"], "3142")


def test_given_a_number_that_is_retired_when_dialled_then_the_farewell_leads_on_or_ends(registry: Registry) -> None:
    main, old = registry.entries["120"], registry.entries["0200002021"]
    assert isinstance(meaning(registry, "0200002021", "2027-12-31"), Serve)
    assert meaning(registry, "0200002021", "2028-01-01") == Serve(main, old, (PromptId("menu"),))
    own = registry.entries["0200002022"]
    assert isinstance(meaning(registry, "0200002022", "2027-06-30"), Serve)
    assert meaning(registry, "0200002022", "2027-07-01") == Reject(own, (PromptId("menu"),))


def test_given_a_number_with_words_of_its_own_when_dialled_then_they_hold_before_those_of_its_agency(
    registry: Registry,
) -> None:
    assert isinstance(meaning(registry, "0200002022", "2027-01-01"), Serve)
    assert isinstance(meaning(registry, "0200002023", "2027-01-01"), Forward)


def test_given_a_number_that_is_rolled_back_when_dialled_then_it_is_forwarded_on_any_day(registry: Registry) -> None:
    for day in ("2020-01-01", "2027-05-05", "2040-01-01"):
        assert meaning(registry, "0200002142", day) == Forward(registry.entries["0200002142"], "3141")


def test_given_one_line_more_when_an_agency_is_rolled_back_then_all_its_numbers_are_but_those_that_say_no(
    folder: Folder,
) -> None:
    folder.write("numbers.yaml", TRANSITION.replace("  jung:\n", "  jung:\n    rolled_back: yes\n"))
    registry = folder.load().numbers
    assert meaning(registry, "0200002021", "2027-05-05") == Forward(registry.entries["0200002021"], "3142")
    assert isinstance(meaning(registry, "0200002022", "2027-05-05"), Forward)
    assert isinstance(meaning(registry, "0200002023", "2027-05-05"), Serve)
    assert isinstance(meaning(registry, "0200002141", "2027-05-05"), Serve)


def test_given_nobodys_number_when_dialled_then_it_is_rejected(registry: Registry) -> None:
    assert meaning(registry, "0299999999", "2027-05-05") == Reject(None)


@given(st.dates(date(2026, 1, 1), date(2029, 1, 1)))
def test_given_any_day_when_a_number_is_dialled_then_the_table_of_its_life_holds(day: date) -> None:
    agency = Agency("a", AgencyKind.CITY, "가", "A", Transition(old_destination="3141"))
    service = Service(
        date(2027, 1, 1), date(2027, 6, 1), date(2028, 1, 1), notice=(PromptId("n"),), farewell=(PromptId("f"),)
    )
    entry = NumberEntry("0200001001", FlowId("f"), QueueId("q"), agency, transition=Transition(service))
    found = Registry({"0200001001": entry}).meaning("+82200001001", day)
    if day < date(2027, 1, 1):
        assert found == Forward(entry, "3141")
    elif day > date(2028, 1, 1):
        assert found == Reject(entry, (PromptId("f"),))
    else:
        assert found == Serve(entry, entry, (PromptId("n"),) if day <= date(2027, 6, 1) else ())


# ── documents ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_given_the_registry_when_read_then_fields_are_kept_as_written(registry: Registry) -> None:
    entry = registry.entries["0200002021"]
    assert (entry.language, entry.hours, entry.greeting) == ("en", "office", ("greeting",))
    assert entry.transition == Transition()
    assert entry.in_force.service is not None
    assert entry.in_force.service.since == date(2027, 3, 1)
    assert entry.spoken == ("greeting", "ask", "menu")
    assert str(registry.places["0200002021"]) == "numbers.yaml:14:3"


def test_given_a_prompt_that_is_not_spoken_in_the_numbers_language_when_loaded_then_it_is_told(folder: Folder) -> None:
    folder.write(
        "prompts.yaml",
        (folder.path / "prompts.yaml").read_text().replace("text: {ko: ask, en: ask}", "text: {ko: ask}"),
    )
    folder.write("numbers.yaml", TRANSITION)
    (line,) = folder.mistakes()
    assert line.startswith("numbers.yaml:14:3: not_spoken: number 0200002021 says 'ask' in 'en'")


def test_given_a_thousand_numbers_when_one_is_looked_up_then_no_other_is_looked_at(folder: Folder) -> None:
    lines = "".join(f'  "02000{number:05d}": {{flow: main}}\n' for number in range(1_000))
    folder.write("numbers.yaml", f"numbers:\n{lines}")
    registry = load(folder.path).numbers
    assert len(registry) == 1_000
    day = date(2027, 1, 1)
    assert all(
        registry.meaning(f"+82 2000{number:05d}", day + timedelta(days=number)) == Serve(entry, entry)
        for number, entry in enumerate(registry)
    )
