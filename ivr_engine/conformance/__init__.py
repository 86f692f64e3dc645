"""One scenario on every level, and whether they tell one story."""
