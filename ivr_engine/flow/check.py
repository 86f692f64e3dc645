"""What only the whole set of documents can show: paths that never end, sentences that nobody recorded, dead text.

`shape` has looked at every field by then. These passes look at where citizens can get, across flows and languages.
"""

from collections.abc import Iterable, Mapping

from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.numbers import NumberEntry
from ivr_engine.flow.place import VALUES_BYTES, kept_bytes
from ivr_engine.flow.prompts import Manifest
from ivr_engine.flow.shape import Shaped
from ivr_engine.flow.steps import CollectStep, FlowId, Target
from ivr_engine.flow.steps_branches import passive, reachable, spoken

Flows = Mapping[FlowId, Shaped]


def check_silence(flows: Flows, diagnostics: Diagnostics) -> None:
    """Who presses nothing gets to a person or to an end: no circle of silence.

    Each step has at most one silent successor, so a walk either ends or comes back to where it was.
    """
    ended: set[Target] = set()
    for shaped in flows.values():
        for label in shaped.flow.steps:
            walk: dict[Target, None] = {}
            at: Target | None = Target(shaped.flow.id, label)
            while at is not None and at not in ended and at not in walk:
                walk[at] = None
                at = _silent_successor(flows, at)
            if at is not None and at in walk:
                circle = list(walk)[list(walk).index(at) :]
                names = " → ".join(f"{one.flow}/{one.step}" for one in (*circle[:8], at))
                diagnostics.error(
                    flows[at.flow].forms[at.step].table.place,
                    "endless",
                    f"who presses nothing never leaves: {names}",
                    hint="lead 'next', 'otherwise' or 'on_silence' to a queue, to a hangup or to person",
                )
            ended.update(walk)


def check_languages(flows: Flows, numbers: Iterable[NumberEntry], manifest: Manifest, diagnostics: Diagnostics) -> None:
    """Every sentence that a citizen can get to is recorded in the language spoken there."""
    missing: set[tuple[str, str, str]] = set()
    visited = _spoken_flows(flows, numbers)
    for flow, language in visited:
        shaped = flows[flow]
        for label, step in shaped.flow.steps.items():
            for prompt in spoken(step):
                if prompt not in manifest.texts or manifest.speaks(prompt, language):
                    continue
                if (flow, prompt, language) not in missing:
                    missing.add((flow, prompt, language))
                    form = shaped.forms[label]
                    diagnostics.error(
                        form.table.place,
                        "not_spoken",
                        f"{form.what} says '{prompt}' in '{language}', which prompts.yaml does not have",
                        found=language,
                        allowed=sorted(manifest.texts[prompt]),
                    )


def check_kept(flows: Flows, diagnostics: Diagnostics) -> None:
    """What is collected has to fit beside the place in the flow, on the citizen's channel."""
    seen: dict[str, int] = {}
    for shaped in flows.values():
        for label, step in shaped.flow.steps.items():
            if not isinstance(step, CollectStep) or step.secret:
                continue
            seen[step.variable] = max(seen.get(step.variable, 0), kept_bytes(step.variable, step.max_keys))
            if sum(seen.values()) > VALUES_BYTES:
                diagnostics.error(
                    shaped.forms[label].table.place,
                    "too_much_kept",
                    f"all that flows collect takes {sum(seen.values())} bytes, at most {VALUES_BYTES}",
                    hint="shorter names, fewer keys, or the same name where the same thing is meant",
                )
                return


def warn_unreached(flows: Flows, numbers: Iterable[NumberEntry], diagnostics: Diagnostics) -> None:
    """Text that no citizen gets to: probably a slip. Only meaningful in a folder without errors."""
    entered = {flow for flow, _ in _spoken_flows(flows, numbers)}
    for flow, shaped in flows.items():
        forms = list(shaped.forms.items())
        if flow not in entered:
            diagnostics.warning(forms[0][1].table.place, "unreachable", f"no number leads to flow '{flow}'")
            continue
        reached = _reached_within(shaped)
        for label, form in forms:
            if label not in reached:
                diagnostics.warning(form.table.place, "unreachable", f"nothing leads to {form.what}")


def _silent_successor(flows: Flows, target: Target) -> Target | None:
    """The next step of who presses nothing; None at an end, and where a step could not be read (told already)."""
    for following in passive(flows[target.flow].flow.steps[target.step]):
        shaped = flows.get(following.flow) if following is not None else None
        if following is None or shaped is None:
            return None
        label = following.step or shaped.flow.first
        return Target(following.flow, label) if label in shaped.flow.steps else None
    return None


def _reached_within(shaped: Shaped) -> set[str]:
    """Steps that can be got to from the first of the same document (others enter only there)."""
    reached: set[str] = set()
    open_steps = [shaped.flow.first]
    while open_steps:
        label = open_steps.pop()
        if label in reached or label not in shaped.flow.steps:
            continue
        reached.add(label)
        for target in reachable(shaped.flow.steps[label]):
            if target is not None and target.flow == shaped.flow.id:
                open_steps.append(target.step or shaped.flow.first)
    return reached


def _spoken_flows(flows: Flows, numbers: Iterable[NumberEntry]) -> list[tuple[FlowId, str]]:
    """Every flow that a citizen can get into, with every language that may be spoken there."""
    visited: dict[tuple[FlowId, str], None] = {}
    open_flows = [(entry.flow, entry.language) for entry in numbers]
    while open_flows:
        flow, language = open_flows.pop()
        shaped = flows.get(flow)
        if shaped is None:
            continue
        language = shaped.flow.language or language
        if (flow, language) in visited:
            continue
        visited[flow, language] = None
        for step in shaped.flow.steps.values():
            open_flows += [(target.flow, language) for target in reachable(step) if target is not None]
    return sorted(visited)
