"""Steps beyond saying and asking over FastAGI: a way out by key, a message, a data dip, a text, facts, endings."""

import asyncio
from collections.abc import Callable

import pytest

from ivr_engine.asterisk.agi_errors import SessionEnd
from ivr_engine.asterisk.visit import ENTRY_RING_SECONDS, VisitCount, VisitPorts
from ivr_engine.core.conversation import (
    Ask,
    CallerCard,
    Dip,
    DipFailed,
    DipFailure,
    Dipped,
    Done,
    Ended,
    Finish,
    Keys,
    NotRecorded,
    NotSent,
    Output,
    Play,
    Prompt,
    Record,
    Recorded,
    Remember,
    Reply,
    SendText,
    Sent,
    Silence,
    ToCallback,
    ToEntry,
    ToQueue,
    Unplayable,
    ValueType,
)
from ivr_engine.core.vocabulary import ContactId, Disposition, QueueId
from ivr_engine.runtime.ports import Dips, DirectoryEntry, Texts
from tests.asterisk.agi_caller import NONCE, header
from tests.asterisk.test_visit import GREETING, MENU, MISSING, MOMENT, OUTCOME, SILENCE, TO_GENERAL, key, staged

DIP = Dip("water", "http://water.example/{a}", (Output("won", ValueType.WHOLE_NUMBER, "won"),))
TEXT = SendText("01012345678", "안내", key="c-7/1")
GENERAL = ToQueue(QueueId("general"))
COMFORT = Prompt("120/one_moment", ceiling_ms=2_000)
CONTACT = header(NONCE, "120", "0212345678", "7.1", "")


class Water:
    """Answers what it is told to, when it is told to."""

    def __init__(self, answer: Dipped | DipFailed | None) -> None:
        self.answer = answer
        self.cancelled = False

    async def ask(self, dip: Dip) -> Dipped | DipFailed:
        if self.answer is not None:
            return self.answer
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        raise AssertionError("nobody sets it")


class Gateway:
    """Takes texts, or not."""

    def __init__(self, answer: Sent | NotSent) -> None:
        self.answer = answer
        self.texts: list[SendText] = []

    async def send(self, text: SendText) -> Sent | NotSent:
        self.texts.append(text)
        return self.answer


class City:
    """A directory with one entry."""

    def find(self, entry: str) -> DirectoryEntry | None:
        return DirectoryEntry("7001", "water", "Kim", "bills", "0200007001") if entry == "7001" else None

    def search(self, words: str, limit: int = 20) -> tuple[DirectoryEntry, ...]:
        raise AssertionError(f"no visit searches: {words}, {limit}")


def ports(
    *, dips: Dips | None = None, texts: Texts | None = None, survey_of: Callable[[QueueId], str] = lambda _queue: ""
) -> VisitPorts:
    return VisitPorts(
        City(),
        "PJSIP/{number}@office",
        dips,
        texts,
        "/var/rec",
        survey_of=survey_of,
        moment=lambda: MOMENT,
        mint=lambda: "aa11",
    )


# ── a key that leads to a person at any moment ───────────────────────────────────────────────────────────────────────
async def test_given_a_sentence_when_the_key_for_a_person_is_pressed_then_it_is_told_at_once() -> None:
    async with staged(Play((GREETING, MENU), interrupt="12", leave="0"), TO_GENERAL) as stage:
        heard = await stage.hear(key("0"))
        assert heard == ['STREAM FILE 120/greeting "120" 0', OUTCOME]
        assert stage.script.replies == [Keys("0")]


async def test_given_a_key_pressed_early_when_it_is_the_one_for_a_person_then_the_next_sentence_is_not_said() -> None:
    async with staged(Play((GREETING,), "0"), Play((MENU,), "1", leave="0"), Ask((MENU,)), TO_GENERAL) as stage:
        await stage.hear(key("0"), SILENCE, SILENCE)
        assert stage.script.replies == [Done(), Keys("0"), Silence()], "and it is no answer to the next question"


async def test_given_digits_when_the_key_for_a_person_comes_between_then_it_alone_is_the_answer() -> None:
    ask = Ask((MENU,), keys="0123456789", max_keys=10, leave="*")
    async with staged(ask, TO_GENERAL) as stage:
        heard = await stage.hear(key("1"), key("2"), key("*"))
        assert heard[:2] == ['STREAM FILE 120/menu "0123456789#*" 0', "WAIT FOR DIGIT 3000"]
        assert stage.script.replies == [Keys("*")]


