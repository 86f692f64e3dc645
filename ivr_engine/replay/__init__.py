"""Call scenarios: written in YAML, run in virtual time, over the wire or on a real Asterisk, and judged alike."""
