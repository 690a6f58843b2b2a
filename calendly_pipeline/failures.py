"""The error tree. Every error says whether trying again can help.

PipelineError
├── InputError              what a person brought cannot be used as it is; exit code 2
│   ├── SettingsError       pipeline.toml or the environment
│   └── UnreadableFile      one dropped file
├── StoreError              one of our own stores
│   ├── WarehouseBusy       another process holds the warehouse; retry helps
│   └── StateError          the state store cannot be read or written
├── GrainViolated           a model's rows repeat their key; the last good table stays
└── ChecksFailed            a blocking data check did not pass; exit code 1
"""


class PipelineError(Exception):
    """Base of every error this project raises on purpose."""

    retry_helps = False
    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class InputError(PipelineError):
    """Something a person brought cannot be used as it is."""

    exit_code = 2


class SettingsError(InputError):
    """A setting is missing, misspelt or of the wrong kind; the message names the key."""


class UnreadableFile(InputError):
    """A dropped file that cannot be read at all."""

    def __init__(self, path_name: str, reason: str, remedy: str) -> None:
        super().__init__(f"{path_name}: {reason}.", remedy)
        self.path_name = path_name
        self.reason = reason


class StoreError(PipelineError):
    """One of the project's own stores refused."""


class WarehouseBusy(StoreError):
    """Another process holds the warehouse file."""

    retry_helps = True


class StateError(StoreError):
    """The state store cannot be opened, or is of another version."""


class GrainViolated(PipelineError):
    """A model gave two rows of one key, or a row without one; nothing was replaced."""


class ChecksFailed(PipelineError):
    """A blocking data check did not pass, so what follows it was not rebuilt."""
