"""The use cases: each one function over a batch, each one transaction."""
