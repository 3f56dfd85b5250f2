"""An app with users of its own kind, for tests that need such."""
