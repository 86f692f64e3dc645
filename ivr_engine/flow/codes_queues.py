"""Codes of the rules of queues: what a requirement, a step while waiting, a way out or a share may be."""

from ivr_engine.flow.codes_row import Code

_QUEUES = "queues.yaml"
_HEAD = "skills: [general, transport, english]\nperson: general\nqueues:\n  transport: {}\n"

QUEUE_CODES: tuple[Code, ...] = (
    Code(
        "requirement",
        "A requirement cannot be read: skills are joined with `and` and `or`, in brackets, each perhaps `>= 1` to 5.",
        "Write it as in the example; `prefers` joins with `and` only.",
        _QUEUES,
        _HEAD + "  general: {needs: english >= 9}\n",
        _HEAD + "  general: {needs: english >= 3 and (general or transport)}\n",
    ),
    Code(
        "no_operation",
        "A step of relaxation changes nothing: it has conditions and no operation.",
        "Say `drop`, `lower`, `also` or `raise_priority`.",
        _QUEUES,
        _HEAD + "  general: {relaxation: {later: {after_seconds: 20}}}\n",
        _HEAD + "  general: {relaxation: {later: {after_seconds: 20, raise_priority: 1}}}\n",
    ),
    Code(
        "overflow",
        "A way out of a queue is none: it is `wait`, or a word and a name with a colon between them.",
        "Name a queue (`queue:general`) or the flow that speaks next (`flow:`, `callback:`, `voicemail:`, `end:`).",
        _QUEUES,
        _HEAD + "  general: {limits: {waiting: 50, full: transport}}\n",
        _HEAD + '  general: {limits: {waiting: 50, full: "queue:transport"}}\n',
    ),
    Code(
        "unmeetable",
        "No agent can meet what a queue or a step needs. Only `ivr-engine check --agents FILE` looks.",
        "Train somebody, ask for less, or say `unmeetable` in the limits of the queue.",
    ),
    Code(
        "callback",
        "How a queue calls citizens back cannot be read: hours have two ends (`09:00`), numbers have digits and X.",
        "Write it as in the example; see docs/callback.md.",
        _QUEUES,
        _HEAD + '  general: {callback: {from: "9", to: "18:00"}}\n',
        _HEAD + '  general: {callback: {from: "09:00", to: "18:00", numbers: ["010XXXXXXXX"]}}\n',
    ),
    Code(
        "shares",
        "The contractors' shares of a queue are not 100 per cent together.",
        "Give every contractor of the queue a share; what is nobody's cannot be kept.",
        _QUEUES,
        _HEAD + "  general: {contractor_shares: {han: 40, nam: 50}}\n",
        _HEAD + "  general: {contractor_shares: {han: 40, nam: 60}}\n",
    ),
    Code(
        "phrase",
        "A place or a wait is announced, and the words round its values are missing or too few.",
        "Name them under `announcements` beside `queues`: `place` and `up_to` two each, `between` three, `soon` and "
        "`longer` one.",
        _QUEUES,
        _HEAD + "  general: {announcements: {first_after_seconds: 30, place: true}}\n",
        _HEAD + "  general: {announcements: {first_after_seconds: 30, comfort: greeting}}\n",
    ),
    Code(
        "key_untold",
        "A key leads out of the wait, and no sentence tells of it.",
        "Name the prompt that does under `comfort`.",
        _QUEUES,
        _HEAD + '  general: {announcements: {first_after_seconds: 30, keys: {"1": "queue:transport"}}}\n',
        _HEAD
        + '  general: {announcements: {first_after_seconds: 30, comfort: greeting, keys: {"1": "queue:transport"}}}\n',
    ),
    Code(
        "wait_key",
        "A key under `keys` is none: 0 to 9 or *; # ends every question.",
        "Write one key, in quotes.",
        _QUEUES,
        _HEAD
        + '  general: {announcements: {first_after_seconds: 30, comfort: greeting, keys: {"12": "queue:transport"}}}\n',
        _HEAD
        + '  general: {announcements: {first_after_seconds: 30, comfort: greeting, keys: {"1": "queue:transport"}}}\n',
    ),
    Code(
        "closing",
        "A queue has hours and no way out after them, or the other way round.",
        "Say both: `hours` names a calendar, `closed` under `limits` where who comes later goes.",
        _QUEUES,
        _HEAD + '  general: {limits: {closed: "queue:transport"}}\n',
        _HEAD + '  general: {limits: {nobody: "queue:transport"}}\n',
    ),
)
