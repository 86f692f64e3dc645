"""Days that never were, in virtual time, through the very core that runs live: what a policy or a roster would do."""
