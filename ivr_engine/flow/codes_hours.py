"""Codes of calendars and of expressions."""

from ivr_engine.flow.codes_row import Code

_HOURS = "hours.yaml"
_WEEK = "mon-fri: 09:00-18:00, sat-sun: closed"
_OFFICE = f"hours: {{office: {{week: {{{_WEEK}}}}}}}\n"


def _office(more: str) -> str:
    return f"hours:\n  office:\n    week: {{{_WEEK}}}\n    {more}\n"


HOURS_CODES = (
    Code(
        "week_gap",
        "A calendar says nothing about a day of the week, so that nobody knows what holds then.",
        "Name every day; where nobody is there, write `closed`.",
        _HOURS,
        "hours: {office: {week: {mon-fri: 09:00-18:00}}}\n",
        _OFFICE,
    ),
    Code(
        "weekday",
        "This names no days of the week.",
        "Write `mon-fri`, `sat` or `mon,wed`.",
        _HOURS,
        "hours: {office: {week: {weekdays: 09:00-18:00, sat-sun: closed}}}\n",
        _OFFICE,
    ),
    Code(
        "shift",
        "These are no hours.",
        "Write `09:00-18:00`, `22:00-06:00` past midnight, `00:00-24:00` all day, a list of such, or `closed`.",
        _HOURS,
        "hours: {office: {week: {mon-fri: 9-18, sat-sun: closed}}}\n",
        _OFFICE,
    ),
    Code(
        "contradiction",
        "A day of the week is said to be closed in one line and open in another.",
        "Take one of the two out.",
        _HOURS,
        "hours: {office: {week: {mon-sun: closed, fri: 09:00-18:00}}}\n",
        _OFFICE,
    ),
    Code(
        "overlap",
        "Two shifts run beside each other (warning).",
        "Probably one of them was meant to be another time; open is open all the same.",
        _HOURS,
        "hours: {office: {week: {mon-fri: 09:00-18:00, fri: 17:00-20:00, sat-sun: closed}}}\n",
        "hours: {office: {week: {mon-fri: 09:00-18:00, fri: 18:00-20:00, sat-sun: closed}}}\n",
    ),
    Code(
        "zone",
        "There is no such time zone.",
        "Zones are called by continent and city; without one it is `Asia/Seoul`.",
        _HOURS,
        _office("zone: Asia/Soul"),
        _office("zone: Asia/Seoul"),
    ),
    Code(
        "date",
        "This is no date, there is no such day, or a range goes backwards or is longer than a year.",
        "Write `2027-05-04`, or `2027-12-24..2027-12-26`.",
        _HOURS,
        _office("exceptions: {2027-02-30: closed}"),
        _office("exceptions: {2027-02-28: closed}"),
    ),
    Code(
        "doubled_date",
        "A date stands in two lines of the exceptions of one calendar.",
        "Only one of the two can be meant.",
        _HOURS,
        _office("exceptions: {2027-05-03..2027-05-05: closed, 2027-05-04: 09:00-13:00}"),
        _office("exceptions: {2027-05-03: closed, 2027-05-04: 09:00-13:00}"),
    ),
    Code(
        "moment",
        "This is no day and time, or an emergency ends before it begins.",
        "Write `2027-08-12 18:00`.",
        _HOURS,
        _OFFICE + "emergency: {message: greeting, until: tonight}\n",
        _OFFICE + "emergency: {message: greeting, until: 2027-08-12 18:00}\n",
    ),
    Code(
        "unknown_calendar",
        "No calendar of this name stands in the section `hours`.",
        "Take the nearest name that is offered, or write the calendar.",
        _HOURS,
        _OFFICE + "emergency: {message: greeting, until: 2027-08-12 18:00, calendars: offices}\n",
        _OFFICE + "emergency: {message: greeting, until: 2027-08-12 18:00, calendars: office}\n",
    ),
    Code(
        "past",
        "An exception or an emergency is over (warning); nothing can come of the line any more.",
        "Take the line out.",
    ),
)

EXPRESSION_CODES = (
    Code(
        "expression_grammar",
        "Something is missing in an expression, or stands where it cannot.",
        "Look at brackets and quotes; comparisons do not chain.",
    ),
    Code(
        "expression_sign",
        "A sign is no part of an expression, or is written otherwise.",
        "Write `==`, `and`, `or`, `not`; text stands in quotes.",
    ),
    Code(
        "expression_number",
        "A whole number is too large, or has a 0 before it.",
        "Digits that are no number, such as those of a telephone, stand in quotes: `'0120'`.",
    ),
    Code("expression_time", "There is no such time of day.", "Times go from `00:00` to `24:00`."),
    Code("expression_date", "There is no such day.", "Dates are written `2027-01-31`."),
    Code("expression_long", "An expression is too long to be understood.", "Make it several steps."),
    Code(
        "unknown_name",
        "An expression asks for something that nobody knows.",
        "Take the nearest name; a variable has to be collected, set or dipped somewhere. Text stands in quotes.",
    ),
    Code(
        "unknown_word",
        "A word is none of the list that it is compared with: a language, an agency, a day of the week.",
        "Take the nearest word that is offered.",
    ),
    Code(
        "type",
        "Values of different types are compared or reckoned with, or a value of another type is needed here.",
        "Text stands in quotes; numbers, times and dates stand without.",
    ),
    Code("division", "An expression divides by zero.", "Divide by something else."),
    Code("empty_range", "Nothing can be in a range whose first value is the larger one.", "Swap the two."),
)
