"""Codes of the number registry and of what agencies do on their way to 120."""

from ivr_engine.flow.codes_row import Code

_NUMBERS = "numbers.yaml"


def _number(more: str) -> str:
    return f'numbers: {{"120": {{flow: main}}, "0200001003": {{flow: main, {more}}}}}\n'


NUMBER_CODES = (
    Code(
        "doubled_number",
        "A number is written twice, perhaps in two forms: `02-0000-1001` and `+82 2 0000 1001` are the same number.",
        "Only one of the two can be meant.",
        _NUMBERS,
        'numbers: {"0200001003": {flow: main}, "+82 2 0000 1003": {flow: main}}\n',
        'numbers: {"0200001003": {flow: main}, "+82 2 0000 1004": {flow: main}}\n',
    ),
    Code(
        "old_destination",
        "This is no code of the directory. Nothing else may be called, so that nobody calls abroad at the city's cost.",
        "Put the old number into the directory, and write its code of 3 to 6 digits here.",
        _NUMBERS,
        _number("old_destination: 02-0000-9999"),
        _number("old_destination: '3141'"),
    ),
    Code(
        "no_old_destination",
        "A number is to be forwarded before its first day, or because it is rolled back, and nobody says where to.",
        "Write `old_destination` at the number or at its agency.",
        _NUMBERS,
        _number("rolled_back: yes"),
        _number("rolled_back: yes, old_destination: '3141'"),
    ),
    Code(
        "after",
        "After its farewell a number goes on to one that is not there, or that has a last day itself.",
        "Write `rejected`, or a number without `in_service`.",
        _NUMBERS,
        _number("in_service: {until: 2027-12-31, farewell: greeting, after: '121'}"),
        _number("in_service: {until: 2027-12-31, farewell: greeting, after: '120'}"),
    ),
    Code(
        "csv",
        "A spreadsheet's file cannot be read: a quote that is not closed, a line with too few or too many cells.",
        "Save it as CSV with commas; a cell with a comma stands in quotes.",
    ),
    Code(
        "csv_column",
        "A spreadsheet has no column of a name that is needed, or one that nobody knows.",
        "`ivr-engine numbers export` shows the columns; all of them are needed.",
    ),
)
