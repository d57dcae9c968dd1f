"""What the SDK raises.

BaseException
├── Stopped           a guard that the author asked for ends the run
│   ├── BudgetExceeded
│   └── Halted
└── ConfigurationError (ValueError): a setting or a decorator's argument makes no sense
"""


class Stopped(BaseException):
    """A run that must not go on.

    Not an `Exception`: agent frameworks hand a tool's exceptions to the model and go on, which is
    what must not happen here. `finally` and `with` work as ever.
    """


class BudgetExceeded(Stopped):
    """The run has used up its budget."""

    def __init__(self, agent: str, resource: str, *, used: float, limit: float) -> None:
        self.agent = agent
        self.resource = resource
        """usd, tokens, steps, seconds, depth or fan_out."""
        self.used = used
        self.limit = limit
        super().__init__(f"{agent!r} has used {used:g} {resource} of {limit:g}")


class Halted(Stopped):
    """Somebody stopped the agent from outside."""

    def __init__(self, agent: str, reason: str) -> None:
        self.agent = agent
        self.reason = reason
        super().__init__(f"{agent!r} is halted: {reason or 'no reason given'}")


class ConfigurationError(ValueError):
    """A setting is wrong. It is raised where the setting is made, and never later."""
