"""Reports: what the journal says of a stretch of time, added up. Pure: entries in, rows out; others read and show.

One log, one computation: the command line, the API and the tests all add up the same notices, so that a figure that
somebody is paid by can be computed again by anybody who has the journal.
"""
