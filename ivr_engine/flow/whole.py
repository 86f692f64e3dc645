"""Whether a folder is only a part of the operators' documents: `dialplans/flows` says nothing without `dialplans`.

Who names the part would be told of every number, queue and calendar that is missing in it, and none of that is wrong.
"""

import re
from itertools import islice
from pathlib import Path

from ivr_engine.flow.documents import FILES
from ivr_engine.flow.source import DOCUMENT_BYTES

_NUMBERS = re.compile(rb"^[\"']?numbers[\"']?[ ]*:", re.MULTILINE)
"""No number, no call: every folder that is a whole has this section in some file."""


ABOVE = 2
"""Folders up, `flows/districts` of `dialplans`: further up stands what has nothing to do with it."""


def whole_of(folder: Path) -> Path | None:
    """The nearest folder above that has numbers, for documents that have none; None: they stand by themselves."""
    documents = list(islice(folder.rglob("*.yaml"), FILES))
    if not documents or any(map(_has_numbers, documents)):
        return None
    above = list(islice(folder.absolute().parents, ABOVE))
    return next((one for one in above if any(map(_has_numbers, islice(sorted(one.glob("*.yaml")), FILES)))), None)


def _has_numbers(file: Path) -> bool:
    try:
        if not file.is_file():  # opening a named pipe would wait for ever
            return False
        with file.open("rb") as opened:
            return _NUMBERS.search(opened.read(DOCUMENT_BYTES)) is not None
    except OSError:
        return False
