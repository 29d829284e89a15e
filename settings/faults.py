"""What is raised for settings that cannot be used."""


class ConfigError(Exception):
    """The settings cannot be used; the message has one line for each fault, saying what to set."""

    def __init__(self, faults: list[str]) -> None:
        """Report *faults*."""
        super().__init__("\n".join(faults))
        self.faults = faults
