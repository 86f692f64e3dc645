"""Whether the switch has every class of music that the documents name.

The switch's files are its own, so a revision does not know them: whoever has its classes at hand asks here. Who waits
to a class that is missing hears the switch's class `default`, or silence where there is none.
"""

from collections.abc import Collection

from ivr_engine.flow.diagnostics import Diagnostic, Diagnostics
from ivr_engine.flow.revision import Revision


def check_music(revision: Revision, classes: Collection[str]) -> tuple[Diagnostic, ...]:
    """An error for each class of the section `music` that is not one of `classes`."""
    diagnostics = Diagnostics()
    for name in sorted(set(revision.music) - set(classes)):
        diagnostics.error(
            revision.music[name],
            "music_not_there",
            "the switch has no such class of music",
            found=name,
            allowed=sorted(classes),
            hint="add the class to its musiconhold.conf",
        )
    return diagnostics.in_order()
