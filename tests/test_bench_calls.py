"""The side of the call benchmark that has app_queue do what the engine does: every agent in the queues of his desks."""

from __future__ import annotations

from bench_calls_desks import BEST, DESK_CALLED, desks, queues

AGENTS = tuple(str(number) for number in range(1001, 1201))


def test_given_the_agents_of_the_load_when_desks_are_drawn_then_each_is_in_a_dozen_and_all_are_at_the_one_called() -> (
    None
):
    drawn = desks(AGENTS)

    assert set(drawn[DESK_CALLED]) == set(AGENTS)
    assert set(drawn[DESK_CALLED].values()) == {0}, "their own desk: no penalty, as in the one queue"
    assert all(sum(agent in members for members in drawn.values()) == 12 for agent in AGENTS)
    assert {0, BEST - 3} == {penalty for members in drawn.values() for penalty in members.values()}


def test_given_agents_when_written_then_every_desk_is_a_queue_with_its_members() -> None:
    written = queues(AGENTS[:2])

    assert written.count("strategy = leastrecent") == len(desks(AGENTS[:2]))
    assert f"[desk-{DESK_CALLED}]" in written
    assert written.count("member => PJSIP/1001,") == 12
