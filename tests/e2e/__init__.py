"""The whole of it, in a real browser."""
