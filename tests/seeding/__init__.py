"""Many from a few: a database that looks as after a busy month, for tests, measurements and pictures."""
