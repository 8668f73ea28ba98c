"""How long a promise may take here: as long as it says, or PATIENCE times that, on a machine that has more to do."""

import os

PATIENCE = float(os.environ.get("PATIENCE", "1"))
