"""The journal: what is acknowledged is on disk, and leaves it only for the database or quarantine.

A segment is `varint(length) record` again and again, which is both what is appended and fsynced
before a client is told yes, and, unchanged, the body of one insert.
"""

from fleetglass_collector.journal.journal import Journal, State
from fleetglass_collector.journal.segment import Segment

__all__ = ["Journal", "Segment", "State"]
