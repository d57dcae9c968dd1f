"""Small pieces of SQL."""


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def on_cluster(cluster: str) -> str:
    return f" ON CLUSTER {quoted(cluster)}" if cluster else ""


def local(table: str, *, cluster: str) -> str:
    """Return the name of the table that holds a node's own rows."""
    return f"{table}_local" if cluster else table


def login(user: str, password: str) -> str:
    """Return the clause that names the user a dictionary reads as; without one it is `default`."""
    return f" USER {quoted(user)} PASSWORD {quoted(password)}" if user or password else ""