async def test_given_a_question_that_cannot_be_interrupted_when_the_key_for_a_person_is_pressed_then_it_is() -> None:
    async with staged(Ask((MENU,), keys="12", barge_in=False, leave="0"), TO_GENERAL) as stage:
        heard = await stage.hear(key("0"))
        assert heard == ['STREAM FILE 120/menu "0" 0', OUTCOME]
        assert stage.script.replies == [Keys("0")]


# ── a message ────────────────────────────────────────────────────────────────────────────────────────────────────────
FILE = "/var/rec/7-1-aa11"
RECORDS = Record((GREETING,), longest_ms=60_000, silence_ms=4_500, place="main:leave", leave="0")
BEGINS = [
    'SET VARIABLE "IVR_PLACE_IN_FLOW" "main:leave"',
    'STREAM FILE 120/greeting "0123456789*#" 0',
    f'SET VARIABLE "IVR_RECORDING" "{FILE}"',
    'SET VARIABLE "TIMEOUT(absolute)" "66"',
    f'RECORD FILE "{FILE}" wav "#0" 60000 0 BEEP s=5',
]
FORGETS = 'SET VARIABLE "IVR_RECORDING" ""'


async def test_given_a_citizen_who_speaks_when_the_recording_ends_then_it_is_told_with_its_length() -> None:
    async with staged(RECORDS, TO_GENERAL, ports=ports()) as stage:
        heard = await stage.hear(SILENCE, SILENCE, SILENCE, SILENCE, "200 result=35 (dtmf) endpos=64000", head=CONTACT)
        told = f'EXEC UserEvent "IvrRecorded,Contact: 7.1,Recording: {FILE},Milliseconds: 8000"'
        assert heard == [*BEGINS, told, FORGETS, OUTCOME]
        assert stage.script.replies == [Recorded("7-1-aa11", 8_000)]


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        ("200 result=0 (timeout) endpos=480000", Recorded("7-1-aa11", 60_000)),
        ("200 result=35 (randomerror) endpos=0", Recorded("7-1-aa11", 0)),
        ("200 result=48 (dtmf) endpos=64000", Keys("0")),
        ("200 result=48 (randomerror) endpos=0", Keys("0")),
        ("200 result=-1 (writefile)", NotRecorded("the switch cannot write it")),
    ],
)
async def test_given_whatever_ends_a_recording_when_it_ends_then_the_flow_is_told_and_a_thrown_away_one_is_not(
    answer: str, reply: Reply
) -> None:
    async with staged(RECORDS, TO_GENERAL, ports=ports()) as stage:
        heard = await stage.hear(SILENCE, SILENCE, SILENCE, SILENCE, answer, head=CONTACT)
        assert stage.script.replies == [reply]
        assert heard[-2:] == [FORGETS, OUTCOME]
        assert any("IvrRecorded" in command for command in heard) == isinstance(reply, Recorded)


async def test_given_a_citizen_who_hangs_up_after_the_message_when_it_ends_then_it_stays_on_the_leg_for_its_end() -> (
    None
):
    async with staged(RECORDS, TO_GENERAL, ports=ports()) as stage:
        gone = "200 result=-1 (hangup) endpos=64000\nHANGUP"
        heard = await stage.hear(SILENCE, SILENCE, SILENCE, SILENCE, gone, head=CONTACT)
        assert heard == BEGINS
        assert stage.server.ends == {SessionEnd.CHANNEL_LEFT: 1}


async def test_given_words_before_the_tone_that_are_missing_when_played_then_the_flow_is_told() -> None:
    async with staged(RECORDS, TO_GENERAL, ports=ports()) as stage:
        await stage.hear(SILENCE, MISSING, SILENCE, head=CONTACT)
        assert stage.script.replies == [Unplayable("120/greeting")]


# ── a data dip ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("answer", [Dipped({"won": 12_000}), DipFailed(DipFailure.STATUS)])
async def test_given_a_source_when_it_answers_then_the_flow_is_told_and_asterisk_was_asked_nothing(
    answer: Dipped | DipFailed,
) -> None:
    async with staged(DIP, TO_GENERAL, ports=ports(dips=Water(answer))) as stage:
        assert await stage.hear() == [OUTCOME]
        assert stage.script.replies == [answer]


