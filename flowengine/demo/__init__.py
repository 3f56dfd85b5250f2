"""A small real shop that shows the line at work: ``flowengine demo``."""
