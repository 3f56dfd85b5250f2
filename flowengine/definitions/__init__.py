"""PURE: YAML text -> Workflow. No I/O, no clock, no chance, no framework."""
