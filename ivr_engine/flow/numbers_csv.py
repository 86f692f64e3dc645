"""The registry as a spreadsheet: rows become the same tree as YAML, so that every mistake has its place and its words.

Lists are words with spaces between them. A number is written with hyphens, because a spreadsheet takes `0200001001` for
a number and eats its 0.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers

from ivr_engine.flow.diagnostics import Diagnostics, Place
from ivr_engine.flow.numbers import NumberEntry, Registry, Service
from ivr_engine.flow.numbers_document import NUMBERS
from ivr_engine.flow.numbers_spelling import REGION, SHORT_DIGITS, canonical
from ivr_engine.flow.source import DOCUMENT_BYTES, Items, Node, Table, Text

SERVICE_COLUMNS = ("from", "notice_until", "until", "after", "notice", "farewell")
LISTS = ("requirement", "greeting", "notice", "farewell")
COLUMNS = (
    *("number", "agency", "flow", "queue", "requirement", "language", "greeting", "hours"),
    *SERVICE_COLUMNS,
    *("old_destination", "rolled_back"),
)

_WORD = re.compile(r"\S+")
_WORDS = re.compile(r"\S(?:.*\S)?", re.DOTALL)
"""All of a cell but the empty space around it."""


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def csv_of(registry: Registry) -> str:
    """Every number in its order, with what is written for it and not what its agency says."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in registry:
        cells = cells_of(entry)
        cells["number"] = hyphened(entry.number)
        writer.writerow([cells.get(column, "") for column in COLUMNS])
    return out.getvalue()


def cells_of(entry: NumberEntry) -> dict[str, str]:
    """What is written for a number, by column; empty cells are left out."""
    written = entry.transition
    service = written.service or Service()
    cells = {
        "number": entry.number,
        "agency": entry.agency.id if entry.agency is not None else "",
        "flow": entry.flow,
        "queue": entry.queue,
        "requirement": " ".join(sorted(entry.requirement)),
        "language": entry.language,
        "greeting": " ".join(entry.greeting),
        "hours": entry.hours or "",
        "from": service.since.isoformat() if service.since is not None else "",
        "notice_until": service.notice_until.isoformat() if service.notice_until is not None else "",
        "until": service.until.isoformat() if service.until is not None else "",
        "after": service.after if written.service is not None else "",
        "notice": " ".join(service.notice),
        "farewell": " ".join(service.farewell),
        "old_destination": written.old_destination or "",
        "rolled_back": "" if written.rolled_back is None else "yes" if written.rolled_back else "no",
    }
    return {column: cell for column, cell in cells.items() if cell}


def hyphened(number: str) -> str:
    """As people write it, where that is still the same number."""
    if len(number) <= SHORT_DIGITS:
        return number
    parsed = phonenumbers.parse(number, REGION)
    form = phonenumbers.PhoneNumberFormat
    shown = phonenumbers.format_number(parsed, form.INTERNATIONAL if number[0] == "+" else form.NATIONAL)
    return shown if canonical(shown) == number else number


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    place: Place
    """Of its first letter, behind the quote."""


def numbers_of(file: str, content: bytes, diagnostics: Diagnostics) -> Table | None:
    """The rows as the section `numbers` would have them. None, after diagnostics, when this is no such table."""
    text = _text(file, content, diagnostics)
    if text is None:
        return None
    rows = list(_rows(file, text, diagnostics))
    if not rows:
        diagnostics.error(Place(file), "csv", "the file says nothing", hint=f"the first line is {','.join(COLUMNS)}")
        return None
    header, *lines = rows
    if not _header_is_right(header, diagnostics):
        return None
    if len(lines) > NUMBERS:
        diagnostics.error(lines[NUMBERS][0].place, "csv", f"{len(lines)} numbers, at most {NUMBERS}")
        return None
    columns = [cell.text.strip() for cell in header]
    entries: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    for cells in lines:
        if len(cells) != len(columns):
            diagnostics.error(
                cells[0].place,
                "csv",
                f"this line has {len(cells)} cells, the first one has {len(columns)}",
                hint="a cell with a comma stands in quotes",
            )
            continue
        row = dict(zip(columns, cells, strict=True))
        number = row["number"].text.strip()
        if number in keys:
            diagnostics.error(
                row["number"].place, "doubled_number", f"this number stands already in {keys[number]}", found=number
            )
            continue
        keys[number] = row["number"].place
        entries[number] = _entry(row)
    if not keys and diagnostics.errors:
        return None
    return Table(entries, keys, header[0].place)


