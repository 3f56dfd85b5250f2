"""The whole engine over a seeded scheduler that interleaves, kills, loses and doubles.

One seed gives one schedule: the same workflows, the same faults, the same order of steps, on any
machine. Everything that decides, saves and reads is the product's own; the simulation brings the
threads (:mod:`.scheduler`), the broker (:mod:`.broker`), user code (:mod:`.pool`), people
(:mod:`.people`) and, in place of the database, a model that behaves as *read committed* does
(:mod:`.model`). See ``docs/testing.md``.
"""
