"""The tables of flowengine, as Django makes them."""
