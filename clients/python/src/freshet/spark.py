# SPDX-License-Identifier: Apache-2.0
"""Pushes what Spark Structured Streaming works out, each row once.

    def push(batch, epoch):
        events = freshet.spark.with_event_ids(batch, epoch, "event_id",
                                              query="payments")
        freshet.spark.push(events, "features:7600", "payments")

    stream.writeStream.foreachBatch(push).option(
        "checkpointLocation", "...").start()

Spark repeats a batch that it had not finished when it was killed, and a task that
failed: what had been pushed of it is pushed again. It counts once, for its events
have the same ids: they have to come from the rows themselves, for Spark promises no
order of rows, nor which partition one is in.

Executors need this package, and pyarrow. Spark is imported when it is used.
"""

import dataclasses
from typing import Any, Dict, Iterable, Iterator, List

from freshet.client import Client
from freshet.push import RejectReason


@dataclasses.dataclass(frozen=True)
class PushedRows:
    """What became of the rows of a DataFrame."""
    accepted: int
    # By RejectReason.name, those that can be in no window: pushed again they
    # would be rejected again.
    rejected: Dict[str, int]


def with_event_ids(frame: Any, epoch: int, column: str, query: str) -> Any:
    """The DataFrame with an id for each row, of type string: made of the query, the
    epoch and the row, and the same whenever the batch is worked out again, in
    whatever order. Where rows have an id of their own, use that: this sorts them.

    Rows of a batch that are equal in all columns are told apart by a number: they
    are equal, so it does not matter which of them has which. Columns have to be
    the same each time: nothing of rand() or of when it ran.

    Args:
        frame: of a batch; its columns are bool, numbers, decimals, strings,
            binary, dates and timestamps.
        epoch: of foreachBatch.
        column: the id's, which is to be the source's `id_field`.
        query: what no other query into the source is called, nor this one with
            another checkpoint: epochs begin again at 0.

    Raises:
        TypeError: a column is of another type.
        ValueError: the DataFrame has the column, or no name is given.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F
    if not query:
        raise ValueError("query is empty: give it a name of its own")
    if column in frame.columns:
        raise ValueError(f"the DataFrame has a column '{column}': push it as it "
                         "is, or name another")
    texts = [_text(frame, field) for field in frame.schema.fields]
    # JSON, so that what is in one column is never taken for part of the next.
    row = F.sha2(F.to_json(F.array(*texts)), 256)
    # By the digest, and not by the columns: to Spark 0.0 equals -0.0.
    same = Window.partitionBy(column).orderBy(F.lit(0))
    begin = F.lit(f"{query}-{epoch}-")
    return frame.withColumn(column, row).withColumn(column, F.concat(
        begin, F.col(column), F.lit("-"),
        F.row_number().over(same).cast("string")))


def _text(frame: Any, field: Any) -> Any:
    """A value as text that no other value of the column has."""
    from pyspark.sql import functions as F
    from pyspark.sql import types as T
    value = frame[f"`{field.name}`"]
    if isinstance(field.dataType, T.TimestampType):
        # As text an hour of the year is there twice, in most zones.
        return F.unix_micros(value).cast("string")
    if isinstance(field.dataType, T.BinaryType):
        return F.base64(value)
    if isinstance(field.dataType, (
            T.BooleanType, T.NumericType, T.StringType, T.DateType,
            T.TimestampNTZType)):
        return value.cast("string")
    raise TypeError(f"column '{field.name}' is {field.dataType.simpleString()}, "
                    "of which no event has a field")


def push(frame: Any, address: str, source: str, *, batch_rows: int = 1000,
         timeout: float = 60.0) -> PushedRows:
    """Pushes the rows of a DataFrame, from where its partitions are, and returns
    when all that are not rejected are on the daemon's disk, or in its push log.

    Args:
        frame: each column goes to the field of its name. A timestamp is a
            moment; one without a zone (TIMESTAMP_NTZ) and a date are refused.
        address: `host:port` of `settings.listen.data`, as the executors reach
            it.
        source: one of `stream_sources`, with an `id_field`.
        batch_rows: how many rows are pushed at a time.
        timeout: seconds that one push may take, with all its attempts while no
            daemon answers.

    Raises:
        What Spark raises where a task failed; the message has what
        Client.push() raised. Some rows may have been pushed: push all of it
        again, as Spark does with a batch that it had not finished.
    """
    if batch_rows < 1:
        raise ValueError("batch_rows is less than 1")

    def push_partition(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow
        accepted, rejected = 0, {reason.name: 0 for reason in RejectReason}
        with Client(address) as client:
            for batch in batches:
                for first in range(0, batch.num_rows, batch_rows):
                    columns = batch.slice(first, batch_rows).to_pydict()
                    result = client.push(source, columns, timeout=timeout,
                                         idempotent=True)
                    accepted += result.accepted
                    for _, reason in result.rejected:
                        rejected[reason.name] += 1
        names: List[str] = ["ACCEPTED", *rejected]
        yield pyarrow.RecordBatch.from_pydict(
            {"what": names, "rows": [accepted, *rejected.values()]})

    counts: Dict[str, int] = {}
    for one in frame.mapInArrow(push_partition,
                                "what string, rows bigint").collect():
        counts[one["what"]] = counts.get(one["what"], 0) + one["rows"]
    accepted = counts.pop("ACCEPTED", 0)
    return PushedRows(accepted, {name: rows for name, rows in counts.items()
                                 if rows})
