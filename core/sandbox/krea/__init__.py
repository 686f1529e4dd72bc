"""Krea as the sandbox plays it: addresses, errors, uploads."""
