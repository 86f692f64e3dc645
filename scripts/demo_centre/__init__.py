"""The demo: a whole centre on one machine, played by simulated citizens and counsellors over real SIP.

plan      what everybody will do, from a seed; pure
centre    switch, database, engine and phones, started and stopped
desks     what the counsellors do besides talking: hold, consult, complete, finish wrap-up, go on break
feed      what the engine tells, as the board wants it
compare   what the SIP phones saw against what the journal says; pure
summary   how it went, in words and as JSON; pure
show      the board on a terminal, lines elsewhere, a picture for the README
"""
