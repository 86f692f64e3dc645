"""Asterisk's words → the core's facts. PURE: one message in, facts out, nothing remembered.

The dialplan's UserEvents say what happened at the places where a caller can stand; `Hangup` says that a leg is gone;
`OriginateResponse` says how a phone that we made ring ended. A message that is not ours is no fact; one of ours that
does not say enough is refused. What a caller supplied has been filtered by the dialplan and is still only text here.
"""
