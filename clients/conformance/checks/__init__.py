"""The checks, a module for each group; to import them is to put them on the list, in this order."""

from checks import basics, results, reports  # noqa: F401
from checks import settles, connections, restart  # noqa: F401
from checks import frozen, killed, stopping, orders  # noqa: F401
from checks import cancelling, deadlines, storm  # noqa: F401
