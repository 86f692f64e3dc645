"""When a small desk lends an idle agent to another desk's contact.

A language desk of three has agents idle while fifty people wait for anybody. Keeping one colleague idle for certain
wastes them; lending whoever is idle leaves the desk's own citizens with nobody (a third of them are answered in time,
in a simulated day). So a desk lends by price and by purse:

- the *price* of one more agent away is what coverage says: the desk's own contacts, expected within a horizon, that
  would find nobody (`lost_by_one_less`);
- the *purse* is what its own citizens got so far: each answered within the promise puts in what the target leaves over,
  each other takes out the target. A desk in debt lends only what is nearly free, a rich one somewhat more;
- and the need: while more contacts inside their promise wait where help may go, a higher price is paid.

Only + - × ÷ on floats: a replay on another machine gives the same bits.
"""

from ivr_engine.core.queue_rules import LendingRules

LONGEST_PURSE = 5.0
"""Contacts that a purse holds, or owes, at most: what a desk saved at night is not all spent at ten o'clock."""


def put_in(purse: float, *, within: bool, rules: LendingRules) -> float:
    """The purse after one more of the desk's own contacts."""
    purse += (100.0 if within else 0.0) / 100.0 - rules.target_percent / 100.0
    return max(-LONGEST_PURSE, min(LONGEST_PURSE, purse))


def accepted(rules: LendingRules, purse: float) -> float:
    """The price at which the desk lends where nobody's need says more: contacts of its own that may find nobody."""
    base = rules.price_percent / 100.0
    if purse >= 0:
        return base * (1.0 + purse * rules.gain_percent / 100.0)
    thrift = 1.0 - purse * rules.thrift_percent / 100.0
    return base / (thrift * thrift)


def need(rules: LendingRules, inside: int, on_duty: int, handle_ms: int) -> float:
    """How many times that price is paid.

    `inside` contacts wait within their promise where `on_duty` agents work, each for `handle_ms`: together the time
    until the last of them is taken.
    """
    need_ms = inside * handle_ms / on_duty if on_duty else 0.0
    return max(rules.need_least_percent / 100.0, min(rules.need_most_percent / 100.0, need_ms / rules.need_ms))
