"""AI/ML API: its requests and answers, and the models that it publishes; no I/O."""
