"""Figures that the tests and the processes under test share."""

LEASE_S = 5.0
