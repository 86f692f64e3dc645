"""A rehearsed conversation on paper: for people, turn by turn, and as JSON for scripts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

from ivr_engine.core.configuration import QueueSettings
from ivr_engine.core.conversation import Ended, Outcome, ToCallback, ToEntry, ToQueue, queue_request
from ivr_engine.core.packing import pack_outcome
from ivr_engine.flow.rehearsal import Heard, Passed, Turn
from ivr_engine.flow.revision import Revision

_MARKS: Mapping[str, str] = {"asks": "?", "records": "●", "looks_up": "⇄", "texts": "✉", "notes": "✎"}


def written_turn(turn: Turn, revision: Revision) -> Iterator[str]:
    """The lines of one turn, without its reply where that was keyed in front of the reader's eyes."""
    for one in turn.passed:
        if one.branch:
            yield f"      → {one.branch}"
        else:
            yield f"  {one.place}  {one.flow}/{one.step}: {one.does}"
    for heard in turn.heard:
        yield f"      ♪ {_said(heard)}"
    mark = _MARKS.get(turn.does)
    if mark is not None:
        yield f"      {mark} {turn.note}"
    elif turn.note:
        yield f"      ({turn.note})"
    if turn.outcome is not None:
        yield f"= {outcome_in_words(turn.outcome, revision)}"


def written_reply(turn: Turn) -> str:
    """What came back, as one line; empty where nothing was waited for."""
    return f"      ← {turn.reply}" if turn.reply else ""


def outcome_in_words(outcome: Outcome, revision: Revision) -> str:
    """How the conversation ended, for people."""
    words, queue = end_in_words(outcome, revision), queue_request(outcome)
    settings = next((one for one in revision.queues if queue is not None and one.id == queue.queue), None)
    return words if settings is None else f"{words}, a voice is promised within {settings.promise_ms / 1000:g} s"


def end_in_words(outcome: Outcome, revision: Revision) -> str:
    """The same without the promise, which is the queue's and not this call's."""
    match outcome:
        case ToQueue():
            return _queue(outcome, revision)
        case ToCallback():
            return f"is called back on {outcome.number}: {_queue(outcome.request, revision)}"
        case ToEntry():
            return f"is connected with entry {outcome.entry}; not reached: {_queue(outcome.otherwise, revision)}"
        case Ended():
            return f"ends as {outcome.disposition} [{outcome.language}]"


def as_plain(turns: Iterable[Turn], revision: Revision) -> list[dict[str, object]]:
    """The turns as JSON values; places are `file:line:column`."""
    return [
        {
            "does": turn.does,
            "heard": [asdict(heard) for heard in turn.heard],
            "passed": [_passed(one) for one in turn.passed],
            "note": turn.note,
            "reply": turn.reply,
            "ms": turn.ms,
            **({} if turn.outcome is None else {"outcome": _outcome(turn.outcome, revision)}),
        }
        for turn in turns
    ]


def _said(heard: Heard) -> str:
    return f"“{heard.text}”  [{heard.prompt or 'a value'}, {heard.language}]"


def _queue(request: ToQueue, revision: Revision) -> str:
    settings = next((queue for queue in revision.queues if queue.id == request.queue), None)
    needs = sorted({*_requirement(settings), *map(str, request.requirement)})
    parts = [f"queue {request.queue} [{request.language}]", f"needs {' '.join(needs) or 'anybody'}"]
    if request.agency:
        parts.append(f"agency {request.agency}")
    if request.priority or (settings is not None and settings.priority):
        parts.append(f"priority {request.priority + (settings.priority if settings is not None else 0)}")
    return ", ".join(parts)


def _requirement(settings: QueueSettings | None) -> frozenset[str]:
    return frozenset(map(str, settings.requirement)) if settings is not None else frozenset()


def _passed(one: Passed) -> dict[str, object]:
    return {"flow": one.flow, "step": one.step, "branch": one.branch, "place": str(one.place), "does": one.does}


def _outcome(outcome: Outcome, revision: Revision) -> dict[str, object]:
    request = queue_request(outcome)
    told: dict[str, object] = {"packed": pack_outcome(outcome), "words": outcome_in_words(outcome, revision)}
    if request is not None:
        return {
            **told,
            "queue": request.queue,
            "requirement": sorted(request.requirement),
            "agency": request.agency,
            "language": request.language,
            "priority": request.priority,
        }
    return {**told, "disposition": outcome.disposition} if isinstance(outcome, Ended) else told
