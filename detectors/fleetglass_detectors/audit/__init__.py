"""The audit log: what must be traceable later, in chains that show a change.

Whoever does something that belongs into the log writes it there first, and does it then:

    log.write(database, [Event(kind="directive", by="ann", tenant="acme", body={...})])

`log` is a `Log`, of which a process has one. `verify.py` finds what was changed afterwards.
"""
