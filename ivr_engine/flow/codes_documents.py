"""Codes of files and of YAML itself."""

from ivr_engine.flow.codes_row import Code

_FLOW = "flows/main.yaml"

DOCUMENT_CODES = (
    Code(
        "unreadable",
        "A file or folder cannot be read, or something else has its name (a folder, a pipe).",
        "Look at the permissions of the file.",
    ),
    Code(
        "outside",
        "A link leads out of the folder: what stands there is not watched over by whoever looks after the documents.",
        "Put the file itself into the folder. Only `prompts/` as a whole may be a link.",
    ),
    Code(
        "too_large",
        "A document has more than a megabyte, or all of them have more than eight.",
        "Split it: any section may stand in several files.",
    ),
    Code("too_many_files", "There are more files than anybody looks after.", "Is it the right folder?"),
    Code(
        "encoding",
        "The file is not UTF-8: it was saved as UTF-16, Latin-1 or CP949 (Korean Windows).",
        "Save it as UTF-8; editors have a menu for it.",
    ),
    Code(
        "control_character",
        "A character stands there that cannot be seen, such as NUL.",
        "Delete it; it often comes with text that was copied.",
    ),
    Code(
        "syntax",
        "This is not YAML: a tab at the beginning of a line, a missing quote, a wrong indentation.",
        "Look at the line and the one before it.",
        _FLOW,
        "steps:\n\tgreeting:\n\t\tplay: greeting\n",
        "steps:\n  greeting:\n    play: greeting\n",
    ),
    Code(
        "empty",
        "A file, a list or a value has nothing in it.",
        "Say something, or take it out.",
        _FLOW,
        "steps: {greeting: {play: []}}\n",
        "steps: {greeting: {play: greeting}}\n",
    ),
    Code(
        "second_document",
        "A line `---` begins a second document in the same file.",
        "Make it two files.",
        _FLOW,
        "steps: {greeting: {play: greeting}}\n---\nsteps: {}\n",
        "---\nsteps: {greeting: {play: greeting}}\n",
    ),
    Code(
        "tag",
        "YAML's tags (`!!int`, `!ruby/object`) are not used; every value is what is written.",
        "Take the tag out.",
        _FLOW,
        "steps: {greeting: {play: !!str greeting}}\n",
        "steps: {greeting: {play: greeting}}\n",
    ),
    Code(
        "key",
        "A key is a list or a mapping instead of one word.",
        "Write one word before the colon.",
        _FLOW,
        "steps: {[greeting]: {play: greeting}}\n",
        "steps: {greeting: {play: greeting}}\n",
    ),
    Code(
        "doubled_key",
        "The same key stands twice, in one mapping or in two files that hold the same section. "
        "YAML would keep the last one and say nothing.",
        "Only one of the two can be meant.",
        _FLOW,
        "steps:\n  greeting: {play: greeting}\n  greeting: {play: menu}\n",
        "steps:\n  greeting: {play: greeting}\n  again: {play: menu}\n",
    ),
    Code(
        "alias",
        "An alias (`*name`) has no anchor (`&name`) before it, or stands inside the value that it repeats.",
        "A key `*` of a telephone needs quotes.",
        _FLOW,
        "steps: {greeting: {play: *sentence}}\n",
        "steps: {greeting: {play: &sentence greeting}, again: {play: *sentence}}\n",
    ),
    Code(
        "too_deep",
        "Values stand inside values, or folders inside folders, deeper than any document of ours goes.",
        "Look for a bracket that is not closed.",
        _FLOW,
        "steps: [[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]\n",
        "steps: {greeting: {play: greeting}}\n",
    ),
    Code(
        "too_many_values",
        "A file has more values than anybody writes. Aliases count as often as they are used, "
        "so that a file of a few lines cannot grow to gigabytes.",
        "Split the file.",
    ),
    Code(
        "unknown_section",
        "A file says something at its outermost level that is neither a section nor a flow.",
        "Take the nearest name that is offered; or the file belongs elsewhere.",
        "numbers.yaml",
        'numbrs:\n  "120": {flow: main}\n',
        'numbers:\n  "120": {flow: main}\n',
    ),
    Code("more", "There are more mistakes than are shown.", "Mend the first ones and look again."),
)
