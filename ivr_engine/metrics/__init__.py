"""Notices → Prometheus: what the NOC sees, counted from the same facts as the journal.

Three sources, one registry. *Notices* are counted as they are published, a fraction of a microsecond each, into series
that were resolved once. The *view* is looked at when somebody scrapes. *Readings* are counts that other parts keep of
themselves (inbox, journal, AMI, visits) and that are read at the scrape; one that nobody feeds is not exported.

Labels are words of the configuration (queue) and of the vocabulary (disposition, result, phase): never a caller, a
contact, an agent or a channel, so that the number of series has a ceiling.
"""
