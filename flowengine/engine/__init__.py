"""PURE: what happens to a run. ``decide`` says what follows, ``evolve`` folds it."""
