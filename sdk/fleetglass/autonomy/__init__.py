"""What an agent may do: the policy, and the rules that judge one action by it.

The detectors judge what was done, the SDK what is about to be done, by the same code.
"""
