"""Runs, live in the browser: hints in, frames out. What is shown always comes from the database."""
