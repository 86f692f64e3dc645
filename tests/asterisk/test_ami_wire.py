"""The wire format: what arrives in whatever pieces, what a caller smuggles into it, and what may leave."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_engine.asterisk.ami_errors import (
    ActionNotSent,
    DoubledHeader,
    ForbiddenCharacter,
    LineTooLong,
    RepeatedHeader,
    StreamBroken,
    TooManyLines,
)
from ivr_engine.asterisk.ami_wire import (
    MAX_GREETING_BYTES,
    MAX_MESSAGE_BYTES,
    Framer,
    encode_action,
    event_name,
    parse,
)

GREETING = b"Asterisk Call Manager/11.0.0\r\n"

USER_EVENT = (
    "Event: UserEvent\r\nPrivilege: user,all\r\nChannel: PJSIP/trunk-00000001\r\nChannelState: 6\r\n"
    "CallerIDNum: 0212345678\r\nCallerIDName: 서울특별시 다산콜센터 ☎\r\nAccountCode: \r\nUniqueid: 1795370188.7\r\n"
    "ChanVariable: IVR_A=1\r\nChanVariable: IVR_B=\r\nUserEvent: IvrQueued\r\nContact: 1795370188.7\r\nAgency: 강남구청"
).encode()

HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1.1\r\nCause: 16\r\nCause-txt: Normal Clearing"


def greeted() -> Framer:
    framer = Framer()
    assert framer.feed(GREETING) == []
    return framer


class TestFraming:
    def test_given_korean_text_when_it_is_split_at_any_byte_then_no_letter_is_lost(self) -> None:
        stream = USER_EVENT + b"\r\n\r\n"
        whole = dict(parse(USER_EVENT))
        assert whole["CallerIDName"] == "서울특별시 다산콜센터 ☎"
        for position in range(1, len(stream)):
            framer = greeted()
            messages = framer.feed(stream[:position]) + framer.feed(stream[position:])
            assert [dict(parse(raw)) for raw in messages] == [whole], f"split at byte {position}"

    @settings(derandomize=True, deadline=None)
    @given(st.lists(st.integers(min_value=1, max_value=700), max_size=30))
    def test_given_any_pieces_when_fed_then_the_same_messages_come_out(self, sizes: list[int]) -> None:
        stream = GREETING + (USER_EVENT + b"\r\n\r\n" + HANGUP + b"\r\n\r\n") * 3
        framer = Framer()
        messages: list[bytes] = []
        for size in sizes:
            messages += framer.feed(stream[:size])
            stream = stream[size:]
        messages += framer.feed(stream)
        assert messages == [USER_EVENT, HANGUP] * 3
        assert not framer.unfinished

    def test_given_one_byte_at_a_time_when_fed_then_the_same_messages_come_out(self) -> None:
        framer = Framer()
        stream = GREETING + HANGUP + b"\r\n\r\n" + USER_EVENT + b"\r\n\r\n"
        assert [raw for byte in stream for raw in framer.feed(bytes([byte]))] == [HANGUP, USER_EVENT]

    def test_given_half_a_message_when_the_stream_ends_then_it_is_known_and_not_given_out(self) -> None:
        framer = greeted()
        assert framer.feed(HANGUP + b"\r\n\r\n" + HANGUP[:-9]) == [HANGUP]
        assert framer.unfinished

    @pytest.mark.parametrize("piece", [b"X" * 4096, b"Key: value\r\n" * 400])
    def test_given_a_message_without_end_when_fed_then_it_is_refused_at_the_limit(self, piece: bytes) -> None:
        framer = greeted()
        for _ in range(MAX_MESSAGE_BYTES // len(piece)):
            assert framer.feed(piece) == []
        with pytest.raises(StreamBroken):
            framer.feed(piece)

    @pytest.mark.parametrize(
        "first", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"As\r\n", b"\x16\x03"]
    )
    def test_given_another_service_when_it_speaks_then_the_first_bytes_are_shown(self, first: bytes) -> None:
        with pytest.raises(StreamBroken, match="not AMI"):
            Framer().feed(first)

    def test_given_a_greeting_without_end_when_it_goes_on_then_it_is_refused(self) -> None:
        framer = Framer()
        framer.feed(GREETING[:-2])
        with pytest.raises(StreamBroken):
            framer.feed(b"9" * MAX_GREETING_BYTES)


class TestParsing:
    def test_given_an_event_when_parsed_then_names_are_found_in_any_case(self) -> None:
        message = parse(USER_EVENT)
        assert (message["uniqueid"], message.get("UNIQUEID"), message.get("Contact")) == ("1795370188.7",) * 3
        assert message.get("AccountCode") == ""
        assert message.get("Nowhere") == ""
        assert message.get("Nowhere", "x") == "x"
        assert "nowhere" not in message
        assert message.success

    def test_given_channel_variables_when_parsed_then_every_one_is_kept(self) -> None:
        message = parse(USER_EVENT)
        assert message.get_all("ChanVariable") == ["IVR_A=1", "IVR_B="]
        assert message.variables() == {"IVR_A": "1", "IVR_B": ""}
        assert parse(b"Event: X\r\nChanVariable: A=1=2").variables() == {"A": "1=2"}

    def test_given_a_variable_that_is_not_set_when_status_lists_it_then_it_is_absent(self) -> None:
        item = parse(b"Event: Status\r\nVariable: IVR_CONTACT=1.1\r\nVariable: IVR_TRANSFER=(null)\r\nVariable: X=")
        assert item.variables("Variable") == {"IVR_CONTACT": "1.1", "X": ""}

    @pytest.mark.parametrize(
        "header",
        ["Variable", "ChanVariable", "DestChanVariable", "LocalOneChanVariable", "ChanVariable(Local/1@x-1;1)"],
    )
    def test_given_a_header_that_asterisk_repeats_when_parsed_then_it_is_a_list(self, header: str) -> None:
        message = parse(f"Event: X\r\n{header}: A=1\r\n{header}: B=2".encode())
        assert message.get_all(header) == ["A=1", "B=2"]
        assert message.get(header) == "A=1"

    def test_given_command_output_when_parsed_then_equal_lines_stay(self) -> None:
        answer = parse(b"Response: Success\r\nOutput: a\r\nOutput: a\r\nOutput: ")
        assert answer.get_all("Output") == ["a", "a", ""]

    @pytest.mark.parametrize("smuggled", ["Event: Hangup", "UserEvent: IvrOther", "contact: 9.9", "UNIQUEID: 9.9"])
    @pytest.mark.parametrize("place", ["CallerIDName: 서울특별시 다산콜센터 ☎", "Agency: 강남구청"])
    def test_given_a_line_end_in_a_callers_text_when_a_header_comes_twice_then_the_message_is_refused(
        self, smuggled: str, place: str
    ) -> None:
        forged = USER_EVENT.replace(place.encode(), f"{place}\r\n{smuggled}".encode())
        assert forged != USER_EVENT
        with pytest.raises(DoubledHeader) as refused:
            parse(forged)
        assert refused.value.header.lower() == smuggled.partition(":")[0].lower()

    @pytest.mark.parametrize("header", ["Variable", "ChanVariable", "DestChanVariable"])
    def test_given_a_variable_smuggled_beside_the_genuine_when_parsed_then_the_message_is_refused(
        self, header: str
    ) -> None:
        with pytest.raises(DoubledHeader):
            parse(f"Event: Status\r\n{header}: IVR_CONTACT=9.9\r\nChannel: x\r\n{header}: IVR_CONTACT=1.1".encode())

    def test_given_a_line_that_is_no_header_when_parsed_then_it_overrides_nothing(self) -> None:
        message = parse(b"Event: X\r\nCallerIDName: Bob\r\nUniqueid=9.9\r\nUniqueid: 1.1\r\nBare:")
        assert dict(message) == {"Event": "X", "CallerIDName": "Bob", "Uniqueid": "1.1", "Bare": ""}

    def test_given_bytes_that_are_no_utf8_when_parsed_then_only_they_are_replaced(self) -> None:
        message = parse(b"Event: X\r\nCallerIDName: Andr\xe9\r\nUniqueid: 1.1")
        assert (message["CallerIDName"], message["Uniqueid"]) == ("Andr\N{REPLACEMENT CHARACTER}", "1.1")

    def test_given_a_message_when_only_its_name_is_asked_then_the_first_line_answers(self) -> None:
        assert event_name(USER_EVENT) == b"UserEvent"
        assert event_name(b"Event: Alone") == b"Alone"
        assert event_name(b"Response: Success\r\nEvent: Hangup") is None


class TestSerializing:
    def test_given_headers_when_encoded_then_a_list_becomes_lines(self) -> None:
        headers = {"Channel": "PJSIP/1001", "Variable": ["A=1", "B=2"], "Data": ""}
        assert encode_action("Originate", headers, "ivr/1") == (
            b"Action: Originate\r\nActionID: ivr/1\r\nChannel: PJSIP/1001\r\n"
            b"Variable: A=1\r\nVariable: B=2\r\nData: \r\n\r\n"
        )

    @pytest.mark.parametrize("character", ["\r", "\n", "\0", "\r\n", "\udcff"])
    def test_given_a_line_end_when_encoded_then_the_error_names_the_header(self, character: str) -> None:
        hostile = f"Bob{character}Action: Hangup"
        for action, headers in (
            ("Setvar", {"Variable": "X", "Value": hostile}),
            ("Setvar", {"Variable": "X", "Value": ["fine", hostile]}),
        ):
            with pytest.raises(ForbiddenCharacter) as refused:
                encode_action(action, headers)
            assert refused.value.header == "Value"
            assert refused.value.character == character[0]
        with pytest.raises(ForbiddenCharacter):
            encode_action("Setvar", {hostile: "value"})
        with pytest.raises(ForbiddenCharacter):
            encode_action(hostile, {})
        with pytest.raises(ForbiddenCharacter):
            encode_action("Setvar", {}, hostile)

    @pytest.mark.parametrize("name", ["", "Va:lue", "Value ", " Value", "Välue", "1st"])
    def test_given_a_name_that_asterisk_reads_otherwise_when_encoded_then_it_is_refused(self, name: str) -> None:
        with pytest.raises(ForbiddenCharacter):
            encode_action("Setvar", {name: "x"})

    @pytest.mark.parametrize("letter", ["x", "가"])
    def test_given_a_line_when_it_is_one_byte_too_long_then_it_is_refused(self, letter: str) -> None:
        room = 1024 - len("Value: \r\n")
        fits = letter * (room // len(letter.encode()))
        fits += "x" * (room - len(fits.encode()))
        assert max(map(len, encode_action("Setvar", {"Value": fits}).splitlines(keepends=True))) == 1024
        with pytest.raises(LineTooLong) as refused:
            encode_action("Setvar", {"Value": fits + "x"})
        assert refused.value.header == "Value"

    def test_given_many_headers_when_they_are_one_too_many_then_the_action_is_refused(self) -> None:
        assert encode_action("Originate", {"Variable": ["A=1"] * 126}, "ivr/1").count(b"\r\n") == 128 + 1
        with pytest.raises(TooManyLines):
            encode_action("Originate", {"Variable": ["A=1"] * 127}, "ivr/1")

    @pytest.mark.parametrize("again", ["channel", "ActionID", "action"])
    def test_given_a_header_twice_when_encoded_then_it_is_refused(self, again: str) -> None:
        with pytest.raises(RepeatedHeader):
            encode_action("Redirect", {"Channel": "a", again: "b"}, "ivr/1")

    @settings(derandomize=True, deadline=None)
    @given(st.dictionaries(st.from_regex(r"[A-Z][a-z]{1,9}", fullmatch=True), st.text(max_size=80), max_size=8))
    def test_given_any_text_when_encoded_then_it_is_refused_or_arrives_as_it_was(self, headers: dict[str, str]) -> None:
        try:
            sent = encode_action("Setvar", headers, "ivr/1")
        except ActionNotSent:
            assert {"action", "actionid"} & {name.lower() for name in headers} or any(
                character in value for value in headers.values() for character in "\r\n\0"
            )
            return
        (raw,) = greeted().feed(sent)
        assert dict(parse(raw)) == {"Action": "Setvar", "ActionID": "ivr/1"} | headers
