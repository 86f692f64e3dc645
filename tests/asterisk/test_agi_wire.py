"""FastAGI as bytes: what is refused, and that nothing depends on where the network cuts."""

import pytest

from ivr_engine.asterisk.agi_errors import (
    AGIAppError,
    AGIArgumentError,
    AGIDeadChannelHangup,
    AGIHangup,
    AGIInvalidCommand,
    AGIProtocolError,
    AgiRefusedError,
    AGIResultHangup,
    AGIUnknownError,
    AGIUsageError,
    SessionEnd,
)
from ivr_engine.asterisk.agi_wire import (
    ANSWER_BYTES,
    COMMAND_BYTES,
    HEADER_BYTES,
    HEADER_LINES,
    AnswerStream,
    HeaderStream,
    command_line,
    quote,
    read_environment,
    read_result,
)
from tests.asterisk.agi_caller import ARGUMENTS, NONCE, VARIABLES, header


def asterisk_words(line: str) -> list[str]:
    """Asterisk's own way to split a command (parse_args of res_agi.c), as the oracle of the serializer."""
    words: list[str] = []
    quoted = escaped = False
    blank = True
    for letter in line:
        if letter == '"' and not escaped:
            quoted = not quoted
            if quoted and blank:
                words.append("")
                blank = False
        elif letter in " \t" and not quoted and not escaped:
            blank = True
        elif letter == "\\" and not escaped:
            escaped = True
            continue
        else:
            if blank:
                words.append("")
                blank = False
            words[-1] += letter
        escaped = False
    return words


@pytest.mark.parametrize(
    "value",
    [
        "",
        "plain",
        "two words",
        'a "quoted" word',
        "back\\slash",
        "\\",
        '"',
        '\\"',
        "탭\t안",
        "서울 120",
        "a\\ b",
        '" "',
    ],
)
@pytest.mark.parametrize("wrap", [quote, str], ids=["quoted", "bare"])
def test_given_any_value_when_it_is_written_then_asterisk_reads_the_same_value(value: str, wrap: type[str]) -> None:
    line = command_line("SET VARIABLE", [quote("NAME"), wrap(value), quote("end")]).decode()

    assert asterisk_words(line.removesuffix("\n")) == ["SET", "VARIABLE", "NAME", value, "end"]


@pytest.mark.parametrize("forbidden", ["\r", "\n", "\0"])
@pytest.mark.parametrize("place", ["{}tail", "head{}tail", "head{}"])
@pytest.mark.parametrize("wrap", [quote, str], ids=["quoted", "bare"])
def test_given_a_value_with_cr_lf_or_nul_when_it_is_written_then_it_is_refused(
    forbidden: str, place: str, wrap: type[str]
) -> None:
    with pytest.raises(AGIArgumentError, match="CR, LF or NUL"):
        command_line("SET VARIABLE", ["NAME", wrap(place.format(forbidden))])
    with pytest.raises(AGIArgumentError, match="CR, LF or NUL"):
        command_line(place.format(forbidden))


def test_given_a_refused_value_when_the_error_is_printed_then_the_value_is_not_in_it() -> None:
    with pytest.raises(AGIArgumentError) as refused:
        command_line("SET VARIABLE", ["PIN", "secret-4711\n"])

    assert "4711" not in str(refused.value)


def test_given_half_a_surrogate_when_it_is_written_then_it_is_refused() -> None:
    with pytest.raises(AGIArgumentError, match="Unicode"):
        command_line("VERBOSE", ["\ud800"])


