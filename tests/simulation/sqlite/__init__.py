"""The product's own store on SQLite, as a store of schedules.

Each simulated thread has a connection of its own to one file, so that what is not committed is seen by
nobody else. What SQLite cannot do is left out: writers do not interleave, and the answer to a commit
cannot be lost on its way.
"""
