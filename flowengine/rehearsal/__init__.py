"""Workflows played through in memory: no database, no broker, a clock that jumps.

:mod:`.world` is a shell around the engine's own rules, as small as one can be: what the rules decide
is what production decides. :mod:`.door` lets starts in, :mod:`.fakes` says what tasks do,
:mod:`.story` tells what happens.
"""
