"""What is proved of every call: how near a person is, and that every path ends; with the way that proves it."""

import pytest

from ivr_engine.core.conversation import Ask, CallerCard
from ivr_engine.core.vocabulary import ContactId
from ivr_engine.flow.proofs import PersonProof
from ivr_engine.flow.proofs_text import written_proofs
from tests.flow.conftest import DOCUMENTS, Folder

PROMISE = "proofs: {{person_keys: {}, person_seconds: {}}}\n"
"""Recordings of the folder take 100 ms each."""


def only(folder: Folder) -> PersonProof:
    """The proof of the flow that both numbers of the folder lead into."""
    [row] = folder.load().proofs.persons
    return row


def way(row: PersonProof) -> list[tuple[str, str, int, int]]:
    return [(one.where, one.branch, one.keys, one.ms) for one in row.path]


def test_given_a_menu_when_proved_then_silence_costs_its_time_and_a_key_only_the_sentence(folder: Folder) -> None:
    folder.flow(
        "  hello: {play: greeting}\n"
        '  topic: {menu: menu, person_key: none, choices: {"1": desk}, first_key_seconds: 5, on_silence: bye,'
        " otherwise: bye}\n"
        "  desk: {queue: transport}\n"
        "  bye: {hangup: closed}\n"
    )
    row = only(folder)
    assert (row.flow, row.language, row.numbers, row.holds) == ("main", "ko", ("120", "0200002141"), True)
    assert way(row) == [("main/hello", "next", 0, 100), ("main/topic", "1", 1, 200), ("main/desk", "", 1, 200)]
    assert [str(one.place) for one in row.path] == [
        "flows/main.yaml:2:10",
        "flows/main.yaml:3:10",
        "flows/main.yaml:4:9",
    ]


def test_given_fewer_keys_that_take_too_long_when_proved_then_more_keys_in_time_are_the_evidence(
    folder: Folder,
) -> None:
    folder.flow('  topic: {menu: menu, choices: {"1": person}, first_key_seconds: 20}\n')
    folder.write("proofs.yaml", PROMISE.format(2, 60))
    row = only(folder)
    assert (row.keys, row.ms, row.holds) == (1, 100, True)
    folder.write("proofs.yaml", PROMISE.format(0, 600))
    row = only(folder)
    assert (row.keys, row.ms) == (0, 3 * (100 + 20_000))


@pytest.mark.parametrize(("promise", "code"), [(PROMISE.format(0, 5), "person_far"), ("", None)])
def test_given_a_promise_when_it_is_broken_then_the_evidence_is_told(
    folder: Folder, promise: str, code: str | None
) -> None:
    folder.flow('  topic: {menu: menu, choices: {"1": person}, on_silence: bye}\n  bye: {hangup: closed}\n')
    if code is None:
        assert only(folder).holds
        return
    folder.write("proofs.yaml", promise)
    assert folder.mistakes() == [
        "flows/main.yaml:2:10: person_far: who dials 120, 0200002141 and is spoken to in 'ko' reaches a person with "
        "1 key and 0.1 s; promised are 0 keys and 5 s; the way: main/topic (1, 1 keys, 0.1 s)"
    ]


def test_given_no_written_promise_when_no_person_is_near_then_it_is_a_warning(folder: Folder) -> None:
    folder.flow("  bye: {hangup: closed}\n")
    [warning] = folder.load().warnings
    assert str(warning).startswith("flows/main.yaml:2:8: warning no_person: who dials 120, 0200002141 and is spoken ")


def test_given_a_number_without_a_person_when_it_is_listed_then_that_is_no_mistake(folder: Folder) -> None:
    folder.flow("  bye: {hangup: closed}\n")
    folder.write("proofs.yaml", 'proofs: {without_person: ["120", "0200002141"]}\n')
    assert folder.load().warnings == ()
    folder.write("proofs.yaml", 'proofs: {without_person: ["120", "0200002142"]}\n')
    assert "did you mean '0200002141'?" in folder.mistakes()[0]


