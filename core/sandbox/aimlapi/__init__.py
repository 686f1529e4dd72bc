"""AI/ML API as the sandbox plays it: addresses, envelopes, list of models, account."""
