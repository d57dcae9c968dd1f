"""Looks up prices for new models, and corrects the rows whose price has changed."""

import json
from collections.abc import Collection

from fleetglass_collector.prices.book import Book
from fleetglass_collector.prices.sql import COST
from fleetglass_collector.settle import ledger
from fleetglass_collector.settle.ledger import Pair
from fleetglass_collector.settle.outbox import Outbox
from fleetglass_collector.settle.row import COLUMNS, REST
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.schema.clauses import quoted

BATCH_ROWS = 100_000
# A query names them all, and the database limits the size of a query.
BATCH_PAIRS = 50
# Rows whose usage counts. A row without usage costs nothing, whatever the price.
COUNTS = "(isNull(cost) OR input_tokens + output_tokens > 0 OR ifNull(reported_cost, 0) > 0)"


class Pricing:
    def __init__(self, store: Store, book: Book, outbox: Outbox, *, cluster: str) -> None:
        self._store = store
        self._book = book
        self._outbox = outbox
        self._cluster = cluster

    def start(self) -> None:
        """Apply the prices of the package and the configuration to all rows that are kept."""
        changed = ledger.sync(self._store, self._book, cluster=self._cluster)
        if changed:
            self._reprice(changed & self._pairs(COUNTS), "1")

    def learn(self, where: str) -> None:
        """Look up the models that the rows of some segments name for the first time."""
        # Also models of rows that do not count yet, and models that answered for another one.
        new = "(provider, name) NOT IN (SELECT provider, model FROM prices)"
        pairs = self._pairs(f"{where} AND {new}")
        if not pairs:
            return
        if known := ledger.learn(self._store, self._book, pairs, cluster=self._cluster):
            self._reprice(known, where)

    def _pairs(self, where: str) -> set[Pair]:
        rows = self._store.query(
            "SELECT DISTINCT provider, arrayJoin(arrayDistinct([model, response_model])) AS name "
            f"FROM agent_spans_rows WHERE {where} AND name != ''",
            fmt="JSONCompactEachRow",
        )
        return {(row[0], row[1]) for row in map(json.loads, rows.splitlines())}

    def _reprice(self, pairs: Collection[Pair], where: str) -> None:
        columns = COLUMNS.replace(
            "sign, version", "change AS sign, toUInt32(version + (change = 1))"
        )
        quotes = [f"({quoted(provider)}, {quoted(model)})" for provider, model in sorted(pairs)]
        for start in range(0, len(quotes), BATCH_PAIRS):
            names = ", ".join(quotes[start : start + BATCH_PAIRS])
            sql = (
                f"SELECT {columns}{REST} "
                "FROM (SELECT * EXCEPT new_cost "
                "REPLACE(if(change = 1, new_cost, cost) AS cost), change "
                f"FROM (SELECT *, {COST} AS new_cost FROM agent_spans_rows FINAL "
                f"WHERE {where} AND {COUNTS} "
                f"AND ((provider, model) IN ({names}) OR (provider, response_model) IN ({names})) "
                f"AND NOT isNotDistinctFrom(new_cost, cost) LIMIT {BATCH_ROWS}) "
                "ARRAY JOIN [-1, 1]::Array(Int8) AS change)"
            )
            while body := self._store.query(sql, fmt="RowBinary"):
                self._outbox.send(body)
