"""Who pays and who may: keys, balances, people, and which way a job takes to its provider."""
