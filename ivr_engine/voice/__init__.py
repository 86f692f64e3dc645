"""The voice of the recordings that nobody has spoken yet: what is missing, and how it is made."""