async def test_given_words_of_comfort_when_one_is_missing_then_the_answer_is_told_all_the_same() -> None:
    dip = Dip("water", "http://water.example/", DIP.outputs, prompts=(COMFORT, GREETING), place="main:bill")
    async with staged(dip, TO_GENERAL, ports=ports(dips=Water(Dipped({"won": 1})))) as stage:
        heard = await stage.hear(SILENCE, MISSING, SILENCE)
        assert heard == [
            'SET VARIABLE "IVR_PLACE_IN_FLOW" "main:bill"',
            'STREAM FILE 120/one_moment "" 0',
            "NOOP",
            'STREAM FILE 120/greeting "" 0',
            OUTCOME,
        ]
        assert stage.script.replies == [Dipped({"won": 1})]


async def test_given_an_adapter_that_breaks_its_word_when_it_does_not_answer_then_the_visit_goes_on_without() -> None:
    water = Water(None)
    dip = Dip("water", "http://water.example/", DIP.outputs, deadline_ms=1)
    async with staged(dip, TO_GENERAL, ports=ports(dips=water)) as stage:
        await stage.hear()
        assert stage.script.replies == [DipFailed(DipFailure.SLOW)]
        assert water.cancelled


@pytest.mark.parametrize("comfort", [(), (COMFORT,)])
async def test_given_a_citizen_who_hangs_up_when_an_answer_is_awaited_then_nobody_asks_any_more(
    comfort: tuple[Prompt, ...],
) -> None:
    water = Water(None)
    dip = Dip("water", "http://water.example/", DIP.outputs, deadline_ms=60_000, prompts=comfort)
    async with staged(dip, TO_GENERAL, ports=ports(dips=water)) as stage:
        caller = await stage.call()
        if comfort:
            await caller.ask("200 result=-1\nHANGUP")
        else:
            await caller.ask("200 result=1")  # the dead man's time
            caller.answer("HANGUP")
        await caller.close()
        await stage.server.until_accepted(1)
        await asyncio.sleep(0)
        assert stage.server.ends == {SessionEnd.CHANNEL_LEFT: 1}
        assert water.cancelled


async def test_given_nobody_to_ask_when_a_flow_asks_then_it_takes_its_branch_for_failure() -> None:
    async with staged(DIP, TO_GENERAL, ports=ports()) as stage:
        await stage.hear()
        assert stage.script.replies == [DipFailed(DipFailure.REFUSED)]


# ── a text ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("answer", "told"),
    [(Sent(), "Sent: yes,Reason: "), (NotSent("HTTP 500, twice"), "Sent: no,Reason: HTTP%20500%2C%20twice")],
)
async def test_given_a_gateway_when_a_text_is_sent_then_its_fate_is_told_to_flow_and_core(
    answer: Sent | NotSent, told: str
) -> None:
    gateway = Gateway(answer)
    async with staged(TEXT, TO_GENERAL, ports=ports(texts=gateway)) as stage:
        heard = await stage.hear(head=CONTACT)
        assert heard == [f'EXEC UserEvent "IvrTexted,Contact: 7.1,Key: c-7%2F1,{told}"', OUTCOME]
        assert stage.script.replies == [answer]
    assert gateway.texts == [TEXT]


async def test_given_no_gateway_when_a_text_is_sent_then_it_is_not_taken() -> None:
    async with staged(TEXT, TO_GENERAL, ports=ports()) as stage:
        await stage.hear()
        assert isinstance(stage.script.replies[0], NotSent)


# ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_given_facts_when_remembered_then_they_are_told_without_a_comma_or_a_line_end() -> None:
    facts = {"name": "홍, 길동", "line": "a\r\nAction: Originate", "score": "5"}
    async with staged(Remember(facts, survey="talk"), TO_GENERAL) as stage:
        heard = await stage.hear(head=CONTACT)
        assert heard == [
            'EXEC UserEvent "IvrNoted,Contact: 7.1,Survey: talk,Facts: name=%ED%99%8D%2C%20%EA%B8%B8%EB%8F%99'
            '&line=a%0D%0AAction%3A%20Originate&score=5"',
            OUTCOME,
        ]
        assert stage.script.replies == [Done()]


async def test_given_a_switch_that_cannot_say_it_when_facts_are_remembered_then_the_citizen_goes_on() -> None:
    async with staged(Remember({"a": "1"}), TO_GENERAL) as stage:
        assert (await stage.hear("200 result=-2", SILENCE))[-1] == OUTCOME
        assert stage.script.replies == [Done()]