def test_given_a_command_at_the_limit_when_it_grows_by_a_byte_then_it_is_refused() -> None:
    room = COMMAND_BYTES - len("VERBOSE ")

    assert command_line("VERBOSE", ["가" * (room // 3) + "x" * (room % 3)]) is not None
    with pytest.raises(AGIArgumentError, match="2001 bytes"):
        command_line("VERBOSE", ["가" * (room // 3) + "x" * (room % 3 + 1)])


@pytest.mark.parametrize(
    ("words", "line"),
    [(["a", "", ""], b"X a\n"), (["", "a"], b'X "" a\n'), ([""], b"X\n"), ([quote("")], b'X ""\n'), ([0], b"X 0\n")],
)
def test_given_empty_words_when_they_are_written_then_only_those_at_the_end_are_left_out(
    words: list[str], line: bytes
) -> None:
    assert command_line("X", words) == line


def test_given_a_header_when_it_is_cut_anywhere_then_the_same_variables_are_read() -> None:
    block = header(NONCE, "120", "서울")
    for cut in range(1, len(block)):
        stream = HeaderStream()
        assert stream.feed(block[:cut]) is None
        whole = stream.feed(block[cut:])
        assert whole is not None
        assert whole.rest == b""
        nonce, environment = read_environment(whole.variables)
        assert nonce == NONCE
        assert environment.arguments == ("120", "서울")


def test_given_a_header_when_it_is_read_then_the_nonce_is_in_no_variable() -> None:
    whole = HeaderStream().feed(header())
    assert whole is not None

    nonce, environment = read_environment(whole.variables)

    assert nonce == NONCE
    assert environment.arguments == ARGUMENTS[1:]
    assert NONCE not in environment.variables.values()
    assert (environment.channel, environment.uniqueid, environment.script) == (
        VARIABLES["agi_channel"],
        VARIABLES["agi_uniqueid"],
        "visit",
    )


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (header(agi_calleridname="x\nagi_callerid: 110"), "twice"),
        (header(agi_calleridname="x\nagi_arg_1: guess"), "twice"),
        (header(agi_calleridname="x\nnonsense"), "without an agi_ name"),
        (header(agi_calleridname="x\nX-Header: 1"), "without an agi_ name"),
        (header(agi_calleridname="x\nagi_nothing"), "without a value"),
        (b"\n\n", "without an agi_ name"),
        (b"GET / HTTP/1.1\nHost: x\n\n", "without an agi_ name"),
        (header(*[NONCE] * HEADER_LINES), "header lines"),
        (header(agi_calleridname="x" * HEADER_BYTES), "bytes"),
        (b"x" * (HEADER_BYTES + 1), "bytes"),
    ],
    ids=["doubled", "forged nonce", "no name", "other name", "no value", "empty", "http", "lines", "bytes", "endless"],
)
def test_given_a_header_that_asterisk_does_not_write_when_it_is_read_then_it_is_refused(block: bytes, why: str) -> None:
    with pytest.raises(AgiRefusedError, match=why) as refused:
        HeaderStream().feed(block)

    assert refused.value.end is SessionEnd.REFUSED_HEADER


def test_given_a_name_that_is_not_utf8_when_the_header_is_read_then_the_rest_is_whole() -> None:
    whole = HeaderStream().feed(header().replace(b"unknown", b"Jos\xe9"))

    assert whole is not None
    assert whole.variables["agi_calleridname"] == "Jos\ufffd"
    assert whole.variables["agi_arg_2"] == "120"


USAGE = "520-Invalid command syntax.  Proper usage follows:\n사용법: STREAM FILE\n520 End of proper usage."
ANSWERS = ["200 result=1 (한글 値 🙂)", "HANGUP", USAGE, "510 Invalid or unknown command", "HANGUP", "200 result=0"]


def test_given_answers_when_they_are_cut_at_every_byte_then_the_same_answers_come_out() -> None:
    data = "".join(f"{answer}\n" for answer in ANSWERS).encode()
    for cut in range(len(data) + 1):
        stream = AnswerStream()
        assert stream.feed(data[:cut]) + stream.feed(data[cut:]) == ANSWERS
    stream = AnswerStream()
    assert [answer for byte in data for answer in stream.feed(bytes([byte]))] == ANSWERS


@pytest.mark.parametrize(
    ("before", "data", "one"),
    [
        (b"", b"200 result=49\n", "200 result=49"),
        (b"200 result=1 (", b"200 won)\n", ""),
        (b"520-usage\n", b"200 is a line of it\n", ""),
        (b"", b"200 result=0\nHANGUP\n", ""),
        (b"", b"200 result=0", ""),
        (b"", b"HANGUP\n", ""),
        (b"", b"511 dead\n", ""),
    ],
)
def test_given_bytes_when_they_are_one_whole_success_then_and_only_then_the_short_way_takes_them(
    before: bytes, data: bytes, one: str
) -> None:
    stream = AnswerStream()
    stream.feed(before)

    assert stream.feed_one(data) == one


def test_given_a_hangup_inside_a_usage_text_when_it_is_read_then_both_are_whole() -> None:
    data = USAGE.replace("\n", "\nHANGUP\n", 1) + "\n"

    assert AnswerStream().feed(data.encode()) == ["HANGUP", USAGE]


def test_given_trying_when_it_is_read_then_the_answer_is_still_to_come() -> None:
    assert AnswerStream().feed(b"100 result=0 Trying...\n200 result=0\n") == ["200 result=0"]


@pytest.mark.parametrize("part", [b"x" * ANSWER_BYTES, b"x" * ANSWER_BYTES + b"\n"], ids=["line", "usage"])
def test_given_an_answer_without_an_end_when_it_passes_the_limit_then_it_is_refused(part: bytes) -> None:
    stream = AnswerStream()
    assert stream.feed(b"520-" + part[4:]) == []
    with pytest.raises(AGIProtocolError):
        stream.feed(b"x\n" if part.endswith(b"\n") else b"x")


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("200 result=0", {"result": ("0", "")}),
        ("200 result=49 endpos=9600", {"result": ("49", ""), "endpos": ("9600", "")}),
        ("200 result= (timeout)", {"result": ("", "timeout")}),
        ("200 result=12 (timeout)", {"result": ("12", "timeout")}),
        ("200 result=1 ()", {"result": ("1", "")}),
        ("200 result=1 (a (b) c=d)", {"result": ("1", "a (b) c=d")}),
        ("200 result=1 (x) endpos=5)", {"result": ("1", "x) endpos=5")}),
        ("200 result=1 (hangup)", {"result": ("1", "hangup")}),
        ("200 result=35 (dtmf) endpos=77", {"result": ("35", "dtmf"), "endpos": ("77", "")}),
    ],
)
def test_given_an_answer_when_it_is_read_then_the_result_has_pyst2s_shape(
    answer: str, result: dict[str, tuple[str, str]]
) -> None:
    assert read_result(answer) == result


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("200 result=-1", AGIAppError),
        ("200 result=-1 endpos=0", AGIAppError),
        ("200 result=-1 (hangup) endpos=0", AGIResultHangup),
        ("200 result=0 (hangup) endpos=0", AGIResultHangup),
        ("510 Invalid or unknown command", AGIInvalidCommand),
        ("511 Command Not Permitted on a dead channel or intercept routine", AGIDeadChannelHangup),
        ("520 Invalid command syntax.  Proper usage not available.", AGIUsageError),
        (USAGE, AGIUsageError),
        ("200 result=1 (cut by a line feed", AGIProtocolError),
        ("200 OK", AGIProtocolError),
        ("agi_channel: x", AGIProtocolError),
        ("599 strange", AGIUnknownError),
    ],
)
def test_given_an_answer_that_is_no_result_when_it_is_read_then_its_own_error_is_raised(
    answer: str, error: type[Exception]
) -> None:
    with pytest.raises(error) as raised:
        read_result(answer)

    assert type(raised.value) is error
    assert isinstance(raised.value, AGIHangup) == (error in {AGIResultHangup, AGIDeadChannelHangup})
