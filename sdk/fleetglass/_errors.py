"""What the SDK raises.

BaseException
├── Stopped           a guard that the author asked for ends the run
│   ├── BudgetExceeded
│   └── Halted
├── TierViolation (PermissionError): the policy does not allow a call, and enforcement is on
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


class TierViolation(PermissionError):
    """The agent may not make this call. The tool was not called.

    An `Exception`, unlike the others: the agent is to learn of it and to go on without the tool.
    """

    def __init__(self, agent: str, tool: str, *, rule: str, what: str, legal_if: str) -> None:
        self.agent = agent
        self.tool = tool
        self.rule = rule
        """Which rule of the policy forbids it, such as `above-tier`."""
        self.legal_if = legal_if
        super().__init__(f"{tool} {what}; it is allowed if {legal_if}")


class ConfigurationError(ValueError):
    """A setting is wrong. It is raised where the setting is made, and never later."""
