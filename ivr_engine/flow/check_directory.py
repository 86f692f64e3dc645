"""Whether every code of the directory that the documents name is really there.

The directory is imported apart from the documents and changes on its own, so a revision does not know it: whoever has
its codes at hand asks here. A citizen who is sent to an entry that is missing goes to the queue instead.
"""

from collections.abc import Collection, Iterator

from ivr_engine.flow.diagnostics import Diagnostic, Diagnostics, Place
from ivr_engine.flow.revision import Revision
from ivr_engine.flow.steps import TransferStep


def check_entries(revision: Revision, codes: Collection[str]) -> tuple[Diagnostic, ...]:
    """An error for each step and each number that leads to a code which is not one of `codes`; in order of places."""
    diagnostics = Diagnostics()
    for place, what, code in _named(revision):
        if code not in codes:
            diagnostics.error(
                place,
                "unknown_entry",
                f"{what} leads to an entry that the directory does not have",
                found=code,
                allowed=sorted(codes),
            )
    return diagnostics.in_order()


def _named(revision: Revision) -> Iterator[tuple[Place, str, str]]:
    for name, flow in revision.flows.items():
        for label, step in flow.steps.items():
            if isinstance(step, TransferStep) and step.entry:
                yield revision.places[name, label], f"step '{label}'", step.entry
    for number, entry in revision.numbers.entries.items():
        code = entry.in_force.old_destination
        if code is not None:
            yield revision.numbers.places[number], f"number {number}", code
