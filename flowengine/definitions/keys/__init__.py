"""The one table of keys: what a workflow file may say, with types, defaults and meanings."""
