"""Codes of what only some verbs can get wrong: secrets, variables, cases, addresses, calls."""

from ivr_engine.flow.codes_row import Code

_FLOW = "flows/main.yaml"

STEP_CODES = (
    Code(
        "secret",
        "Something secret would be said, sent, shown or told to a system that was not allowed to know it.",
        "Use another variable; a data dip may be told a secret with `sends_secret: true`.",
        _FLOW,
        "steps: {pin: {collect: pin, prompts: ask, secret: true}, desk: {queue: general, show: pin}}\n",
        "steps: {pin: {collect: pin, prompts: ask, secret: true}, desk: {queue: general}}\n",
    ),
    Code(
        "must_be_secret",
        "Resident numbers and card numbers may only be asked for as secrets.",
        "Write `secret: true`.",
        _FLOW,
        "steps: {who: {collect: resident, prompts: ask, checksum: resident_number}}\n",
        "steps: {who: {collect: resident, prompts: ask, checksum: resident_number, secret: true}}\n",
    ),
    Code(
        "reserved",
        "This name means something else in expressions, so that no variable can have it.",
        "Take another name.",
        _FLOW,
        "steps: {ask: {collect: caller, prompts: ask}}\n",
        "steps: {ask: {collect: number_to_call, prompts: ask}}\n",
    ),
    Code(
        "two_types",
        "A variable is given values of two types; it has one in the whole folder.",
        "Take another name for one of them.",
        _FLOW,
        "steps:\n  ask: {collect: bill, prompts: ask}\n"
        "  look_up: {dip: water, url: 'https://water.example', outputs: {bill: whole_number}, failed: person}\n",
        "steps:\n  ask: {collect: account, prompts: ask}\n"
        "  look_up: {dip: water, url: 'https://water.example', outputs: {bill: whole_number}, failed: person}\n",
    ),
    Code(
        "case",
        "A switch has a case that its value can never be.",
        "Take one of the values that are told.",
        _FLOW,
        "steps: {mobile: {switch: caller.mobile, cases: {yes: person}}}\n",
        "steps: {mobile: {switch: caller.mobile, cases: {true: person}}}\n",
    ),
    Code(
        "url",
        "This is no address that a data dip can ask.",
        "`https://host/path`, with values as `{name}` in the path or behind a `?`.",
        _FLOW,
        "steps: {look_up: {dip: water, url: 'water/{caller}', outputs: {bill: whole_number}, failed: person}}\n",
        "steps:\n  look_up: {dip: water, url: 'https://water.example/{caller}', outputs: {bill: whole_number}, "
        "failed: person}\n",
    ),
    Code(
        "output_at",
        "This cannot be the place of something in a JSON answer.",
        "Names and positions with points between: `bill.amount`, `stops.0.name`.",
        _FLOW,
        "steps:\n  look_up: {dip: water, url: 'https://water.example', "
        "outputs: {bill: {type: text, at: 'a b'}}, failed: person}\n",
        "steps:\n  look_up: {dip: water, url: 'https://water.example', "
        "outputs: {bill: {type: text, at: a.b}}, failed: person}\n",
    ),
    Code(
        "entry",
        "A transfer goes to an entry of the directory, by its code, and never to a number.",
        "Three to six digits: the code in the directory.",
        _FLOW,
        "steps: {official: {transfer: '0212345678'}}\n",
        "steps: {official: {transfer: '3001'}}\n",
    ),
    Code(
        "unknown_entry",
        "The directory has no entry of this code. Only `ivr-engine check --directory FILE` looks.",
        "Take the nearest code, or add the entry to the directory.",
    ),
    Code(
        "unknown_result",
        "The called flow returns no such thing.",
        "Take the nearest name, or add it to the `returns` of that flow.",
        _FLOW,
        "steps: {ask: {call: main, into: {account: acount}}}\n",
        "steps: {desk: {queue: general}}\n",
    ),
    Code(
        "unknown_variable",
        "No step gives such a variable a value.",
        "Take the nearest name, or keep the value somewhere.",
        _FLOW,
        "steps: {ask: {collect: account, prompts: ask}, desk: {queue: general, show: acount}}\n",
        "steps: {ask: {collect: account, prompts: ask}, desk: {queue: general, show: account}}\n",
    ),
)
