"""Makes the recordings of this folder anew: `python -m tests.histories.make [--asterisk] NAME…`.

They are kept, not made by the tests: a later version of the engine must still decide them as they were decided, or say
in the change log why it does not. A new one is made where a new kind of fact deserves one.
"""

import sys
from pathlib import Path

from ivr_engine import __version__
from ivr_engine.conformance import asterisk
from ivr_engine.replay import simulated
from ivr_engine.replay.language import read
from ivr_engine.replay.recording import write
from ivr_engine.replay.scrub import Scrub

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "scenarios"


def make(name: str, *, real: bool) -> None:
    """`transfer/completed` becomes transfer_completed.jsonl.gz."""
    scenario = read(SCENARIOS / f"{name}.scenario.yaml")[0]
    played = asterisk.run(scenario) if real else simulated.run(scenario)
    assert not played.problems, played.problems
    level = "on_asterisk" if real else "simulated"
    file = HERE / f"{name.replace('/', '_')}_{level}.jsonl.gz"
    source = f"{name}, {level.replace('_', ' ')}"
    print(file.name, write(file, Scrub().entries(played.entries), engine=__version__, source=source))


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        if not wanted.startswith("--"):
            make(wanted, real="--asterisk" in sys.argv)
