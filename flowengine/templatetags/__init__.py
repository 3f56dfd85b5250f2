"""Template tags, found by Django under the name ``flowengine``."""
