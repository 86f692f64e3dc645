"""Codes of fields: what may stand where, and names that lead nowhere."""

from ivr_engine.flow.codes_row import Code

_FLOW = "flows/main.yaml"
_NUMBERS = "numbers.yaml"
_QUEUES = "queues.yaml"
_PROMPTS = "prompts.yaml"
_SKILLS = "skills: [general, transport, english]\nperson: general\n"
_GREETING = "steps: {greeting: {play: greeting}}\n"
_120 = 'numbers: {"120": {flow: main}}\n'
_MENU = 'steps:\n  topic: {{menu: menu, choices: {{"1": desk}}, {}}}\n  desk: {{queue: general}}\n'

NAME_CODES = (
    Code(
        "not_a_mapping",
        "A mapping (`key: value`) is needed, and something else stands there.",
        "Look at the indentation.",
        _NUMBERS,
        '- "120"\n',
        _120,
    ),
    Code(
        "not_a_value",
        "One value is needed, and a list or a mapping stands there.",
        "A colon followed by a space makes a mapping: put the value in quotes.",
        _FLOW,
        "steps: {desk: {queue: [general, transport]}}\n",
        "steps: {desk: {queue: general}}\n",
    ),
    Code(
        "unknown_key",
        "No such key is known in this place.",
        "Take the nearest name that is offered.",
        _FLOW,
        "steps: {greeting: {play: greeting, barge: true}}\n",
        "steps: {greeting: {play: greeting, barge_in: true}}\n",
    ),
    Code(
        "missing",
        "Something that is needed is not said.",
        "Add the key.",
        _FLOW,
        "steps: {topic: {menu: menu}}\n",
        'steps: {topic: {menu: menu, choices: {"1": person}}}\n',
    ),
    Code(
        "name",
        "This cannot be a name. Names are small letters a-z, digits and `_`, begin with a letter, and have at most 32.",
        "Documents are called `NAME.yaml`. `person` is always there and cannot be a step of yours.",
        _FLOW,
        "steps: {Begrüßung: {play: greeting}}\n",
        _GREETING,
    ),
    Code(
        "not_allowed",
        "Only a few words may stand here, and this is none of them.",
        "Take one of those that are listed.",
        _FLOW,
        "steps: {bye: {hangup: done}}\n",
        "steps: {bye: {hangup: self_served}}\n",
    ),
    Code(
        "number",
        "A whole number within bounds is needed.",
        "Digits alone, within the bounds that are told.",
        _FLOW,
        _MENU.format("tries: many"),
        _MENU.format("tries: 2"),
    ),
    Code(
        "seconds",
        "A duration in seconds within bounds is needed.",
        "Write `5` or `2.5`, without a unit.",
        _FLOW,
        _MENU.format("first_key_seconds: 5s"),
        _MENU.format("first_key_seconds: 5"),
    ),
    Code(
        "too_long",
        "A text, a list or a section is longer than can be used.",
        "Split it.",
        _QUEUES,
        _SKILLS + f"queues: {{general: {{title: {'x' * 1001}}}}}\n",
        _SKILLS + "queues: {general: {title: 일반}, transport: {}}\n",
    ),
    Code(
        "unknown_prompt",
        "No such sentence stands in the section `prompts`.",
        "Take the nearest name, or add the sentence.",
        _FLOW,
        "steps: {greeting: {play: greting}}\n",
        _GREETING,
    ),
    Code(
        "unknown_queue",
        "No such queue stands in the section `queues`.",
        "Take the nearest name, or add the queue.",
        _FLOW,
        "steps: {desk: {queue: genral}}\n",
        "steps: {desk: {queue: general}}\n",
    ),
    Code(
        "unknown_music",
        "No such class of music stands in the section `music`.",
        "Add it there, and to the switch's `musiconhold.conf`.",
        _QUEUES,
        _SKILLS + "music: [festival]\nqueues: {transport: {}, general: {music: festval}}\n",
        _SKILLS + "music: [festival]\nqueues: {transport: {}, general: {music: festival}}\n",
    ),
    Code(
        "music_not_there",
        "The switch has no such class of music. Only `ivr-engine check --music FILE` looks.",
        "Add the class to the switch's `musiconhold.conf`, or take the nearest name.",
    ),
    Code(
        "unknown_skill",
        "No such skill stands in the section `skills`: nobody could ever answer.",
        "Take the nearest name, or add the skill.",
        _FLOW,
        "steps: {desk: {queue: general, requirement: englsh}}\n",
        "steps: {desk: {queue: general, requirement: english}}\n",
    ),
    Code(
        "unknown_flow",
        "No such flow is in the folder.",
        "A flow is named by its file: `flow:english` is `flows/english.yaml`.",
        _NUMBERS,
        'numbers: {"120": {flow: mian}}\n',
        _120,
    ),
    Code(
        "unknown_agency",
        "No such agency stands in the section `agencies`.",
        "Take the nearest name, or add the agency.",
        _NUMBERS,
        'agencies: {mapo: {kind: district, ko: 마포구, en: Mapo-gu}}\nnumbers: {"120": {flow: main, agency: mapoo}}\n',
        'agencies: {mapo: {kind: district, ko: 마포구, en: Mapo-gu}}\nnumbers: {"120": {flow: main, agency: mapo}}\n',
    ),
    Code(
        "unknown_number",
        "A number is named that the section `numbers` does not have.",
        "Write it as it stands there.",
        "proofs.yaml",
        'proofs: {without_person: ["121"]}\n',
        'proofs: {without_person: ["120"]}\n',
    ),
    Code(
        "unknown_step",
        "No such step is in this flow.",
        "Take the nearest name; the beginning of another flow is `flow:NAME`.",
        _FLOW,
        "steps: {greeting: {play: greeting, next: dsk}, desk: {queue: general}}\n",
        "steps: {greeting: {play: greeting, next: desk}, desk: {queue: general}}\n",
    ),
    Code(
        "number_dialled",
        "This is not a number that can be dialled.",
        "2 to 15 digits, perhaps behind a `+`, in quotes.",
        _NUMBERS,
        'numbers: {"12O": {flow: main}}\n',
        _120,
    ),
    Code(
        "prompt_path",
        "A recording would lie outside of the folder `prompts/`, by its name or through a link.",
        "Names are relative to `prompts/LANGUAGE/`, without `.wav`.",
        _PROMPTS,
        "prompts: {greeting: {file: ../../etc/passwd, text: {ko: 안녕하세요}}}\n",
        "prompts: {greeting: {file: greeting, text: {ko: 안녕하세요}}}\n",
    ),
    Code(
        "no_recording",
        "A sentence has a text but no recording in that language: a citizen would hear silence.",
        "Record it, or build it with `ivr-engine prompts build`.",
        _PROMPTS,
        "prompts: {greeting: {file: hello, text: {ko: 안녕하세요}}}\n",
        "prompts: {greeting: {text: {ko: 안녕하세요}}}\n",
    ),
    Code(
        "ceiling",
        "A recording takes longer than the sentence may.",
        "Raise `milliseconds`, or shorten the recording.",
    ),
    Code(
        "ring_too_long",
        "One phone would ring for as long as the promise lasts, so that no second one could keep it.",
        "Ring shorter.",
        _QUEUES,
        _SKILLS + "queues: {transport: {}, general: {promise_seconds: 15, ring_seconds: 15}}\n",
        _SKILLS + "queues: {transport: {}, general: {promise_seconds: 15, ring_seconds: 10}}\n",
    ),
)
