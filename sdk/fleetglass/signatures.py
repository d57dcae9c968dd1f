"""Signs what the collector tells an agent, with the key that the agent has for the collector."""

import hashlib
import hmac


def signature(key: str, *parts: str) -> str:
    """Return the signature of some texts; empty without a key."""
    if not key:
        return ""
    # The lengths keep two texts from running into each other.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def is_genuine(signed: str, key: str, *parts: str) -> bool:
    """Return whether a signature is that of these texts; without a key there is none to check."""
    return not key or hmac.compare_digest(signed, signature(key, *parts))