# ── endings ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_given_an_entry_of_the_directory_when_the_flow_ends_there_then_its_number_is_dialled_and_no_other() -> (
    None
):
    async with staged(Finish(ToEntry("7001", GENERAL)), ports=ports()) as stage:
        assert await stage.hear() == [
            'SET VARIABLE "IVR_TARGET" "PJSIP/0200007001@office"',
            f'SET VARIABLE "IVR_RING_SECONDS" "{ENTRY_RING_SECONDS}"',
            'SET VARIABLE "IVR_OTHERWISE" "queue:general:::ko:0"',
            'SET VARIABLE "IVR_OUTCOME" "entry:7001:general:::ko:0"',
        ]


@pytest.mark.parametrize("known", [True, False])
async def test_given_an_entry_that_nobody_knows_when_the_flow_ends_there_then_a_person_takes_over(known: bool) -> None:
    with_directory = ports() if known else VisitPorts(moment=lambda: MOMENT)
    async with staged(Finish(ToEntry("7002", GENERAL)), ports=with_directory) as stage:
        assert await stage.hear() == ['SET VARIABLE "IVR_OUTCOME" "queue:general:::ko:0"']
        assert stage.visits.counts[VisitCount.UNKNOWN_ENTRY] == 1


async def test_given_a_wish_to_be_called_back_when_the_flow_ends_then_the_outcome_has_the_number() -> None:
    async with staged(Finish(ToCallback("+821012345678", GENERAL))) as stage:
        assert await stage.hear() == ['SET VARIABLE "IVR_OUTCOME" "callback:p821012345678:general:::ko:0"']


async def test_given_a_queue_with_a_survey_when_the_flow_ends_there_then_the_leg_knows_what_follows_the_talk() -> None:
    with_survey = ports(survey_of=lambda queue: "how_was_it" if queue == "general" else "")
    async with staged(Finish(GENERAL), ports=with_survey) as stage:
        assert (await stage.hear())[0] == 'SET VARIABLE "IVR_SURVEY" "how_was_it"'
    async with staged(Finish(ToQueue(QueueId("tax"))), ports=with_survey) as stage:
        assert len(await stage.hear()) == 1
    async with staged(Finish(ToEntry("nobody", GENERAL)), ports=with_survey) as stage:
        assert 'SET VARIABLE "IVR_SURVEY" "how_was_it"' in await stage.hear()


async def test_given_a_survey_when_its_visit_begins_then_the_conversation_is_that_flows_and_no_survey_follows_it() -> (
    None
):
    with_survey = ports(survey_of=lambda _queue: "how_was_it")
    async with staged(Finish(GENERAL), ports=with_survey) as stage:
        heard = await stage.hear(head=header(NONCE, "120", "02", "7.1", "", "how_was_it"))
        assert heard == ['SET VARIABLE "IVR_OUTCOME" "queue:general:::ko:0"']
        assert stage.script.card == CallerCard(ContactId("7.1"), "120", "02", None, MOMENT, "how_was_it")


async def test_given_a_citizen_who_waits_when_a_visit_begins_then_the_card_knows_how_long_and_how_often() -> None:
    async with staged(Finish(GENERAL), ports=ports()) as stage:
        await stage.hear(head=header(NONCE, "120", "02", "7.1", "", "", str(MOMENT.at_ms - 61_500), "3"))
        assert stage.script.card is not None
        assert (stage.script.card.waited_seconds, stage.script.card.visits) == (61, 3)


@pytest.mark.parametrize("odd", ["", "-1", "x", "9" * 20, "²"])
async def test_given_numbers_that_are_none_when_a_visit_begins_then_it_is_the_first_of_nobody_who_waited(
    odd: str,
) -> None:
    async with staged(Finish(GENERAL), ports=ports()) as stage:
        await stage.hear(head=header(NONCE, "120", "02", "7.1", "", "", odd, odd))
        assert stage.script.card == CallerCard(ContactId("7.1"), "120", "02", None, MOMENT)


async def test_given_a_message_when_the_flow_says_so_then_the_contact_ends_as_voicemail() -> None:
    async with staged(Finish(Ended(Disposition.VOICEMAIL))) as stage:
        assert await stage.hear() == ['SET VARIABLE "IVR_OUTCOME" "end:voicemail::ko"']
