"""The tests of flowengine; ``docs/testing.md`` says which kind lives where."""
