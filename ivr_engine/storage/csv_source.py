"""Reading the CSV files that people keep in spreadsheets: all or nothing, and every mistake with its line.

Excel in Korea saves CP949 unless told otherwise, puts a byte order mark before UTF-8, and quotes cells with commas and
line breaks; two of these are welcome, and the third is refused with what to do, because a guess would turn names into
other names.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ivr_engine.storage.errors import StorageError

FILE_BYTES = 32 << 20
"""The city's whole directory (46,528 entries) is about 5 MB."""

FILE_ROWS = 200_000
"""Four times that directory; more is another file than was meant."""

CELL_CHARACTERS = 500
SHOWN_PROBLEMS = 20
"""More than this nobody reads at once; the count says how many there are."""


@dataclass(frozen=True, slots=True)
class CsvProblem:
    """One mistake: where, what was found, what is allowed. `line` and `at` count from 1, the header included."""

    line: int
    column: str
    found: str
    allowed: str
    at: int = 1
    """The letter of the line where the cell begins."""

    def __str__(self) -> str:
        name = f"{self.column}: " if self.column else ""
        return f"{self.line}:{self.at}: {name}found {self.found}; {self.allowed}"


class CsvRefused(StorageError):  # noqa: N818  (as its family)
    """The file was not taken, and nothing of it was stored. `problems` has every mistake that was found."""

    code = "csv_refused"

    def __init__(self, source: str, problems: tuple[CsvProblem, ...]) -> None:
        shown = [f"{source}:{problem}" for problem in problems[:SHOWN_PROBLEMS]]
        if len(problems) > SHOWN_PROBLEMS:
            shown.append(f"… and {len(problems) - SHOWN_PROBLEMS} more")
        super().__init__("\n".join(shown))
        self.source = source
        self.problems = problems


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One line's cells by column, trimmed and in Unicode's composed form (macOS writes Hangul in pieces)."""

    line: int
    cells: dict[str, str]
    begins: Mapping[str, int]
    """Where each cell begins in its line."""

    def problem(self, column: str, found: str, allowed: str) -> CsvProblem:
        """A mistake in one of its cells."""
        return CsvProblem(self.line, column, found, allowed, self.begins.get(column, 1))


def read_rows(
    path: Path, columns: tuple[str, ...], problems: list[CsvProblem], optional: tuple[str, ...] = ()
) -> Iterator[CsvRow]:
    """The rows of the file; what is wrong with a row goes to `problems` and the row is left out. An `optional` column
    that is not there is empty in every row.

    Raises CsvRefused if the file as a whole cannot be read as these columns.
    """
    text = _text(path)
    lines = text.splitlines()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    rows = 0
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(path.name, reader.line_num, cells, columns, optional)
                continue
            rows += 1
            if rows > FILE_ROWS:
                raise _refused(path.name, reader.line_num, f"more than {FILE_ROWS} rows", "split the file")
            raw = lines[reader.line_num - 1] if reader.line_num <= len(lines) else ""
            row = _row(reader.line_num, header, cells, _begins(raw), problems)
            if row is not None:
                yield CsvRow(row.line, dict.fromkeys(optional, "") | row.cells, row.begins)
    except csv.Error as error:
        raise _refused(path.name, reader.line_num, str(error), 'a quote inside a quoted cell is doubled: ""') from error
    if header is None:
        raise _refused(path.name, 1, "an empty file", f"the first line names the columns: {','.join(columns)}")


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > FILE_BYTES:
            raise _refused(path.name, 1, f"{size} bytes", f"at most {FILE_BYTES} are read")
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}", "name a CSV file") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(path.name, line, _encoding(content), _ENCODING_HINT) from error


_ENCODING_HINT = (
    "files are UTF-8: in Excel save as “CSV UTF-8 (comma delimited)”, or run iconv -f CP949 -t UTF-8 OLD.csv > NEW.csv"
)


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16 text"
    try:
        content.decode("cp949")
    except UnicodeDecodeError:
        return "bytes that are no UTF-8"
    return "CP949 (EUC-KR) text"


def _header(source: str, line: int, cells: list[str], columns: tuple[str, ...], optional: tuple[str, ...]) -> list[str]:
    header = [_clean(cell) for cell in cells]
    problems = []
    known = (*columns, *optional)
    for name in header:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            problems.append(
                CsvProblem(
                    line,
                    "",
                    f"the column {name!r}",
                    f"did you mean {near[0]!r}?" if near else f"the columns are {','.join(known)}",
                )
            )
    problems += [
        CsvProblem(line, "", f"the column {name!r} twice", "each column stands once")
        for name in sorted({name for name in header if header.count(name) > 1})
    ]
    if not problems:
        problems = [
            CsvProblem(line, "", f"no column {name!r}", f"the columns are {','.join(columns)}")
            for name in columns
            if name not in header
        ]
    if problems:
        raise CsvRefused(source, tuple(problems))
    return header


def _begins(line: str) -> list[int]:
    """Where each cell of a line begins, from 1."""
    found, quoted = [1], False
    for at, letter in enumerate(line, 1):
        quoted ^= letter == '"'
        if letter == "," and not quoted:
            found.append(at + 1)
    return found


def _row(
    line: int, header: list[str], cells: list[str], begins: list[int], problems: list[CsvProblem]
) -> CsvRow | None:
    if len(cells) != len(header):
        problems.append(
            CsvProblem(line, "", f"{len(cells)} cells", f"the header has {len(header)}: quote a cell with a comma")
        )
        return None
    # a cell with a line break in it leaves the places of the others unknown
    known = dict(zip(header, begins, strict=True)) if len(begins) == len(header) else {}
    row = CsvRow(line, dict(zip(header, map(_clean, cells), strict=True)), known)
    wrong = [
        row.problem(name, _shown(cell), f"text of at most {CELL_CHARACTERS} characters on one line")
        for name, cell in row.cells.items()
        if len(cell) > CELL_CHARACTERS or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in cell)
    ]
    problems += wrong
    return None if wrong else row


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", " ".join(cell.split()) if "\n" in cell or "\r" in cell else cell.strip())


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else f"{cell[:39]}…")


def _refused(source: str, line: int, found: str, allowed: str) -> CsvRefused:
    return CsvRefused(source, (CsvProblem(line, "", found, allowed),))
