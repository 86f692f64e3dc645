"""Ladders: who is drawn, what each leg does, where a difference is marked, on a terminal and as a picture."""

import xml.etree.ElementTree as ET

import pytest
from rich.cells import cell_len

from ivr_engine.replay import ladder_svg, ladder_text
from ivr_engine.replay.history import Happened, History, Verb
from ivr_engine.replay.ladder import Column, Ladder, ladder_of
from ivr_engine.replay.ladder_words import Line, Part, Tone, say
from tests.replay.drawn_histories import engine_killed, handed_over

SVG = "{http://www.w3.org/2000/svg}"


def words(ladder: Ladder) -> list[str]:
    return [rung.words for rung in ladder.rungs]


def legs(ladder: Ladder, part: Part, name: str = "") -> list[Tone | None]:
    seat = ladder.columns.index(Column(part, name))
    return [rung.legs[seat] for rung in ladder.rungs]


def test_given_two_citizens_when_one_is_drawn_then_only_what_touched_them_is_there() -> None:
    ladder = ladder_of(handed_over(), "hong")
    names = [(column.part, column.name) for column in ladder.columns]
    assert names == [
        (Part.CITIZEN, "hong"),
        (Part.SWITCH, ""),
        (Part.ENGINE, ""),
        (Part.AGENT, "1001"),
        (Part.AGENT, "1002"),
        (Part.RECIPIENT, "7001"),
    ]
    assert "dials 120" in words(ladder)
    assert "dials 0200001001" not in words(ladder)
    assert words(ladder)[-1] == "ends: answered"


def test_given_a_whole_history_when_it_is_drawn_then_each_citizen_has_a_column_and_the_engine_is_told() -> None:
    ladder = ladder_of(handed_over())
    assert [column.name for column in ladder.columns if column.part is Part.CITIZEN] == ["hong", "kim"]
    assert words(ladder)[0] == "the engine is started"


def test_given_several_citizens_when_a_rung_lies_between_others_then_it_says_whose_it_is() -> None:
    told = words(ladder_of(handed_over()))
    assert {"hong: waits in transport", "hong: rings", "hong: calls 7001", "dials 120", "talk"} <= set(told)
    assert {"waits in transport", "rings", "calls 7001"} <= set(words(ladder_of(handed_over(), "hong")))


def test_given_an_agent_when_their_ladder_is_drawn_then_it_begins_with_their_offer_and_ends_after_the_wrap_up() -> None:
    ladder = ladder_of(handed_over(), "1002")
    assert words(ladder)[:3] == ["rings", "answers", "talk"]
    assert "no answer" not in words(ladder)
    assert {"wrap-up", "idle"} <= set(words(ladder))


def test_given_a_handed_over_contact_when_it_is_drawn_then_each_leg_goes_through_its_states() -> None:
    ladder = ladder_of(handed_over(), "hong")

    def turns(part: Part, name: str) -> list[Tone | None]:
        found = legs(ladder, part, name)
        return [tone for place, tone in enumerate(found) if place == 0 or found[place - 1] is not tone]

    assert turns(Part.CITIZEN, "hong") == [Tone.FLOW, Tone.WAIT, Tone.TALK, Tone.HOLD, Tone.TALK, None]
    assert turns(Part.AGENT, "1002")[1:] == [
        Tone.RING, Tone.TALK, Tone.HOLD, Tone.TALK, Tone.QUIET, Tone.AFTER, Tone.QUIET,
    ]  # fmt: skip
    assert turns(Part.RECIPIENT, "7001") == [None, Tone.RING, Tone.TALK, None]


def test_given_agent_states_that_offers_tell_when_drawn_then_they_take_no_rung() -> None:
    told = words(ladder_of(handed_over(), "hong"))
    assert told.count("idle") == 1, "only the end of the wrap-up says something new"
    assert "on contact" not in told
    assert "offered" not in told


def test_given_an_engine_that_dies_when_drawn_then_its_column_is_empty_until_it_is_back() -> None:
    ladder = ladder_of(engine_killed())
    by_words = dict(zip(words(ladder), legs(ladder, Part.ENGINE), strict=True))
    assert by_words["the engine is killed"] is None
    assert by_words["static fallback"] is None
    assert by_words["the engine is started"] is Tone.QUIET


def test_given_a_mark_when_drawn_then_it_stands_at_its_fact_even_if_that_would_not_be_drawn() -> None:
    history = handed_over()
    hidden = next(i for i, fact in enumerate(history.facts) if fact.details.get("state") == "on_contact")
    assert not [rung for rung in ladder_of(history).rungs if rung.words == "on contact"]
    (marked,) = [rung for rung in ladder_of(history, marks={hidden: "1002 stays idle"}).rungs if rung.mark]
    assert (marked.words, marked.mark, marked.at_ms) == ("on contact", "1002 stays idle", 14_900)


def test_given_a_mark_past_the_end_when_drawn_then_the_end_carries_it() -> None:
    last = ladder_of(engine_killed(), marks={99: "hong connected"}).rungs[-1]
    assert (last.words, last.mark, last.at_ms) == ("the end", "hong connected", 26_000)


