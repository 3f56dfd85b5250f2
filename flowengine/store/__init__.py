"""Rows <-> values, set-based: no function's number of statements depends on the number of items."""
