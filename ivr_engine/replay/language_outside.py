"""What other systems do in a scenario: how each answers data dips, turn by turn, and what becomes of texts.

    dips:
      waterworks: '{"bill": {"amount": 34500}}'
      transit: [{answers: '{"minutes": 3}', after: 300ms}, silent]
      tax: {status: 503}
    texts: [away, taken]

The last turn serves for all that follow. A system that the scenario does not name is away.
"""

from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.source import Node, Text
from ivr_engine.replay.language_words import Page, listed, texts
from ivr_engine.replay.scenario import DipTurn, OutsideActs, OutsidePlan, TextTurn

TURN_KEYS = ("answers", "after", "status")

_WORDS = {"silent": OutsideActs.SILENT, "away": OutsideActs.AWAY}

STATUSES = range(100, 600)


def read_outside(page: Page, told: Diagnostics) -> OutsidePlan:
    """`dips` and `texts`."""
    below = page.page("dips", "dips", None) if page.has("dips") else None
    dips = {}
    if below is not None:
        for source, node in below.table.entries.items():
            turns = [_turn(item, told, source) for item in listed(node, told)]
            dips[source] = tuple(turn for turn in turns if turn is not None)
    allowed = [turn.value for turn in TextTurn]
    taken = []
    for text in texts(page.listed("texts"), told, "each of 'texts'"):
        if text.value in allowed:
            taken.append(TextTurn(text.value))
        else:
            told.error(text.place, "unknown_word", "no such turn of a text", found=text.value, allowed=allowed)
    return OutsidePlan(dips, tuple(taken))


def _turn(node: Node, told: Diagnostics, source: str) -> DipTurn | None:
    if isinstance(node, Text):
        return DipTurn(does=_WORDS[node.value]) if node.value in _WORDS else DipTurn(node.value)
    form = Page.at(node, told, f"a turn of '{source}'", TURN_KEYS)
    if form is None:
        return None
    status = form.whole("status", STATUSES.start, STATUSES.stop - 1, 200)
    return DipTurn(form.text("answers", "{}", empty=True), form.duration_ms("after", 0), status)
