"""PURE: the expression language: text -> tree with places -> value, bounded in cost."""
