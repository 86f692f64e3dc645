"""What must have happened: the part of a file that makes it a test.

A citizen's and an agent's expectations stand under their name (`language_lived`); the general ones (order, counts,
never, between, metrics, journal) speak in patterns of facts.
"""

from collections.abc import Callable, Mapping

from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.source import Items, Node, Table, Text
from ivr_engine.replay.history import Verb
from ivr_engine.replay.language_facts import Names, line, pattern
from ivr_engine.replay.language_lived import NEVER, Lived
from ivr_engine.replay.language_words import Page, count, listed, number
from ivr_engine.replay.scenario import (
    Expectation,
    ExpectCount,
    ExpectDuration,
    ExpectMetric,
    ExpectOrder,
    FactPattern,
)

GENERAL = ("order", "counts", "never", "between", "metrics", "journal")

BETWEEN_KEYS = ("from", "to", "takes")

NOTICES: Mapping[str, Verb] = {
    "ContactBegan": Verb.ARRIVED,
    "ContactWaits": Verb.QUEUED,
    "OfferMade": Verb.OFFERED,
    "OfferEnded": Verb.OFFER_ENDED,
    "PromiseMissed": Verb.PROMISE_MISSED,
    "ContactConnected": Verb.CONNECTED,
    "ContactForwarded": Verb.FORWARDED,
    "ForwardSettled": Verb.FORWARD_ENDED,
    "CallbackPromised": Verb.CALLBACK,
    "CallbackMoved": Verb.CALLBACK_MOVED,
    "CallbackEnded": Verb.CALLBACK_ENDED,
    "ContactNoted": Verb.NOTED,
    "ContactRecorded": Verb.RECORDED,
    "TalkRecorded": Verb.TALK_RECORDED,
    "ContactTexted": Verb.TEXTED,
    "ContactEnded": Verb.ENDED,
    "AgentChanged": Verb.AGENT,
    "TransferMoved": Verb.TRANSFER,
    "TransferEnded": Verb.TRANSFER_ENDED,
    "SwitchStateChanged": Verb.SWITCH,
}
"""What the journal calls its facts."""


def read_expectations(page: Page, told: Diagnostics, names: Names) -> tuple[Expectation, ...]:
    """Everything under `expect`. A scenario that expects nothing is told: it would prove nothing."""
    expect = page.page("expect", "expect", None)
    if not page.has("expect"):
        page.missing("expect")
    if expect is None:
        return ()
    found: list[Expectation] = []
    for key, node in expect.table.entries.items():
        place = expect.table.keys[key]
        if (isinstance(node, Table) and not node.entries) or (isinstance(node, Items) and not node.items):
            told.error(node.place, "empty", f"'{key}' expects nothing")
            continue
        if key in GENERAL:
            found += _GENERAL[key](node, told, names)
        elif key in names.citizens:
            found += Lived(key, place, told, names).of_citizen(node)
        elif key in names.agents:
            found += Lived(key, place, told, names).of_agent(node)
        else:
            told.error(
                place,
                "unknown_name",
                "nobody of this name is in the scenario",
                found=key,
                allowed=(*names.citizens, *names.agents, *GENERAL),
            )
    if not expect.table.keys:
        page.error("expect", "empty", "a scenario that expects nothing proves nothing")
    return tuple(found)


# ── of the whole ────────────────────────────────────────────────────────────────────────────────────────────────────
def _order(node: Node, told: Diagnostics, names: Names) -> list[Expectation]:
    facts = tuple(fact for item in listed(node, told) if (fact := pattern(item, told, names)) is not None)
    if isinstance(node, Text) or (isinstance(node, Items) and len(node.items) < 2):
        told.error(node.place, "too_short", "an order needs two facts at least")
    return [ExpectOrder(facts, node.place)] if facts else []


def _counts(node: Node, told: Diagnostics, names: Names) -> list[Expectation]:
    page = Page.at(node, told, "counts", None)
    found: list[Expectation] = []
    for key, value in page.table.entries.items() if page is not None else ():
        place = page.table.keys[key] if page is not None else node.place
        fact, times = line(Text(key, place, quoted=True), told, names), count(value, told)
        if fact is not None and times is not None:
            found.append(ExpectCount(fact, times, place))
    return found


def _never(node: Node, told: Diagnostics, names: Names) -> list[Expectation]:
    facts = ((item, pattern(item, told, names)) for item in listed(node, told))
    return [ExpectCount(fact, NEVER, item.place) for item, fact in facts if fact is not None]


def _between(node: Node, told: Diagnostics, names: Names) -> list[Expectation]:
    found: list[Expectation] = []
    for item in listed(node, told):
        page = Page.at(item, told, "a time between", BETWEEN_KEYS)
        if page is None:
            continue
        for key in BETWEEN_KEYS:
            if not page.has(key):
                page.missing(key)
        first, last = page.node("from"), page.node("to")
        start = pattern(first, told, names) if first is not None else None
        end = pattern(last, told, names) if last is not None else None
        takes = page.near("takes")
        if start is not None and end is not None and takes is not None:
            found.append(ExpectDuration(start, end, takes, item.place))
    return found


def _metrics(node: Node, told: Diagnostics, names: Names) -> list[Expectation]:
    del names
    page = Page.at(node, told, "metrics", None)
    found: list[Expectation] = []
    for sample, value in page.table.entries.items() if page is not None else ():
        place = value.place
        if not sample.startswith("ivr_"):
            told.error(place, "metric", "the engine's metrics begin with ivr_", found=sample)
        expected = number(value, told, "a metric")
        if expected is not None:
            found.append(ExpectMetric(sample, expected, place))
    return found


def _journal(node: Node, told: Diagnostics, names: Names) -> list[Expectation]:
    del names
    page = Page.at(node, told, "journal", NOTICES)
    found: list[Expectation] = []
    for notice, value in page.table.entries.items() if page is not None else ():
        times = count(value, told)
        if times is not None and notice in NOTICES:
            found.append(ExpectCount(FactPattern(NOTICES[notice], place=value.place), times, value.place))
    return found


_GENERAL: Mapping[str, Callable[[Node, Diagnostics, Names], list[Expectation]]] = {
    "order": _order,
    "counts": _counts,
    "never": _never,
    "between": _between,
    "metrics": _metrics,
    "journal": _journal,
}
