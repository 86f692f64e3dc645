"""Which revision speaks to whom: pins, shares, roll-back, and what is refused."""

from dataclasses import replace

import pytest

from ivr_engine.core.configuration import Asked, QueueSettings
from ivr_engine.core.conversation import CallerCard, VisitEnd
from ivr_engine.core.vocabulary import ContactId, QueueId, Skill
from ivr_engine.flow.revision import Revision
from ivr_engine.loading.revisions import REVISIONS_KEPT, RULE, Revisions
from ivr_engine.runtime.ports import RevisionChange, RevisionWas, SetRefused
from tests.flow.conftest import Folder, folder

__all__ = ["folder"]


@pytest.fixture
def first(folder: Folder) -> Revision:
    return folder.load()


@pytest.fixture
def told() -> list[RevisionChange]:
    return []


@pytest.fixture
def revisions(first: Revision, told: list[RevisionChange]) -> Revisions:
    return Revisions(first, lambda: 60_000, told.append)


def card(contact: str, revision: str = "", visits: int = 1) -> CallerCard:
    return CallerCard(ContactId(contact), "120", revision=revision, visits=visits)


def visit(revisions: Revisions, contact: str, end: VisitEnd | None) -> str:
    """One first visit to its end; the revision that spoke."""
    chosen = revisions.revision_for(card(contact))
    revisions.visited(card(contact, chosen), end)
    return chosen


def named(revision: Revision, name: str) -> Revision:
    return replace(revision, id=name)


def test_given_a_call_under_way_when_another_set_is_loaded_then_the_call_keeps_its_own(
    folder: Folder, revisions: Revisions
) -> None:
    pinned = revisions.revision_for(card("c-1"))
    folder.flow("  bye:\n    hangup: closed\n")
    second = folder.load()
    revisions.put_in_force(second, "kim")
    assert revisions.revision_for(card("c-1", pinned)) == pinned != second.id
    again = revisions.converse(card("c-1", pinned, visits=2)).begin()
    fresh = revisions.converse(card("c-2", revisions.revision_for(card("c-2")))).begin()
    assert (type(again).__name__, type(fresh).__name__) == ("Play", "Finish")


def test_given_many_loads_when_an_old_call_comes_back_then_the_one_in_force_takes_it(
    first: Revision, revisions: Revisions
) -> None:
    for number in range(REVISIONS_KEPT + 3):
        revisions.put_in_force(named(first, f"r{number}"), "kim")
    assert revisions.revision_for(card("c-1", first.id)) == f"r{REVISIONS_KEPT + 2}"
    assert revisions.revision_for(card("c-1", f"r{REVISIONS_KEPT}")) == f"r{REVISIONS_KEPT}"


def test_given_a_trial_when_citizens_hang_up_in_its_menus_then_it_is_rolled_back_and_its_calls_go_on_in_the_stable_one(
    first: Revision, revisions: Revisions, told: list[RevisionChange]
) -> None:
    revisions.put_on_trial(named(first, "new"), 20, "kim")
    for number in range(2_000):
        contact = f"c-{number}"
        chosen = revisions.revision_for(card(contact))
        revisions.visited(card(contact, chosen), VisitEnd.ABANDONED if chosen == "new" else VisitEnd.FINISHED)
        if revisions.trial is None:
            break
    assert [(change.was, change.who) for change in told] == [
        (RevisionWas.PUT_ON_TRIAL, "kim"),
        (RevisionWas.ROLLED_BACK, RULE),
    ]
    assert "abandons in menus: 50 of 50 visits" in told[1].why
    assert revisions.revision_for(card("c-0", "new", visits=2)) == first.id
    assert revisions.roll_backs == 1


def test_given_a_rolled_back_set_when_loaded_again_then_only_despite_takes_it(
    first: Revision, revisions: Revisions
) -> None:
    bad = named(first, "bad")
    revisions.rolled_back.append("bad")
    with pytest.raises(SetRefused, match="--despite"):
        revisions.check(bad, 100, despite=False)
    revisions.check(bad, 100, despite=True)
    revisions.put_in_force(bad, "kim")
    assert (revisions.stable.id, revisions.rolled_back) == ("bad", [])


def test_given_a_trial_when_visits_end_by_the_switch_or_are_not_the_first_then_they_do_not_count(
    first: Revision, revisions: Revisions
) -> None:
    revisions.put_on_trial(named(first, "new"), 50, "kim")
    for number in range(40):
        visit(revisions, f"c-{number}", None)
        later = card(f"d-{number}", first.id, visits=2)
        revisions.visited(later, VisitEnd.FAILED)
    now = revisions.now()
    assert (now.visits, now.stable_visits, now.errors + now.stable_errors) == (0, 0, 0)
    assert not revisions._tried


def test_given_a_trial_with_a_queue_of_its_own_when_configured_then_the_stable_queues_are_as_they_were(
    first: Revision, revisions: Revisions
) -> None:
    changed = tuple(replace(queue, promise_ms=1) for queue in first.queues)
    new = replace(first, id="new", queues=(*changed, QueueSettings(QueueId("nightly"))))
    revisions.put_on_trial(new, 10, "kim")
    assert revisions.queues == (*first.queues, QueueSettings(QueueId("nightly")))
    revisions.withdraw("kim")
    assert revisions.queues == first.queues
    with pytest.raises(SetRefused, match="no revision is on trial"):
        revisions.withdraw("kim")


def test_given_a_trial_when_its_numbers_ask_for_more_then_the_core_is_told_what_both_ask(
    first: Revision, revisions: Revisions
) -> None:
    before = revisions.asked
    number, entry = next(iter(first.numbers.entries.items()))
    asking = replace(entry, requirement=frozenset({Skill("lace")}))
    numbers = replace(first.numbers, entries={**first.numbers.entries, number: asking})
    revisions.put_on_trial(replace(first, id="new", numbers=numbers), 10, "kim")
    assert revisions.asked == (*before, Asked(entry.queue, frozenset({Skill("lace")})))


def test_given_what_is_in_force_when_tried_on_a_share_then_that_is_refused(
    first: Revision, revisions: Revisions
) -> None:
    with pytest.raises(SetRefused, match="in force already"):
        revisions.check(first, 10, despite=False)
