"""Fakes of our own protocols."""
