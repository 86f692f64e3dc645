"""What operators write in YAML, and the interpreter that speaks it: pure."""
