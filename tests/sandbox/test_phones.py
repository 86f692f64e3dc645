"""What simulated phones report, from the facts that their scenarios log."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from sandbox.phones import RE_INVITE, Call, Callees, Callers, Conduct, Key, keys, seen
from sandbox.sipp import Fact, Sipp, SippFailed, scenario


class Site:
    sip_port = 5060


def test_given_the_facts_of_a_call_when_folded_then_one_seen_tells_it() -> None:
    [call] = seen(
        [
            Fact("dialled", "a", "0212345678", "120", 100.0),
            Fact("answered", "a", "0212345678", "", 100.5),
            Fact("heard", "a", "0212345678", "*", 101.0),
            Fact("heard", "a", "0212345678", "2", 101.2),
            Fact("ended", "a", "0212345678", "them", 103.0),
        ]
    )
    assert (call.name, call.other, call.heard, call.ended_by) == ("0212345678", "120", "*2", "them")
    assert call.talk_seconds == 2.5


def test_given_two_crossing_hang_ups_when_folded_then_the_first_counts() -> None:
    facts = [Fact("rung", "a", "1001", "120", 1.0), Fact("ended", "a", "1001", "us", 2.0)]
    [call] = seen([*facts, Fact("ended", "a", "1001", "them", 2.1)])
    assert (call.ended_by, call.ended_at, call.talk_seconds) == ("us", 2.0, None)


def test_given_a_fact_of_an_unknown_call_when_folded_then_it_makes_none() -> None:
    assert seen([Fact("ended", "late", "1001", "them", 2.0)]) == []


def test_given_a_text_when_made_into_keys_then_only_the_first_waits_long() -> None:
    assert [(key.key, key.after_ms) for key in keys("*2", after_ms=500, gap_ms=100)] == [("*", 500), ("2", 100)]


def lines_of(phone: Sipp, name: str) -> list[str]:
    table = phone.files[name]
    assert isinstance(table, str)
    return table.splitlines()


@pytest.mark.parametrize("most_keys", ["", "1", "*2*3"])
def test_given_any_number_of_keys_when_scenarios_are_filled_in_then_they_are_whole(most_keys: str) -> None:
    pressed = keys(most_keys)
    phones: list[Sipp] = [
        Callers(Site(), [Call("120", "02", keys=pressed), Call("120", "03")]),
        Callers(Site(), [Call("*11", "1001", keys=pressed)], passwords={"1001": "secret"}),
        Callers(Site(), [Call("120", "02", keys=(*pressed, Key(RE_INVITE))), Call("120", "03", offers_video=True)]),
        Callees({"1001": Conduct(keys=pressed), "1002": Conduct("busy")}),
        Callees({"1001": [Conduct("busy"), Conduct(keys=pressed)]}),
    ]
    for phone in phones:
        assert "{{" not in phone.text
        assert ET.fromstring(phone.text).tag == "scenario"
        assert phone.text.count("INFO ") >= len(pressed)
        lines = lines_of(phone, next(iter(phone.files)))
        assert len({line.count(";") for line in lines[1:]}) == 1, "every line has the same fields"


def test_given_one_who_offers_video_when_told_to_sipp_then_only_that_line_has_it() -> None:
    phone = Callers(Site(), [Call("120", "02", offers_video=True), Call("120", "03")])
    assert lines_of(phone, "calls.csv")[1:] == [
        "120;02;3600000;;0;m=video 9 RTP/AVP 99;a=rtpmap:99 H264/90000",
        "120;03;3600000;;0;;",
    ]
    assert "[field5]\n      [field6]\n" in phone.text


def test_given_a_re_invite_when_told_to_sipp_then_it_negotiates_with_the_media_of_the_first() -> None:
    text = Callers(Site(), [Call("120", "02", keys=(Key("1"), Key(RE_INVITE)))]).text
    assert text.count("INVITE sip:") == text.count("m=audio") == 3
    assert Callers(Site(), [Call("120", "02", keys=(Key("1"),))]).text.count("INVITE sip:") == 1


def test_given_a_word_that_nothing_explains_when_a_scenario_is_filled_in_then_it_is_named() -> None:
    with pytest.raises(KeyError, match="EXPIRES_SECONDS"):
        scenario("register")


def test_given_no_calls_when_callers_are_made_then_the_error_says_so() -> None:
    with pytest.raises(SippFailed, match="at least one"):
        Callers(Site(), [])


async def test_given_a_sipp_that_cannot_start_when_started_then_its_own_words_are_in_the_error() -> None:
    with pytest.raises(SippFailed, match=r"(?s)does not listen.*no such scenario"):
        await Sipp("", program=["sh", "-c", "echo no such scenario >&2; exit 3"]).start()


def test_given_conducts_in_turn_when_told_to_sipp_then_the_last_one_stands_under_the_bare_name() -> None:
    phone = Callees({"1001": [Conduct("busy"), Conduct("decline"), Conduct()], "1002": Conduct("silent")})
    conducts = [line.split(";")[:2] for line in lines_of(phone, "callees.csv")[3:]]
    assert conducts == [
        ["1001#1.000000", "busy"],
        ["1001#2.000000", "decline"],
        ["1001", "answer"],
        ["1002", "silent"],
    ]
    assert phone.files["turns.csv"].splitlines()[2:] == ["1001;0"], "whose conduct never changes is not counted"


def test_given_no_conduct_for_a_phone_when_made_then_it_is_refused() -> None:
    with pytest.raises(SippFailed, match="no conduct for 1001"):
        Callees({"1001": []})
