"""What a user can mend."""


class LabError(Exception):
    """Says in one line what is wrong and what to do next."""
