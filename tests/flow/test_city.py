"""120's own documents: every number leads a citizen to a person who is told whose number it was."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from ivr_engine.core.conversation import Ask, CallerCard, Done, Ended, Finish, Keys, Moment, Play, Silence, ToQueue
from ivr_engine.core.packing import pack_outcome, unpack_outcome
from ivr_engine.core.vocabulary import ContactId, Disposition
from ivr_engine.flow.numbers import AgencyKind, NumberEntry
from ivr_engine.flow.prompts import LANGUAGES
from ivr_engine.flow.revision import load
from ivr_engine.flow.say import fragments
from ivr_engine.flow.steps import PromptId

DIALPLANS = Path(__file__).parents[2] / "dialplans"
CITY = load(DIALPLANS)
LEGACY = [entry for entry in CITY.numbers if entry.number != "120"]
LONGEST_GREETING_MS = 2_000
LONGEST_MENU_MS = 9_000


def card(number: str) -> CallerCard:
    return CallerCard(ContactId("1700000000.1"), number, "01012345678")


def test_given_the_registry_when_counted_then_it_is_120_and_the_69_numbers_of_41_agencies() -> None:
    assert CITY.warnings == ()
    assert len(CITY.numbers) == 70
    kinds = Counter(entry.agency.kind for entry in LEGACY if entry.agency is not None)
    assert kinds == {AgencyKind.CITY: 17, AgencyKind.DISTRICT: 52}
    agencies = {entry.agency for entry in LEGACY}
    assert Counter(agency.kind for agency in agencies if agency is not None) == {
        AgencyKind.CITY: 16,
        AgencyKind.DISTRICT: 25,
    }
    assert agencies == set(CITY.numbers.agencies.values())


def test_given_the_numbers_when_looked_at_then_none_can_be_a_real_line() -> None:
    assert all(entry.number.startswith("020000") and len(entry.number) == 10 for entry in LEGACY)


@pytest.mark.parametrize("entry", LEGACY, ids=lambda entry: entry.number)
def test_given_an_old_number_when_dialled_then_a_greeting_leads_to_its_queue_with_its_agency(
    entry: NumberEntry,
) -> None:
    talk = CITY.converse(card(entry.number))
    greeting = talk.begin()
    assert isinstance(greeting, Play)
    finish = talk.reply(Done())
    assert isinstance(finish, Finish)
    outcome = finish.outcome
    assert isinstance(outcome, ToQueue)
    assert outcome.queue == entry.queue
    assert entry.agency is not None
    assert outcome.agency == entry.agency.id
    queue = next(queue for queue in CITY.queues if queue.id == outcome.queue)
    assert queue.requirement, "a counsellor with a skill is asked for"
    if entry.agency.kind is AgencyKind.DISTRICT:
        assert queue.requirement == {"district"}
    assert unpack_outcome(pack_outcome(outcome)) == outcome


@pytest.mark.parametrize(
    ("key", "queue"),
    [("1", "transport"), ("2", "water"), ("0", "general")],
)
def test_given_120_when_one_key_is_pressed_then_it_leads_to_a_person(key: str, queue: str) -> None:
    talk = CITY.converse(card("120"))
    greeting = talk.begin()
    assert isinstance(greeting, Play)
    assert sum(prompt.ceiling_ms for prompt in greeting.prompts) <= LONGEST_GREETING_MS
    assert isinstance(talk.reply(Done()), Ask)
    finish = talk.reply(Keys(key))
    assert isinstance(finish, Finish)
    assert isinstance(finish.outcome, ToQueue)
    assert finish.outcome.queue == queue


def test_given_120_when_the_citizen_is_silent_then_a_person_follows_at_once() -> None:
    talk = CITY.converse(card("120"))
    talk.begin()
    talk.reply(Done())
    finish = talk.reply(Silence())
    assert isinstance(finish, Finish)
    assert isinstance(finish.outcome, ToQueue)
    assert finish.outcome.queue == "general"


def test_given_120_when_english_is_chosen_then_english_is_spoken_and_told_to_the_counsellor() -> None:
    talk = CITY.converse(card("120"))
    talk.begin()
    talk.reply(Done())
    choice = talk.reply(Keys("9"))
    assert isinstance(choice, Ask)
    assert [prompt.file for prompt in choice.prompts][:2] == ["ivr/en/choose_english", "ivr/zh/choose_chinese"]
    connecting = talk.reply(Keys("1"))
    assert isinstance(connecting, Play)
    assert connecting.prompts[0].file == "ivr/en/connecting"
    finish = talk.reply(Done())
    assert isinstance(finish, Finish)
    assert isinstance(finish.outcome, ToQueue)
    assert (finish.outcome.queue, finish.outcome.language) == ("english", "en")


@pytest.mark.parametrize(
    ("at", "said", "queue"),
    [
        ("2026-11-23T10:00", "connecting", "{desk}"),
        ("2026-11-23T18:00", "night_desk", "night"),
        ("2026-12-25T10:00", "holiday", "night"),
    ],
)
@pytest.mark.parametrize(("key", "desk"), [("3", "tax"), ("4", "vehicles")])
def test_given_a_desk_that_goes_home_when_chosen_then_the_night_desk_takes_its_place(
    key: str, desk: str, at: str, said: str, queue: str
) -> None:
    moment = Moment(int(datetime.fromisoformat(f"{at}:00+09:00").timestamp() * 1_000))
    talk = CITY.converse(CallerCard(ContactId("1700000000.1"), "120", "01012345678", moment=moment))
    talk.begin()
    talk.reply(Done())
    sentence = talk.reply(Keys(key))
    assert isinstance(sentence, Play)
    assert [prompt.file for prompt in sentence.prompts] == [f"ivr/ko/{said}"]
    finish = talk.reply(Done())
    assert isinstance(finish, Finish)
    assert isinstance(finish.outcome, ToQueue)
    assert finish.outcome.queue == queue.format(desk=desk)


def test_given_nobodys_number_when_dialled_then_it_is_rejected_after_a_prompt() -> None:
    talk = CITY.converse(card("0299999999"))
    assert isinstance(talk.begin(), Play)
    assert talk.reply(Done()) == Finish(Ended(Disposition.REJECTED))


def test_given_the_recordings_when_weighed_then_a_clone_stays_small_and_all_are_in_the_manifest() -> None:
    recordings = sorted((DIALPLANS / "prompts").rglob("*.wav"))
    fragments = [path for path in recordings if "say" in path.parts]
    assert sum(path.stat().st_size for path in fragments) < 15_000_000
    assert sum(path.stat().st_size for path in recordings) < 30_000_000
    named = {prompt.file.removeprefix("ivr/") for prompt in CITY.manifest.files.values()}
    # Of this one the Mongolian text is a person's to record; until then the offer is made in English.
    named.add("en/choose_mongolian")
    assert {path.relative_to(DIALPLANS / "prompts").with_suffix("").as_posix() for path in recordings} == named


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "mn"])
def test_given_a_language_with_a_voice_when_its_values_are_said_then_every_fragment_is_recorded(language: str) -> None:
    missing = [fragment.id for fragment in fragments(language) if not CITY.manifest.speaks(fragment.id, language)]
    assert missing == []


def test_given_each_sentence_when_looked_up_then_all_six_languages_have_its_text_and_a_menu_is_short() -> None:
    for prompt, texts in CITY.manifest.texts.items():
        if not prompt.startswith(("agency_", "choose_")):
            assert set(texts) == set(LANGUAGES), prompt
        for language in texts:
            assert CITY.manifest.speaks(prompt, language)
            if "menu" in prompt:
                assert CITY.manifest.prompt_ms(prompt, language) <= LONGEST_MENU_MS, (prompt, language)


def test_given_the_agencies_when_looked_up_then_each_can_be_named_in_korean_and_english() -> None:
    for agency in CITY.numbers.agencies.values():
        texts = CITY.manifest.texts[PromptId(f"agency_{agency.id}")]
        assert (texts["ko"], texts["en"]) == (agency.korean, agency.english)


def test_given_mongolian_when_a_sentence_is_played_then_english_is_heard_until_somebody_records_it() -> None:
    manifest = CITY.manifest
    assert manifest.files[PromptId("connecting"), "mn"].file == "ivr/en/connecting"
    assert manifest.say("number", 7, "mn") == manifest.say("number", 7, "en")
    assert manifest.files[PromptId("choose_japanese"), "ko"].file == "ivr/ja/choose_japanese"
