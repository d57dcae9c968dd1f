"""The journal keeps acknowledged requests on disk until the database or quarantine has them.

A segment is a sequence of `varint(length) record`. The journal appends and fsyncs these bytes
before it acknowledges a request. The same bytes, unchanged, are later the body of one insert.
"""

from fleetglass_collector.journal.journal import Journal, State
from fleetglass_collector.journal.segment import Segment

__all__ = ["Journal", "Segment", "State"]