@pytest.mark.parametrize(
    ("proofs", "code"),
    [
        ("proofs: {person_keys: many}", "number"),
        ("proofs: {person_seconds: 0}", "number"),
        ("proofs: {person_minutes: 1}", "unknown_key"),
        ("proofs: [2, 60]", "not_a_mapping"),
        ("proofs: {without_person: [[120]]}", "not_a_value"),
    ],
)
def test_given_a_promise_that_is_none_when_read_then_it_is_told(folder: Folder, proofs: str, code: str) -> None:
    folder.write("proofs.yaml", proofs)
    assert [line.split(": ")[1] for line in folder.mistakes()] == [code]


def test_given_a_value_that_the_world_decides_when_proved_then_the_worst_case_counts(folder: Folder) -> None:
    folder.flow(
        "  lines: {switch: number, cases: {'120': desk}, otherwise: longer}\n"
        "  desk: {queue: general}\n"
        "  longer: {play: [greeting, menu]}\n"
    )
    assert way(only(folder)) == [("main/lines", "otherwise", 0, 0), ("main/longer", "next", 0, 200)]
    folder.flow(
        "  lines: {switch: number, cases: {'120': desk}, otherwise: bye}\n"
        "  desk: {queue: general}\n"
        "  bye: {hangup: closed}\n"
    )
    assert only(folder).keys is None


def test_given_several_languages_when_proved_then_each_has_its_row(folder: Folder) -> None:
    folder.flow("  hello: {play: greeting}\n")
    folder.write("numbers.yaml", 'numbers: {"120": {flow: main}, "121": {flow: main, language: en}}\n')
    folder.record("en/greeting", 900)
    assert [(row.language, row.numbers, row.ms) for row in folder.load().proofs.persons] == [
        ("en", ("121",), 900),
        ("ko", ("120",), 100),
    ]


def test_given_a_called_flow_when_proved_then_the_way_leads_through_it_and_back(folder: Folder) -> None:
    folder.flow("  first: {call: notice}\n  second: {call: notice}\n  desk: {queue: general}\n")
    folder.flow("  say: {play: greeting}\n  back: {return: {}}\n", "notice")
    assert [one.where for one in only(folder).path] == [
        "main/first",
        "notice/say",
        "notice/back",
        "main/second",
        "notice/say",
        "notice/back",
        "main/desk",
    ]


def test_given_a_circle_with_a_key_when_proved_then_the_key_bounds_it(folder: Folder) -> None:
    folder.flow(
        '  topic: {menu: menu, choices: {"9": again}, on_silence: person}\n  again: {play: greeting, next: topic}\n'
    )
    [loop] = folder.load().proofs.loops
    assert loop.steps == (("main", "topic"), ("main", "again"))
    assert loop.bounded_by == "a key that the citizen presses each time"


COUNTED = (
    "  begin: {{set: {{rounds: 0}}}}\n"
    "  say: {{play: greeting}}\n"
    "  more: {{set: {{rounds: {}}}}}\n"
    "  enough: {{switch: {}, cases: {{'true': person}}, otherwise: say}}\n"
)


def test_given_a_circle_with_a_counter_when_proved_then_the_counter_bounds_it(folder: Folder) -> None:
    folder.flow(COUNTED.format("rounds + 1", "rounds >= 2"))
    [loop] = folder.load().proofs.loops
    assert loop.bounded_by == "the counter 'rounds'"


@pytest.mark.parametrize(("moved", "asked"), [("2", "rounds >= 3"), ("rounds + 1", "caller.mobile")])
def test_given_a_counter_that_does_not_move_or_is_not_asked_when_proved_then_the_circle_is_endless(
    folder: Folder, moved: str, asked: str
) -> None:
    folder.flow(COUNTED.format(moved, asked))
    assert [line.split(": ")[1] for line in folder.mistakes()] == ["endless"]


def test_given_hours_when_proved_then_open_is_asked_for_and_closed_is_told(folder: Folder) -> None:
    folder.write("hours.yaml", "hours: {office: {week: {mon-fri: 09:00-18:00, sat-sun: closed}}}\n")
    folder.flow(
        "  desk: {hours: office, open: person, closed: night}\n"
        "  night: {play: greeting, person_key: none}\n"
        "  bye: {hangup: closed}\n"
    )
    revision = folder.load()
    assert [(row.hour, row.keys, row.holds) for row in revision.proofs.persons] == [("open", 0, True)]
    assert [(row.hour, row.keys) for row in revision.proofs.other_hours] == [
        ("closed", None),
        ("holiday", None),
        ("emergency", None),
    ]
    page = written_proofs(revision)
    assert "  closed  main [ko]  120 and 1 more: no person" in page
    assert "Hours cover the year: 1 calendar," in page


