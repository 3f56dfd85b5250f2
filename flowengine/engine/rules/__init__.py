"""The rules behind :func:`flowengine.engine.decide.decide`, one file per subject."""
