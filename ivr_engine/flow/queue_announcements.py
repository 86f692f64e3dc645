"""What who waits is told, as `queues.yaml` says it: when and what for each queue, and the centre's words for it.

Place and wait are composed here, for each language once: the core that decides joins recordings and knows no language.
"""

from collections.abc import Iterable, Mapping, Sequence

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.queue_rules import SPOKEN_MINUTES, SPOKEN_PLACES, Announcements, Overflow, WaitPhrases
from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.form import Form
from ivr_engine.flow.prompts import LANGUAGES, Manifest
from ivr_engine.flow.say import CannotSay, Kind, Sayable
from ivr_engine.flow.steps import PromptId

ANNOUNCEMENTS = ("first_after_seconds", "every_seconds", "place", "wait", "comfort", "keys")
"""Of one queue."""

PHRASES = ("place", "soon", "up_to", "between", "longer")
"""Of the centre."""

KEYS = "0123456789*"
"""What can be pressed while waiting; # ends every question."""

LATEST_MS = 3_600_000

OFTEST_MS = 20_000
"""Between two sentences there must be time for the first of them, and for music."""

_PARTS = {"place": 2, "soon": 1, "up_to": 2, "between": 3, "longer": 1}
"""How many prompts stand round the values."""

Phrases = Mapping[str, tuple[str, ...]]
"""Phrase → its prompts."""


def announcements(
    form: Form, ways_out: Mapping[str, Overflow], prompts: Mapping[str, Mapping[str, str]] | None
) -> Announcements:
    """The `announcements` of a queue. `ways_out`: its keys, already read."""
    if not form.has("first_after_seconds"):
        form.missing("first_after_seconds")
    comfort = form.names("comfort")
    form.check_names("comfort", comfort, None if prompts is None else frozenset(prompts), "prompt")
    if ways_out and not form.has("comfort"):
        form.error("keys", "key_untold", "no sentence tells of these keys", hint="name one that does under 'comfort'")
    return Announcements(
        first_after_ms=form.seconds_as_ms("first_after_seconds", 1_000, LATEST_MS, 0),
        every_ms=form.seconds_as_ms("every_seconds", OFTEST_MS, LATEST_MS, 0),
        place=form.truth("place", default=False),
        wait=form.truth("wait", default=False),
        comfort=tuple(dict((prompts or {}).get(prompt, {})) for prompt in comfort),
        keys=ways_out,
    )


def read_phrases(form: Form | None, prompts: Mapping[str, Mapping[str, str]] | None) -> Phrases:
    """The centre's `announcements`: those phrases that are written and right."""
    found: dict[str, tuple[str, ...]] = {}
    for phrase, parts in _PARTS.items() if form is not None else ():
        assert form is not None
        names = form.names(phrase)
        form.check_names(phrase, names, None if prompts is None else frozenset(prompts), "prompt")
        if names and len(names) != parts:
            form.error(phrase, "phrase", f"'{phrase}' has {len(names)} prompts, not {parts}: those around its values")
        elif names:
            found[phrase] = names
    return found


def check_phrases(queues: Form, settings: Iterable[QueueSettings], phrases: Phrases) -> None:
    """A place or a wait that is announced has its words."""
    for queue in settings:
        said = queue.announcements
        wanted = {"place": said.place, **dict.fromkeys(("soon", "up_to", "between", "longer"), said.wait)}
        lacking = [phrase for phrase, used in wanted.items() if used and phrase not in phrases]
        if lacking:
            queues.diagnostics.error(
                queues.table.keys[queue.id],
                "phrase",
                f"queue '{queue.id}' announces what has no words: {', '.join(lacking)}",
                hint="name their prompts under 'announcements' beside 'queues'",
            )


def check_announced(
    settings: Iterable[QueueSettings],
    phrases: Phrases,
    manifest: Manifest,
    languages: Iterable[str],
    place: Place,
    diagnostics: Diagnostics,
) -> None:
    """Whoever waits is told in the language spoken until then: every prompt in each that citizens can get to."""
    spoken = sorted(languages)
    for prompt in dict.fromkeys(prompt for prompts in phrases.values() for prompt in prompts):
        for language in spoken:
            if prompt in manifest.texts and not manifest.speaks(PromptId(prompt), language):
                _not_spoken(f"the announcements say '{prompt}'", language, place, diagnostics)
    for queue in settings:
        notice = queue.recording.notice
        for language in spoken if notice in manifest.texts else ():
            if not manifest.speaks(PromptId(notice), language):
                _not_spoken(f"queue '{queue.id}' records, and says so by '{notice}'", language, place, diagnostics)
        for recordings in queue.announcements.comfort:
            for language in spoken:
                if recordings and language not in recordings:
                    said = next(iter(recordings.values()))
                    _not_spoken(f"queue '{queue.id}' comforts with '{said}'", language, place, diagnostics)


def _not_spoken(what: str, language: str, place: Place, diagnostics: Diagnostics) -> None:
    message = f"{what}, which is not recorded in '{language}', and citizens who speak it can wait"
    diagnostics.error(place, "not_spoken", message, found=language)


def wait_phrases(phrases: Phrases, manifest: Manifest) -> dict[str, WaitPhrases]:
    """Language → the words for place and wait; a language in which one of a phrase is not recorded lacks it whole."""
    return {language: _phrases(phrases, manifest, language) for language in LANGUAGES} if phrases else {}


def _phrases(names: Phrases, manifest: Manifest, language: str) -> WaitPhrases:
    said = {phrase: _recorded(prompts, manifest, language) for phrase, prompts in names.items()}
    around = said.get("place") or ()
    places = []
    for place in range(1, SPOKEN_PLACES + 1) if around else ():
        value = _value(manifest, Kind.ORDINAL, place, language)
        if not value:
            break
        places.append(f"{around[0]}&{value}&{around[1]}")
    minutes = [_value(manifest, Kind.DURATION, minutes * 60, language) for minutes in SPOKEN_MINUTES]
    complete = all(minutes) and all(said.get(phrase) for phrase in ("soon", "up_to", "between"))
    return WaitPhrases(
        places=tuple(places),
        soon="".join(said.get("soon", ())),
        up_to=said.get("up_to") or ("", ""),
        between=said.get("between") or ("", "", ""),
        minutes=tuple(minutes) if complete else (),
        longer="".join(said.get("longer", ())),
    )


def _recorded(prompts: Sequence[str], manifest: Manifest, language: str) -> tuple[str, ...]:
    files = [manifest.files.get((PromptId(prompt), language)) for prompt in prompts]
    return tuple(file.file for file in files if file is not None) if all(files) else ()


def _value(manifest: Manifest, kind: Kind, value: Sayable, language: str) -> str:
    try:
        return "&".join(prompt.file for prompt in manifest.say(kind, value, language))
    except CannotSay:
        return ""
