"""What only the whole set of documents can show: sentences that nobody recorded, too much to keep, dead text.

`shape` has looked at every field by then. These passes look at where citizens can get, across flows and languages.
"""

from collections.abc import Mapping

from ivr_engine.flow.diagnostics import Diagnostics
from ivr_engine.flow.place import VALUES_BYTES, kept_bytes
from ivr_engine.flow.prompts import Manifest
from ivr_engine.flow.proofs_graph import Graph
from ivr_engine.flow.shape import Shaped
from ivr_engine.flow.steps import CollectStep, FlowId
from ivr_engine.flow.steps_branches import spoken

Flows = Mapping[FlowId, Shaped]


def check_languages(flows: Flows, graph: Graph, manifest: Manifest, diagnostics: Diagnostics) -> None:
    """Every sentence that a citizen can get to is recorded in the language spoken there."""
    missing: set[tuple[str, str, str]] = set()
    for state in graph.ways:
        shaped = flows[state.flow]
        for prompt in spoken(shaped.flow.steps[state.step]):
            if prompt not in manifest.texts or manifest.speaks(prompt, state.language):
                continue
            if (state.flow, prompt, state.language) not in missing:
                missing.add((state.flow, prompt, state.language))
                form = shaped.forms[state.step]
                diagnostics.error(
                    form.table.place,
                    "not_spoken",
                    f"{form.what} says '{prompt}' in '{state.language}', which the prompts do not have",
                    found=state.language,
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


def warn_unreached(flows: Flows, graph: Graph, diagnostics: Diagnostics) -> None:
    """Text that no citizen gets to: probably a slip. Only meaningful in a folder without errors."""
    reached = {(state.flow, state.step) for state in graph.ways}
    entered = {flow for flow, _ in reached}
    for flow, shaped in flows.items():
        forms = list(shaped.forms.items())
        if flow not in entered:
            diagnostics.warning(forms[0][1].table.place, "unreachable", f"no number leads to flow '{flow}'")
            continue
        for label, form in forms:
            if (flow, label) not in reached:
                diagnostics.warning(form.table.place, "unreachable", f"nothing leads to {form.what}")