def test_given_a_number_that_greets_first_when_proved_then_the_greeting_counts(folder: Folder) -> None:
    folder.flow("  hello: {play: greeting}\n")
    folder.write("numbers.yaml", 'numbers: {"120": {flow: main}, "121": {flow: main, greeting: [menu, ask]}}\n')
    row = only(folder)
    assert (row.ms, way(row)) == (300, [("main/hello", "next", 0, 300)])


def test_given_a_language_that_a_step_chooses_when_another_flow_is_called_then_it_is_spoken_there_and_after(
    folder: Folder,
) -> None:
    for language, length_ms in (("en", 700), ("ko", 100)):
        folder.record(f"{language}/greeting", length_ms)
    folder.flow("  speak: {language: en}\n  go: {call: notice}\n  after: {play: greeting}\n")
    folder.flow("  say: {play: greeting}\n  back: {return: {}}\n", "notice")
    assert only(folder).ms == 1_400


def test_given_proofs_when_written_then_every_number_has_its_way(folder: Folder) -> None:
    folder.flow('  topic: {menu: menu, choices: {"1": person, "2": topic}, on_silence: person}\n')
    page = written_proofs(folder.load())
    assert page.splitlines()[:3] == [
        "A person within 2 keys and 60 s, every sentence heard to its end, for every number and language:",
        "  proved  main [ko]  120 and 1 more: 0 keys, 5.1 s",
        "      flows/main.yaml:2:10  main/topic: menu menu, by silence  (0 keys, 5.1 s)",
    ]
    assert "main/topic: a key that the citizen presses each time" in page
    assert "2 numbers, 2 queues, all of them used." in page


def test_given_a_survey_of_a_queue_when_proved_then_its_flow_is_entered_in_every_language_and_asks_for_no_person(
    folder: Folder,
) -> None:
    folder.flow("  hello: {play: greeting}\n")
    folder.flow("  ask: {survey: care, questions: {mark: ask}, next: bye}\n  bye: {hangup: self_served}\n", "care")
    assert "no number leads to flow 'care'" in str(folder.load().warnings[0])
    folder.write(
        "queues.yaml",
        "skills: [general, transport, english]\nperson: general\n"
        "queues: {general: {requirement: general, survey: care}, transport: {requirement: transport}}\n",
    )
    revision = folder.load()
    assert revision.warnings == ()
    assert [row.flow for row in revision.proofs.persons] == ["main"]


def test_given_a_survey_when_citizens_come_to_it_in_a_language_that_it_lacks_then_check_says_so(folder: Folder) -> None:
    folder.write(
        "prompts.yaml", DOCUMENTS["prompts.yaml"] + "  mark: {file: ask, milliseconds: 1000, text: {ko: how was it}}\n"
    )
    folder.flow("  english: {language: en}\n  hello: {play: greeting}\n")
    folder.flow("  ask: {survey: care, questions: {mark: mark}, next: bye}\n  bye: {hangup: self_served}\n", "care")
    folder.write(
        "queues.yaml",
        "skills: [general, transport, english]\nperson: general\n"
        "queues: {general: {requirement: general, survey: care}, transport: {requirement: transport}}\n",
    )
    assert [line for line in folder.mistakes() if "not_spoken" in line and "'mark' in 'en'" in line]


def test_given_a_survey_when_the_contact_spoke_english_then_it_is_asked_in_english(folder: Folder) -> None:
    folder.flow("  ask: {survey: care, questions: {mark: ask}, next: bye}\n  bye: {hangup: self_served}\n", "care")
    for language in ("ko", "en"):
        card = CallerCard(ContactId("c-1"), "120", flow="care", language=language)
        asked = folder.load().converse(card).begin()
        assert isinstance(asked, Ask)
        assert [prompt.file for prompt in asked.prompts] == [f"ivr/{language}/ask"]
