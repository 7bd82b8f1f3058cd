"""`python -m rnngen`."""

import sys

from rnngen.cli import main

if __name__ == "__main__":
    sys.exit(main())
