"""The list of defects, each with the check that has to find it."""

DEFECTS = {}


def defect(check):
    """Adds a function that breaks the raw worker."""

    def add(breaks):
        DEFECTS[breaks.__name__.replace("_", "-")] = check, breaks
        return breaks

    return add
