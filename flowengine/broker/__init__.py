"""The wire. Adapters are imported by :mod:`flowengine.broker.connect` only when their URL is used."""
