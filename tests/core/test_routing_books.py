"""Crews and desks: counted right through every change of skills, standing and contractor, and forgotten in time."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_engine.core.requirement import ANYBODY, either, requirement_of
from ivr_engine.core.routing_books import (
    DESKS,
    IDLE,
    LOGGED_OUT,
    ON_BREAK,
    RESTING,
    RINGING,
    STANDINGS,
    TALKING,
    WRAP_UP,
    Books,
    Desk,
    Standing,
)
from ivr_engine.core.routing_lines import Line, LineRules
from ivr_engine.core.vocabulary import AgentId, ContactId, Skill
from tests.core.floor import needing

TAX, ENGLISH = {Skill("tax"): 3}, {Skill("english"): 5}
KIM, LEE, PARK = AgentId("kim"), AgentId("lee"), AgentId("park")


def standing_of(desk: Desk) -> dict[str, int]:
    return {word: count for word, count in zip(STANDINGS, desk.counts, strict=True) if count}


def idle_of(desk: Desk) -> list[str]:
    return [agent for fit in desk.fits for _, agent in fit.idle]


def test_given_somebody_new_when_enrolled_then_logged_out_and_counted_at_the_desks_that_fit() -> None:
    books = Books()
    tax, english = books.desk(needing("tax")), books.desk(needing("english"))
    books.enrol(KIM, TAX, "han")
    assert (standing_of(tax), standing_of(english)) == ({"logged_out": 1}, {})
    assert (tax.enrolled, tax.on_duty, tax.idle, books.idle) == (1, 0, 0, 0)
    assert (books.members[KIM].standing, books.members[KIM].idle_since_ms) == (LOGGED_OUT, 0)


@pytest.mark.parametrize(
    ("standing", "on_duty"),
    [(IDLE, 1), (RINGING, 1), (TALKING, 1), (WRAP_UP, 1), (RESTING, 1), (ON_BREAK, 0), (LOGGED_OUT, 0)],
)
def test_given_an_agent_when_standing_anywhere_then_on_duty_is_who_will_be_back(
    standing: Standing, on_duty: int
) -> None:
    books = Books()
    desk = books.desk(ANYBODY)
    books.enrol(KIM, TAX, "")
    books.stand(KIM, standing, 7)
    assert (desk.on_duty, desk.idle, desk.enrolled) == (on_duty, int(standing == IDLE), 1)
    assert standing_of(desk) == {STANDINGS[standing]: 1}


def test_given_idle_agents_of_one_crew_when_one_is_idle_anew_then_the_longest_idle_is_first_and_nobody_twice() -> None:
    books = Books()
    desk = books.desk(ANYBODY)
    for agent, since_ms in ((KIM, 1), (LEE, 2), (PARK, 3)):
        books.enrol(agent, TAX, "")
        books.stand(agent, IDLE, since_ms)
    assert idle_of(desk) == [KIM, LEE, PARK]
    books.stand(LEE, IDLE, 9)
    assert (idle_of(desk), books.idle, desk.idle) == ([KIM, PARK, LEE], 3, 3)
    books.stand(PARK, TALKING, 0)
    assert (idle_of(desk), books.idle, desk.idle) == ([KIM, LEE], 2, 2)


def test_given_an_agent_whom_no_configuration_knows_when_moved_or_dismissed_then_nothing_is_counted() -> None:
    books = Books()
    books.stand(KIM, IDLE, 1)
    books.dismiss(KIM)
    assert (books.idle, books.members, books.crews) == (0, {}, {})


def test_given_equal_skills_when_enrolled_then_one_crew_and_by_contractor_where_shares_are_kept() -> None:
    books, apart = Books(), Books(by_contractor=True)
    for each in (books, apart):
        each.enrol(KIM, TAX, "han")
        each.enrol(LEE, dict(TAX), "nam")
    assert [crew.contractor for crew in books.crews.values()] == [""]
    assert [crew.contractor for crew in apart.crews.values()] == ["han", "nam"]
    assert [crew.size for crew in books.crews.values()] == [1]


def test_given_an_idle_agent_when_the_skills_change_then_the_place_among_the_idle_is_kept_at_the_new_desks() -> None:
    books = Books()
    tax, english = books.desk(needing("tax")), books.desk(needing("english"))
    books.enrol(KIM, TAX, "")
    books.stand(KIM, IDLE, 40)
    books.enrol(LEE, ENGLISH, "")
    books.stand(LEE, IDLE, 50)
    books.enrol(KIM, ENGLISH, "")
    assert (standing_of(tax), tax.fits) == ({}, [])
    assert (standing_of(english), idle_of(english), books.idle) == ({"idle": 2}, [KIM, LEE], 2)
    assert (books.members[KIM].standing, books.members[KIM].idle_since_ms) == (IDLE, 40)


def test_given_the_same_skills_when_enrolled_again_then_nothing_changes() -> None:
    books = Books()
    desk = books.desk(ANYBODY)
    books.enrol(KIM, TAX, "")
    books.stand(KIM, IDLE, 40)
    before = books.members[KIM]
    books.enrol(KIM, dict(TAX), "other")
    assert books.members[KIM] is before
    assert (standing_of(desk), idle_of(desk)) == ({"idle": 1}, [KIM])


def test_given_the_last_of_a_crew_when_dismissed_then_the_crew_is_gone_and_one_who_is_left_keeps_it() -> None:
    books = Books()
    desk = books.desk(needing("tax"))
    for agent in (KIM, LEE):
        books.enrol(agent, TAX, "")
        books.stand(agent, IDLE, 1)
    books.enrol(PARK, {**TAX, **ENGLISH}, "")
    books.dismiss(KIM)
    assert (standing_of(desk), idle_of(desk), books.idle, len(desk.fits)) == ({"idle": 1, "logged_out": 1}, [LEE], 1, 2)
    books.dismiss(LEE)
    assert [fit.crew.skills for fit in desk.fits] == [{**TAX, **ENGLISH}]
    assert (standing_of(desk), books.idle, list(books.members)) == ({"logged_out": 1}, 0, [PARK])
    assert [crew.skills for crew in books.crews.values()] == [{**TAX, **ENGLISH}]


def test_given_a_desk_that_is_asked_for_late_when_made_then_it_counts_who_stands_where_and_knows_what_they_can() -> (
    None
):
    books = Books()
    books.enrol(KIM, {**TAX, **ENGLISH}, "")
    books.enrol(LEE, TAX, "")
    books.stand(KIM, IDLE, 5)
    books.stand(LEE, WRAP_UP, 0)
    desk = books.desk(needing("tax", rather=("english", "chinese")))
    assert books.desk(needing("tax", rather=("english", "chinese"))) is desk
    assert (standing_of(desk), idle_of(desk)) == ({"idle": 1, "wrap_up": 1}, [KIM])
    assert [(fit.preference, fit.proficiency) for fit in desk.fits] == [(1, 3), (0, 3)]
    both = books.desk(needing("tax", "english"))
    assert [fit.proficiency for fit in both.fits] == [8]
    assert standing_of(both) == {"idle": 1}
    one_of_two = books.desk(either(needing("tax"), needing("english")))
    assert [fit.proficiency for fit in one_of_two.fits] == [8, 3]


def test_given_a_desk_that_nobody_configured_when_made_then_it_weighs_as_any_other_and_knows_nothing() -> None:
    desk = Books().desk(ANYBODY)
    assert (desk.weight_percent, desk.correction_percent, desk.handle_ms, desk.handled) == (100, 100, 0, 0)
    assert (desk.small, desk.protected, desk.configured, desk.forgotten, desk.purse) == (*[False] * 4, None)


def test_given_a_desk_that_knows_its_cost_when_somebody_becomes_idle_or_is_taken_then_it_asks_anew() -> None:
    books = Books()
    desk = books.desk(ANYBODY)
    books.enrol(KIM, TAX, "")
    for standing, dirty in ((IDLE, True), (RINGING, True), (TALKING, False), (WRAP_UP, False), (IDLE, True)):
        desk.dirty = False
        books.stand(KIM, standing, 1)
        assert desk.dirty is dirty
    assert Desk(ANYBODY).dirty, "nobody has asked yet"


def test_given_a_desk_when_contacts_stand_in_two_lines_then_all_are_waiting() -> None:
    desk = Desk(ANYBODY)
    for priority, names in ((0, "ab"), (1, "c")):
        rules = LineRules(priority)
        desk.lines[rules] = Line(rules, [(1, ContactId(name)) for name in names])
    assert desk.waiting == 3


def test_given_as_many_desks_as_are_remembered_when_one_more_is_asked_for_then_only_the_unused_are_forgotten() -> None:
    books = Books()
    books.enrol(KIM, {Skill(f"s{number}"): 1 for number in range(4)}, "")
    desks = [books.desk(requirement_of(frozenset({Skill(f"s{number}")}))) for number in range(DESKS)]
    unused, named, waited_for, small = desks[:4]
    named.configured = True
    waited_for.lines[LineRules()] = Line(LineRules(), [(1, ContactId("c1"))])
    crew = books.members[KIM].crew
    crew.small_desks += [named, small]
    assert (len(books.desks), DESKS) == (2_000, 2_000)
    newest = books.desk(needing("s0", "s1"))
    assert list(books.desks.values()) == [named, waited_for, newest]
    assert crew.desks == [named, waited_for, newest]
    assert crew.small_desks == [named]
    assert [desk.forgotten for desk in (unused, named, waited_for, small, newest)] == [True, False, False, True, False]
    books.stand(KIM, IDLE, 1)
    assert (unused.counts[IDLE], named.counts[IDLE]) == (0, 1)


agents = st.sampled_from([KIM, LEE, PARK])
abilities = st.dictionaries(st.sampled_from([Skill("tax"), Skill("english")]), st.integers(1, 2), max_size=2)
deeds = st.one_of(
    st.tuples(st.just("enrol"), agents, abilities, st.sampled_from(["han", "nam"])),
    st.tuples(st.just("dismiss"), agents),
    st.tuples(st.just("stand"), agents, st.integers(0, 6).map(Standing), st.integers(1, 9)),
    st.tuples(st.just("desk"), st.sampled_from([ANYBODY, needing("tax"), needing("tax", "english")])),
)


@given(st.lists(deeds, max_size=25), st.booleans())
def test_given_any_order_of_deeds_when_counted_then_every_desk_knows_exactly_who_stands_where(
    done: list[tuple[object, ...]], by_contractor: bool
) -> None:
    books = Books(by_contractor=by_contractor)
    known: dict[object, tuple[object, object, int]] = {}
    for name, *rest in done:
        getattr(books, str(name))(*rest)
        if name == "enrol":
            known[rest[0]] = (rest[1], *known.get(rest[0], (None, LOGGED_OUT, 0))[1:])
        elif name == "dismiss":
            known.pop(rest[0], None)
        elif name == "stand" and rest[0] in known:
            known[rest[0]] = (known[rest[0]][0], rest[1], int(str(rest[2])))
    for requirement, desk in books.desks.items():
        able = {agent: one for agent, one in known.items() if requirement.met_by(one[0])}  # type: ignore[arg-type]
        assert Counter(one[1] for one in able.values()) == {at: count for at, count in enumerate(desk.counts) if count}
        idle = sorted((since_ms, agent) for agent, (_, standing, since_ms) in able.items() if standing == IDLE)
        assert sorted(one for fit in desk.fits for one in fit.idle) == idle
        assert [fit.idle for fit in desk.fits] == [sorted(fit.idle) for fit in desk.fits]
    assert books.idle == sum(standing == IDLE for _, standing, _ in known.values())
