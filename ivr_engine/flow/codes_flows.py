"""Codes of steps and of flows as a whole."""

from ivr_engine.flow.codes_row import Code

_FLOW = "flows/main.yaml"
_FAR = (
    "steps:\n"
    + "".join(
        f'  ask_{n}: {{menu: menu, choices: {{"1": {after}}}, person_key: none, on_silence: bye, otherwise: bye}}\n'
        for n, after in enumerate(("ask_1", "ask_2", "person"))
    )
    + "  bye: {hangup: closed}\n"
)

FLOW_CODES = (
    Code(
        "no_verb",
        "A step does not say what to do.",
        "Give it one verb: `play`, `menu`, `queue`, …",
        _FLOW,
        "steps: {greeting: {say_it: greeting}}\n",
        "steps: {greeting: {play: greeting}}\n",
    ),
    Code(
        "two_verbs",
        "A step does two things.",
        "Make it two steps.",
        _FLOW,
        "steps: {greeting: {play: greeting, hangup: closed}}\n",
        "steps: {greeting: {play: greeting}, bye: {hangup: closed}}\n",
    ),
    Code(
        "endless",
        "Who presses nothing goes in circles.",
        "Lead `next`, `otherwise` or `on_silence` to a queue, to a hangup or to `person`.",
        _FLOW,
        "steps: {a: {play: greeting, next: b}, b: {play: menu, next: a}}\n",
        "steps: {a: {play: greeting, next: b}, b: {play: menu}}\n",
    ),
    Code(
        "calls_itself",
        "A flow calls itself, straight or by way of others.",
        "Lead `next` back to a step instead, with a counter that ends it.",
        _FLOW,
        "steps: {greeting: {play: greeting}, again: {call: main}}\n",
        "steps: {greeting: {play: greeting}, again: {play: menu}}\n",
    ),
    Code(
        "not_spoken",
        "A citizen can get to a sentence in a language in which it does not exist.",
        "Add the text and the recording, or lead that language elsewhere.",
        "numbers.yaml",
        'numbers: {"120": {flow: main, language: ja}}\n',
        'numbers: {"120": {flow: main, language: en}}\n',
    ),
    Code(
        "too_much_kept",
        "All that flows keep of a citizen does not fit on the citizen's channel.",
        "Shorter names, fewer keys, or the same name where the same thing is meant.",
        _FLOW,
        "steps:\n"
        + "".join(f"  ask_{n}: {{collect: a_very_long_name_{n}, prompts: ask, max_keys: 20}}\n" for n in range(30)),
        "steps:\n  ask_0: {collect: account, prompts: ask, max_keys: 20}\n",
    ),
    Code(
        "unreachable",
        "No citizen ever gets to this flow or step (a warning).",
        "Lead something there, or take it out.",
        _FLOW,
        "steps: {a: {queue: general}, b: {hangup: closed}}\n",
        "steps: {a: {play: greeting}, b: {hangup: closed}}\n",
    ),
    Code(
        "no_person",
        "Who dials a number reaches no person, whatever is pressed. An error where the section `proofs` is written, "
        "else a warning.",
        "Lead a key, `otherwise` or `on_silence` to `person`, or list the number under `without_person`.",
        _FLOW,
        "steps: {bye: {hangup: closed}}\n",
        "steps: {desk: {queue: general}}\n",
    ),
    Code(
        "person_far",
        "Who dials a number reaches a person, but with more keys or seconds than the section `proofs` promises "
        "(2 keys and 60 s where nothing is written: a warning then). The evidence is the nearest way.",
        "Offer a person earlier, or shorten what is said before.",
        _FLOW,
        _FAR,
        _FAR.replace("on_silence: bye", "on_silence: person"),
    ),
    Code(
        "unset",
        "A step uses a variable that has no value on at least one way that leads there; that way is told.",
        "Give it a value with `set` before, or lead that way elsewhere.",
        _FLOW,
        'steps:\n  topic: {menu: menu, choices: {"1": ask, "2": look}}\n'
        "  ask: {collect: account, prompts: ask}\n"
        "  look: {switch: account, cases: {'1234': person}}\n",
        'steps:\n  topic: {menu: menu, choices: {"1": ask, "2": person}}\n'
        "  ask: {collect: account, prompts: ask}\n"
        "  look: {switch: account, cases: {'1234': person}}\n",
    ),
    Code(
        "too_many_states",
        "There are more places where a citizen can stand than can be proved: flows that call flows, times languages.",
        "Fewer flows that call one another, or fewer languages.",
    ),
)