def _entry(row: dict[str, _Cell]) -> Table:
    place = row["number"].place
    fields = {column: _node(column, cell) for column, cell in row.items() if cell.text.strip()}
    keys = {column: row[column].place for column in fields}
    own = {column: fields[column] for column in fields if column not in (*SERVICE_COLUMNS, "number")}
    own_keys = {column: keys[column] for column in own}
    service = [column for column in SERVICE_COLUMNS if column in fields]
    if service:
        own_keys["in_service"] = keys[service[0]]
        own["in_service"] = Table(
            {column: fields[column] for column in service},
            {column: keys[column] for column in service},
            keys[service[0]],
        )
    return Table(own, own_keys, place)


def _node(column: str, cell: _Cell) -> Node:
    words = tuple(
        Text(match[0], Place(cell.place.file, cell.place.line, cell.place.column + match.start()), quoted=True)
        for match in (_WORD if column in LISTS else _WORDS).finditer(cell.text)
    )
    return Items(words, cell.place) if column in LISTS else words[0]


def _header_is_right(header: list[_Cell], diagnostics: Diagnostics) -> bool:
    seen: set[str] = set()
    right = True
    for cell in header:
        column = cell.text.strip()
        if column not in COLUMNS:
            diagnostics.error(cell.place, "csv_column", "no such column", found=column, allowed=COLUMNS)
        elif column in seen:
            diagnostics.error(cell.place, "csv_column", "this column stands twice", found=column)
        right = right and column in COLUMNS and column not in seen
        seen.add(column)
    missing = [column for column in COLUMNS if column not in seen]
    if missing:
        diagnostics.error(
            header[0].place,
            "csv_column",
            f"there is no column {', '.join(missing)}",
            hint="every column is needed: ivr-engine numbers export shows them",
        )
    return right and not missing


def _text(file: str, content: bytes, diagnostics: Diagnostics) -> str | None:
    if len(content) > DOCUMENT_BYTES:
        diagnostics.error(
            Place(file), "too_large", f"the file has {len(content)} bytes, at most {DOCUMENT_BYTES} are read"
        )
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        diagnostics.error(
            Place(file, line), "encoding", "this is not UTF-8", hint="in a spreadsheet, save as CSV UTF-8"
        )
        return None


def _rows(file: str, text: str, diagnostics: Diagnostics) -> Iterator[list[_Cell]]:
    """Cells with places, by the rules of RFC 4180. The csv module of the library knows no columns of letters."""
    reader = _Reader(file, text)
    while reader.more:
        row = reader.row()
        if reader.open_quote is not None:
            diagnostics.error(
                reader.open_quote, "csv", "this quote is not closed", hint='a quote inside of quotes is doubled: ""'
            )
            return
        if any(cell.text.strip() for cell in row):
            yield row


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._at = 0
        self._line = 1
        self._line_begins = 0
        self.open_quote: Place | None = None

    @property
    def more(self) -> bool:
        return self._at < len(self._text)

    def row(self) -> list[_Cell]:
        cells = [self._cell()]
        while self.more and self._text[self._at] == ",":
            self._at += 1
            cells.append(self._cell())
        if self.more:
            self._step()
        return cells

    def _cell(self) -> _Cell:
        if self.more and self._text[self._at] == '"':
            return self._quoted()
        place, begins = self._place(), self._at
        while self.more and self._text[self._at] not in ",\n":
            self._at += 1
        return _Cell(self._text[begins : self._at], place)

    def _quoted(self) -> _Cell:
        opened = self._place()
        self._at += 1
        place = self._place()
        letters: list[str] = []
        while self.more:
            letter = self._text[self._at]
            self._step()
            if letter != '"':
                letters.append(letter)
            elif self.more and self._text[self._at] == '"':
                letters.append(letter)
                self._step()
            else:
                rest = self._at
                while self.more and self._text[self._at] not in ",\n":
                    self._at += 1
                return _Cell("".join(letters) + self._text[rest : self._at], place)
        self.open_quote = opened
        return _Cell("".join(letters), place)

    def _step(self) -> None:
        if self._text[self._at] == "\n":
            self._line += 1
            self._line_begins = self._at + 1
        self._at += 1

    def _place(self) -> Place:
        return Place(self._file, self._line, self._at - self._line_begins + 1)
