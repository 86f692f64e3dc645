"""Asterisk's own documentation, without what nobody reads in a sandbox: a switch boots with a third of the CPU.

Asterisk looks up every application, function, action and option of configuration in one XML file as it loads its
modules, and refuses options that are not in it. So each keeps its name and one line; the options are kept whole.
"""

import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

from sandbox.cache import cache_root, made_once
from sandbox.progress import Progress

FILE = "core-en_US.xml"
_WHOLE = "configInfo"
_UNASKED = ("module", "info")
_LINE = "synopsis"
_INSTANCE = "managerEventInstance"


def concise(documentation: Path) -> Path:
    """A folder with the concise copy of this one's file, made once for each version of it."""
    stat = (documentation / FILE).stat()
    stamp = zlib.crc32(f"{documentation.resolve()} {stat.st_size} {stat.st_mtime_ns}".encode())
    return made_once(
        cache_root() / f"documentation-{stamp:08x}", lambda part: _shorten(documentation, part), Progress()
    )


def _shorten(documentation: Path, target: Path) -> None:
    tree = ET.parse(documentation / FILE)
    root = tree.getroot()
    for entry in list(root):
        if entry.tag in _UNASKED:
            root.remove(entry)
        elif entry.tag != _WHOLE:
            _keep_line(entry)
    tree.write(target / FILE, encoding="utf-8", xml_declaration=True)


def _keep_line(entry: ET.Element) -> None:
    for child in list(entry):
        if child.tag == _INSTANCE:
            _keep_line(child)
        elif child.tag != _LINE:
            entry.remove(child)
