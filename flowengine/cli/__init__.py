"""The command line: ``flowengine …`` anywhere, ``manage.py flow …`` inside a project; one program.

Data goes to stdout, everything said to people to stderr. Exit codes: ``exits.py``.
"""

from flowengine.cli.program import main

__all__ = ["main"]
