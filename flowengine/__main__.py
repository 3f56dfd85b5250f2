"""``python -m flowengine``: the same program as ``flowengine``."""

import sys

from flowengine.cli import main

sys.exit(main())
