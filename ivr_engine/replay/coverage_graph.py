"""The flows as a graph whose colours say what scenarios reached: as Mermaid for a page, as SVG for a picture.

Green was reached with every way out, amber was reached but some way out never was, red was never reached.
"""

from collections import Counter
from collections.abc import Iterator

from ivr_engine.flow.steps_branches import in_words
from ivr_engine.replay import flow_panels
from ivr_engine.replay.coverage import Branch, Coverage, StepReach
from ivr_engine.replay.flow_panels import PERSON_END, QUIET, Box, End, Paint, Panel, Way

GREEN, AMBER, RED = "full", "part", "none"

_PAINTS = {
    GREEN: Paint("#f0fff4", "#4ac26b", "#1a7f37"),
    AMBER: Paint("#fff8e5", "#d4a72c", "#9a6700"),
    RED: Paint("#fff0ee", "#ff8182", "#cf222e"),
}
_LEGEND = (
    (_PAINTS[GREEN], "reached, every way out"),
    (_PAINTS[AMBER], "reached, not every way out"),
    (_PAINTS[RED], "never reached"),
)


def verdict(one: StepReach) -> str:
    """GREEN, AMBER or RED."""
    if not one.reached:
        return RED
    return GREEN if all(branch.taken for branch in one.branches) else AMBER


def mermaid(coverage: Coverage) -> str:
    """The whole graph; ways out that were never taken are dashed and red."""
    return flow_panels.mermaid([*_panels(coverage)], _PAINTS)


def svg(coverage: Coverage) -> str:
    """The whole graph as a picture."""
    title = f"What {coverage.scenarios} scenarios reached"
    return flow_panels.svg([*_panels(coverage)], title, _LEGEND, "flow coverage")


def _panels(coverage: Coverage) -> Iterator[Panel]:
    for flow, steps in coverage.flows.items():
        names = {one.name for one in steps}
        taken: Counter[str] = Counter()
        for one in steps:
            for branch in one.branches:
                taken[_to(coverage, flow, branch)] += branch.taken
        ends = {to: End(_PAINTS[GREEN if count else RED], *_count(count)) for to, count in taken.items()}
        yield Panel(
            flow,
            f"{sum(1 for one in steps if one.reached)} of {len(steps)} steps reached",
            coverage.firsts.get(flow, ""),
            tuple(_box(coverage, flow, one) for one in steps),
            {to: end for to, end in ends.items() if to not in names},
        )


def _box(coverage: Coverage, flow: str, one: StepReach) -> Box:
    ways = tuple(
        Way(
            branch.name,
            _to(coverage, flow, branch),
            _PAINTS[GREEN if branch.taken else RED],
            *_count(branch.taken),
            dashed=not branch.taken,
        )
        for branch in one.branches
    )
    return Box(one.name, in_words(one.step), _PAINTS[verdict(one)], *_count(one.reached), ways)


def _to(coverage: Coverage, flow: str, branch: Branch) -> str:
    """The name of a step of this flow, or the words of an end outside."""
    if branch.target is None:
        return PERSON_END
    if branch.target.flow != flow:
        return f"→ {branch.target.flow}"
    return branch.target.step or coverage.firsts.get(flow, "")


def _count(count: int) -> tuple[str, str]:
    """The words and the ink of a count."""
    return (f"×{count}", QUIET) if count else ("never", _PAINTS[RED].ink)
