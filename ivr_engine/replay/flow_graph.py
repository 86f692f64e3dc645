"""The flows of a revision as pictures: one page for each, one for the whole, the farthest person marked.

Boxes are coloured by what a step is for. The thick way is the longest that was proved: who dials that number, hears
every sentence to its end and wants a person goes there, and no caller of a number into this flow has a longer one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr_engine.flow.proofs import PersonProof
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import (
    CallbackStep,
    CollectStep,
    DipStep,
    Flow,
    HangupStep,
    MenuStep,
    PlayStep,
    QueueStep,
    RecordStep,
    SayStep,
    SendStep,
    Step,
    SurveyStep,
    Target,
    TransferStep,
)
from ivr_engine.flow.steps_branches import in_words
from ivr_engine.replay import flow_panels
from ivr_engine.replay.coverage import ways_out
from ivr_engine.replay.flow_panels import PERSON_END, QUIET, Box, End, Paint, Panel, Way

SAYS, ASKS, DECIDES, OUTSIDE, ENDS = "says", "asks", "decides", "outside", "ends"
_PAINTS: Mapping[str, Paint] = {
    SAYS: Paint("#ffffff", "#8c959f", "#24292f"),
    ASKS: Paint("#eef6ff", "#54aeff", "#0550ae"),
    DECIDES: Paint("#f6f8fa", "#afb8c1", "#57606a"),
    OUTSIDE: Paint("#fff8e5", "#d4a72c", "#7d4e00"),
    ENDS: Paint("#f0fff4", "#4ac26b", "#1a7f37"),
}
_FARTHEST = Paint("#ffffff", "#8250df", "#6639ba")
_PLAIN = Paint("#ffffff", "#afb8c1", "#24292f")
_LEGEND = (
    *((_PAINTS[name], name) for name in (SAYS, ASKS, DECIDES, OUTSIDE, ENDS)),
    (_FARTHEST, "the longest way to a person"),
)

_WHOLE_LEGEND = (
    (_PAINTS[ASKS], "numbers lead here"),
    (_PAINTS[SAYS], "reached from other flows"),
    (_PAINTS[ENDS], "where contacts go"),
    (_FARTHEST, "on the longest way to a person"),
)

WHOLE = "all"
"""The panel of the whole; its file is `all_flows`."""


@dataclass(frozen=True, slots=True)
class Page:
    """One picture: its name without extension, title and panels."""

    name: str
    title: str
    panels: tuple[Panel, ...]
    legend: tuple[tuple[Paint, str], ...] = ()

    def svg(self) -> str:
        return flow_panels.svg(self.panels, self.title, self.legend, self.title)

    def mermaid(self) -> str:
        return flow_panels.mermaid(self.panels, dict(_PAINTS))


def flow_page(revision: Revision, flow: Flow) -> Page:
    """Every step of one flow with its ways out."""
    proof = _farthest(revision, flow)
    passed = _passed(proof)
    boxes = tuple(_box(flow, name, step, passed) for name, step in flow.steps.items())
    outside = {way.to for box in boxes for way in box.ways} - set(flow.steps)
    panel = Panel(str(flow.id), _told(proof), flow.first, boxes, {to: End(_PAINTS[ENDS]) for to in outside})
    return Page(str(flow.id), f"Flow {flow.id}", (panel,), _LEGEND)


def whole_page(revision: Revision) -> Page:
    """The flows as boxes: which numbers lead into them, and where they lead."""
    proof = max((row for row in revision.proofs.persons if row.keys is not None), key=_length, default=None)
    passed = {one.where.partition("/")[0] for one in proof.path} if proof is not None else set()
    entered: dict[str, list[str]] = {}
    for entry in revision.numbers:
        entered.setdefault(str(entry.flow), []).append(entry.number)
    boxes = []
    for flow in revision.flows.values():
        name = str(flow.id)
        leads = [to.removeprefix("→ ") for to in dict.fromkeys(_leads(flow))]
        ways = tuple(_way(to, thick=name in passed and to in passed) for to in leads)
        numbers = entered.get(name, [])
        note = "" if not numbers else numbers[0] if len(numbers) == 1 else f"{len(numbers)} numbers"
        paint = _PAINTS[ASKS if numbers else SAYS]
        shown = Paint(paint.fill, _FARTHEST.line, paint.ink) if name in passed else paint
        steps = "1 step" if len(flow.steps) == 1 else f"{len(flow.steps)} steps"
        boxes.append(Box(name, steps, shown, note, QUIET, ways))
    order = sorted(boxes, key=lambda box: -len(entered.get(box.key, ())))
    first = "main" if any(box.key == "main" for box in boxes) else order[0].key if order else ""
    ends = {way.to for box in boxes for way in box.ways} - {box.key for box in boxes}
    numbers_told = f"{len(revision.numbers)} numbers, {len(boxes)} flows; {_told(proof)}"
    panel = Panel(WHOLE, numbers_told, first, tuple(boxes), {to: End(_PAINTS[ENDS]) for to in ends})
    return Page(f"{WHOLE}_flows", f"All flows, revision {revision.id}", (panel,), _WHOLE_LEGEND)


# ── one flow ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _box(flow: Flow, name: str, step: Step, passed: frozenset[tuple[str, str]]) -> Box:
    ways = []
    for branch, target in ways_out(flow, name):
        thick = (f"{flow.id}/{name}", branch) in passed
        ways.append(Way(branch, _to(flow, target), _FARTHEST if thick else _PLAIN, thick=thick))
    on_the_way = any(where == f"{flow.id}/{name}" for where, _ in passed)
    paint = _PAINTS[_kind(step)]
    shown = Paint(paint.fill, _FARTHEST.line, paint.ink) if on_the_way else paint
    return Box(name, in_words(step), shown, ways=tuple(ways))


def _to(flow: Flow, target: Target | None) -> str:
    if target is None:
        return PERSON_END
    if target.flow != flow.id:
        return f"→ {target.flow}"
    return target.step or flow.first


def _kind(step: Step) -> str:
    match step:
        case PlayStep() | SayStep():
            return SAYS
        case MenuStep() | CollectStep() | RecordStep() | SurveyStep():
            return ASKS
        case DipStep() | SendStep():
            return OUTSIDE
        case QueueStep() | CallbackStep() | TransferStep() | HangupStep():
            return ENDS
        case _:
            return DECIDES


# ── the whole ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _leads(flow: Flow) -> Iterator[str]:
    """Other flows and ends, in the order of the steps; a person is near from all of them and would hide the rest."""
    for name, step in flow.steps.items():
        for _, target in ways_out(flow, name):
            if target is not None and target.flow != flow.id:
                yield f"→ {target.flow}"
        if isinstance(step, QueueStep | CallbackStep | TransferStep | HangupStep):
            yield in_words(step)


def _way(to: str, *, thick: bool) -> Way:
    return Way(to, to, _FARTHEST if thick else _PLAIN, thick=thick)


# ── the proof ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _farthest(revision: Revision, flow: Flow) -> PersonProof | None:
    """The longest of the proved ways that come through this flow."""
    through = [
        row
        for row in revision.proofs.persons
        if row.keys is not None and any(one.where.partition("/")[0] == flow.id for one in row.path)
    ]
    return max(through, key=_length, default=None)


def _length(row: PersonProof) -> tuple[int, int]:
    return row.keys or 0, row.ms


def _passed(proof: PersonProof | None) -> frozenset[tuple[str, str]]:
    return frozenset((one.where, one.branch) for one in proof.path) if proof is not None else frozenset()


def _told(proof: PersonProof | None) -> str:
    if proof is None:
        return "no longest way to a person leads through here"
    keys = "1 key" if proof.keys == 1 else f"{proof.keys} keys"
    return f"the longest way to a person: {keys}, {proof.ms / 1000:.1f} s, from {proof.numbers[0]} [{proof.language}]"