def test_given_a_long_history_when_it_is_drawn_then_what_is_around_the_mark_stays() -> None:
    facts = tuple(Happened(n * 1_000, Verb.PRESSED, "hong", {"keys": str(n)}) for n in range(1_000))
    ladder = ladder_of(History(facts), marks={700: "no key"}, most=50)
    assert len(ladder.rungs) == 52
    assert [rung.words for rung in ladder.rungs if rung.line is Line.LEFT_OUT] == ["667 more", "283 more"]
    assert [rung.words for rung in ladder.rungs if rung.mark] == ["presses 700"]
    unmarked = ladder_of(History(facts), most=50)
    assert [rung.words for rung in (unmarked.rungs[0], unmarked.rungs[25], unmarked.rungs[-1])] == [
        "presses 0",
        "950 more",
        "presses 999",
    ]


@pytest.mark.parametrize("verb", list(Verb))
def test_given_a_fact_without_any_detail_when_it_is_said_then_it_is_still_drawn(verb: Verb) -> None:
    ladder = ladder_of(History((Happened(0, verb, "hong"),)), marks={0: "something else"})
    assert say(Happened(0, verb, "hong")).line
    assert ladder_text.written(ladder)
    ET.fromstring(ladder_svg.draw(ladder))


@pytest.mark.parametrize("columns", [80, 100, 160])
def test_given_a_terminal_when_the_ladder_is_written_then_no_line_is_wider(columns: int) -> None:
    text = ladder_text.written(ladder_of(handed_over(), title="two citizens"), columns)
    assert max(map(cell_len, text.splitlines())) <= columns
    assert "\x1b" not in text


def test_given_a_reason_that_fits_on_no_line_when_written_then_it_stands_whole_below_its_rung() -> None:
    reason = "least loss of coverage (0.0369), idle 2.5 s, of 2"
    offered = Happened(1_000, Verb.OFFERED, "hong", {"agent": "1001", "reason": reason})
    shown = ladder_text.written(ladder_of(History((offered,))), 80)
    below = shown[shown.index("rings") :]
    assert reason in " ".join(below.replace("▒", " ").replace("│", " ").split())
    assert "…" not in below


def test_given_words_without_end_when_written_then_three_lines_tell_of_them() -> None:
    endless = " ".join(f"word_{n}" for n in range(100))
    offered = Happened(1_000, Verb.OFFERED, "hong", {"agent": "1001", "reason": endless})
    shown = ladder_text.written(ladder_of(History((offered,))), 80)
    lines = [line for line in shown.splitlines() if "word_" in line]
    assert len(lines) == ladder_text.DETAIL_LINES
    assert lines[-1].endswith("…")


def test_given_no_colours_when_the_ladder_is_written_then_a_person_can_read_it() -> None:
    lines = ladder_text.written(ladder_of(handed_over(), "hong", marks={14: "1001 answers"})).splitlines()
    shown = next(line for line in lines if line.endswith("rings  the only candidate"))
    assert shown.split()[0] == "13.561"
    assert "───▶▒" in shown
    assert any(line.startswith(">>> not as expected: 1001 answers") for line in lines)
    assert any(line.endswith("10.0 s later") for line in lines)


def test_given_colours_when_the_ladder_is_written_then_they_are_ansi() -> None:
    assert "\x1b[32m" in ladder_text.written(ladder_of(handed_over(), "hong"), colour=True)


def test_given_wide_letters_in_a_name_when_written_then_the_columns_stay_in_line() -> None:
    facts = (Happened(0, Verb.ARRIVED, "홍길동", {"number": "120"}), Happened(5, Verb.PRESSED, "홍길동", {"keys": "1"}))
    lines = ladder_text.written(ladder_of(History(facts), title="이름")).splitlines()
    seat = lines[3].index("┃")
    name = lines[1].index("홍")
    assert name <= seat < name + cell_len("홍길동")


def test_given_a_ladder_when_it_is_a_picture_then_it_is_well_formed_and_tells_every_rung() -> None:
    history = handed_over()
    ladder = ladder_of(history, title="<hong> & kim", marks={23: "kim is answered"})
    root = ET.fromstring(ladder_svg.draw(ladder))
    texts = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
    assert texts[0] == "<hong> & kim"
    assert "not as expected: kim is answered" in texts
    said = ["".join(node.itertext()) for node in root.iter(f"{SVG}text") if node.get("class") == "said"]
    assert said == words(ladder)
    width = int(root.get("width", "0"))
    assert all(0 <= float(node.get("x", "0")) < width for node in root.iter(f"{SVG}text"))


def test_given_nothing_when_it_is_drawn_then_there_is_a_heading_and_no_failure() -> None:
    ladder = ladder_of(History(()), "nobody", title="nothing")
    assert ladder_text.written(ladder).startswith("nothing\n")
    assert ET.fromstring(ladder_svg.draw(ladder)).tag == f"{SVG}svg"
