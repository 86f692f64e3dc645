"""How a visit's outcome travels on the citizen's channel: one variable, so that the dialplan can go on without us.

Written by the visit, read by the dialplan (its first word) and by whoever hears the channel's events.
"""

import re

from ivr_engine.core.conversation import Ended, Outcome, ToCallback, ToEntry, ToQueue
from ivr_engine.core.vocabulary import Disposition, QueueId, Skill

OUTCOME_BYTES = 900
"""An AMI line ends at 1,024 bytes; a variable of ours with its name and header stays below that."""

_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIALLED = re.compile(r"\+?[0-9]{2,15}", re.ASCII)


class OutcomeError(ValueError):
    """An outcome that cannot travel on a channel, or did not come from us."""


def pack_outcome(outcome: Outcome) -> str:
    """One channel variable of `[A-Za-z0-9._:-]`; a number's + becomes `p`.

        queue:ID:skill.skill:agency:language:priority
        callback:NUMBER:ID:skill.skill:agency:language:priority
        entry:ENTRY:ID:skill.skill:agency:language:priority
        end:disposition:agency:language

    A request that names an agent or an end of hours goes on with `:agent:milliseconds:seconds`, and one whose citizen
    heard a notice of recording with its name behind those.
    Raises OutcomeError when a word has other letters or the whole is longer than OUTCOME_BYTES.
    """
    match outcome:
        case ToQueue():
            parts = ["queue", *_packed_request(outcome)]
        case ToCallback():
            parts = ["callback", _dialled(outcome.number).replace("+", "p"), *_packed_request(outcome.request)]
        case ToEntry():
            parts = ["entry", _word(outcome.entry), *_packed_request(outcome.otherwise)]
        case Ended():
            parts = ["end", outcome.disposition.value, _word(outcome.agency, empty=True), _word(outcome.language)]
    packed = ":".join(parts)
    if len(packed) > OUTCOME_BYTES:
        raise OutcomeError(f"outcome of {len(packed)} bytes, at most {OUTCOME_BYTES}: fewer or shorter skills")
    return packed


def unpack_outcome(packed: str) -> Outcome:
    """The outcome that `pack_outcome` packed. Raises OutcomeError with what was found."""
    try:
        match packed.split(":"):
            case ["queue", *request] if len(request) in _REQUEST_PARTS:
                return _request(request)
            case ["callback", number, *request] if len(request) in _REQUEST_PARTS:
                return ToCallback(_dialled(number.replace("p", "+")), _request(request))
            case ["entry", entry, *request] if len(request) in _REQUEST_PARTS:
                return ToEntry(_word(entry), _request(request))
            case ["end", disposition, agency, language]:
                return Ended(Disposition(disposition), _word(agency, empty=True), _word(language))
    except ValueError as error:
        raise OutcomeError(f"outcome {packed!r}: {error}") from error
    raise OutcomeError(f"outcome {packed!r}: expected queue:…, callback:…, entry:… or end:…")


_REQUEST_PARTS = (5, 8, 9)


def _packed_request(request: ToQueue) -> list[str]:
    skills = ".".join(_word(skill) for skill in sorted(request.requirement))
    agency = _word(request.agency, empty=True)
    parts = [_word(request.queue), skills, agency, _word(request.language), str(request.priority)]
    if not request.agent and request.closes_in_seconds is None and not request.notice:
        return parts
    closes = "" if request.closes_in_seconds is None else str(request.closes_in_seconds)
    parts += [_word(request.agent, empty=True), str(request.agent_wait_ms), closes]
    return [*parts, _word(request.notice)] if request.notice else parts


def _request(parts: list[str]) -> ToQueue:
    queue, skills, agency, language, priority, *more = parts
    agent, wait_ms, closes, notice = (*more, *("", "0", "", "")[len(more) :])
    return ToQueue(
        QueueId(_word(queue)),
        frozenset(Skill(_word(skill)) for skill in skills.split(".") if skills),
        _word(agency, empty=True),
        _word(language),
        int(priority),
        _word(agent, empty=True),
        int(wait_ms),
        int(closes) if closes else None,
        _word(notice, empty=True),
    )


def _dialled(number: str) -> str:
    if _DIALLED.fullmatch(number):
        return number
    raise OutcomeError(f"{number!r} is not a number of 2 to 15 digits")


def _word(word: str, *, empty: bool = False) -> str:
    if (empty and not word) or _WORD.fullmatch(word):
        return word
    raise OutcomeError(f"{word!r} is not a word of 1 to 64 of A-Z a-z 0-9 _ -")
