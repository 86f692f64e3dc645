"""Recorded talks on the disk: the folder that Asterisk writes them into, and the end of those whose days are over."""
