"""What is decided: pure, table-driven, in a time that it is told."""
