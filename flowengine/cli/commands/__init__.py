"""One module per command; the table of names is in ``program.py``."""
