# SPDX-License-Identifier: Apache-2.0
"""Feature vectors as they came, and as dicts, NumPy, Arrow or pandas."""

import dataclasses
import datetime
import decimal
import enum
import functools
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from freshet import _api

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class State(enum.IntEnum):
    """What a value is."""
    PRESENT = 1
    NULL = 2  # The entity's row is there, this feature is null.
    NOT_FOUND = 3  # No row for this entity.
    EXPIRED = 4  # The row is older than the view's ttl.
    # A window that is not covered whole, or has more groups than are kept. It
    # has a value, that of what is known, only with Cause.PARTIAL.
    INCOMPLETE = 5
    ERROR = 6  # Could not be read; see the cause.


class Cause(enum.IntEnum):
    """Why, or how the value came about."""
    NONE = 0
    DEFAULTED = 1  # The value is the definition's default.
    STALE = 2
    SOURCE_TIMEOUT = 3
    SOURCE_ERROR = 4
    NOT_AUTHORISED = 5
    NOT_IN_VERSION = 6
    CORRUPT = 7
    OVERFLOW = 8
    INPUT = 9
    PARTIAL = 10  # With INCOMPLETE: the value is that of what is known.
    # With PRESENT: of a function that is exact up to its size, and of more.
    # The value is an estimate.
    APPROXIMATE = 11

    @classmethod
    def _missing_(cls, value: object) -> Optional["Cause"]:
        # A daemon that is newer has more of them. All fit in four bits.
        if not isinstance(value, int) or not 0 <= value < 16:
            return None
        cause = int.__new__(cls, value)
        cause._name_, cause._value_ = f"CAUSE_{value}", value
        return cause


@dataclasses.dataclass(frozen=True)
class Type:
    """Of a feature, as definitions write it: `str(type)` is `decimal(10,2)`,
    `list<string>`, `float[128]`."""
    kind: str  # `bool`, `int32`, ..., `timestamp`, `decimal`.
    is_list: bool = False
    length: int = 0  # Of float[n].
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        text = (f"decimal({self.precision},{self.scale})"
                if self.kind == "decimal" else self.kind)
        if self.length:
            return f"{text}[{self.length}]"
        return f"list<{text}>" if self.is_list else text


def _timestamp(micros: int) -> Any:
    """A datetime in UTC; the microseconds themselves beyond its years."""
    try:
        return _EPOCH + datetime.timedelta(microseconds=micros)
    except OverflowError:
        return micros


# The field of a column that holds a kind's values.
_FIELDS = {"bool": "bools", "int32": "int32s", "int64": "int64s",
           "float": "floats", "double": "doubles", "timestamp": "int64s",
           "decimal": "int64s"}


def _elements(column: Any, kind: Type) -> Sequence[Any]:
    """All values of a column one after the other, lists not yet cut."""
    if kind.kind in ("string", "bytes"):
        blob, out, start = column.blob, [], 0
        for end in column.ends:
            piece = blob[start:end]
            out.append(piece.decode() if kind.kind == "string" else piece)
            start = end
        return out
    values: Sequence[Any] = getattr(column, _FIELDS[kind.kind])
    if kind.kind == "timestamp":
        return [_timestamp(value) for value in values]
    if kind.kind == "decimal":
        return [decimal.Decimal(value).scaleb(-kind.scale) for value in values]
    return values


def _values(column: Any, kind: Type) -> List[Any]:
    """One for each status byte; that of one without a value means nothing."""
    elements = _elements(column, kind)
    if kind.length:
        return [list(elements[i:i + kind.length])
                for i in range(0, len(elements), kind.length)]
    if not kind.is_list:
        return list(elements)
    nulls = column.null_elements
    flat = [None if nulls and nulls[i] else value
            for i, value in enumerate(elements)]
    out, start = [], 0
    for end in column.list_ends:
        out.append(flat[start:end])
        start = end
    return out


class Column:
    """One feature over all rows of a request.

    Attributes:
        name: `view.feature`.
        type: a Type.
        shared: all its keys were shared: its one value stands for every row.
    """

    def __init__(self, column: Any, rows: int,
                 with_expired: bool = False) -> None:
        kind = _api.enum_names("Kind")[column.type.kind].lower()
        self.name: str = column.name
        self.type = Type(kind, column.type.list, column.type.fixed_length,
                         column.type.precision, column.type.scale)
        self.shared: bool = column.shared
        self._column = column
        self._rows = rows
        self._with_expired = with_expired

    def _spread(self, values: Sequence[Any]) -> List[Any]:
        return list(values) * self._rows if self.shared else list(values)

    @functools.cached_property
    def statuses(self) -> List[Tuple[State, Cause]]:
        """One (State, Cause) for each row."""
        return self._spread([(State(byte & 15), Cause(byte >> 4))
                             for byte in self._column.statuses])

    @functools.cached_property
    def values(self) -> List[Any]:
        """One for each row; None where there is none (see `statuses`).

        bool, int, float, str and bytes; timestamps are datetimes in UTC,
        decimals decimal.Decimal, lists list, with None for a null element.
        """
        values = _values(self._column, self.type)
        return self._spread([
            value if self._has_value(byte) else None
            for byte, value in zip(self._column.statuses, values)])

    def by(self, keys: "Column") -> List[Optional[Dict[Any, Any]]]:
        """One dict for each row, of a feature that is computed by a second key:
        `vectors["paid.amount_sum_1h_by_merchant"].by(
        vectors["paid.amount_keys_1h_by_merchant"])`. None where there is none.

        ValueError where the keys are those of another feature.
        """
        found: List[Optional[Dict[Any, Any]]] = []
        for names, values in zip(keys.values, self.values):
            if names is None or values is None:
                found.append(None)
            elif len(names) != len(values):
                raise ValueError(f"'{keys.name}' has {len(names)} keys, and "
                                 f"'{self.name}' {len(values)} values")
            else:
                found.append(dict(zip(names, values)))
        return found

    @property
    def event_times(self) -> List[Optional[datetime.datetime]]:
        """When each row's value happened; asked for by `event_times=True`."""
        times = self._column.event_times_micros
        return self._spread([
            None if time == 0 and byte & 15 in (State.NOT_FOUND, State.ERROR)
            else _timestamp(time)
            for byte, time in zip(self._column.statuses, times)])

    def _has_value(self, byte: int) -> bool:
        state, cause = byte & 15, byte >> 4
        return (state == State.PRESENT or
                cause in (Cause.DEFAULTED, Cause.PARTIAL) or
                state == State.EXPIRED and self._with_expired)


class FeatureVectors(Mapping[str, Column]):
    """What a request was answered: columns by name, in the order asked for.

    Attributes:
        rows: how many entities.
        request_id: stands in the daemon's log too.
        request_time: the moment that ages were judged at.
        versions: the version of each view that answered; 0: it has none yet.
    """

    def __init__(self, reply: Any, with_expired: bool = False) -> None:
        self.rows: int = reply.rows
        self.request_id: str = reply.request_id
        self.request_time: datetime.datetime = _timestamp(
            reply.request_time_micros)
        self.versions: Dict[str, int] = {
            version.view: version.version for version in reply.versions}
        self._columns: Dict[str, Column] = {}
        for one in reply.columns:
            column = Column(one, self.rows, with_expired)
            self._columns[column.name] = column

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Any:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def to_dict(self) -> Dict[str, List[Any]]:
        """Values by feature, as Column.values."""
        return {name: column.values for name, column in self.items()}

    def to_rows(self) -> List[Dict[str, Any]]:
        """A dict for each entity."""
        columns = self.to_dict()
        return [{name: values[i] for name, values in columns.items()}
                for i in range(self.rows)]

    def to_numpy(self, dtype: Any = "float64") -> Any:
        """An array of shape (rows, numbers), for a model.

        Features stand side by side in their order, float[n] as n numbers, bool
        as 0 and 1. What has no value is NaN. TypeError for text, timestamps and
        lists of any length.
        """
        import numpy
        parts = [_to_matrix(column, self.rows, dtype, numpy)
                 for column in self.values()]
        return (numpy.concatenate(parts, axis=1) if parts
                else numpy.empty((self.rows, 0), dtype))

    def to_arrow(self) -> Any:
        """A pyarrow.Table with a column for each feature; what has no value is
        null."""
        import pyarrow
        return pyarrow.table(
            [pyarrow.array(column.values, _arrow_type(column.type, pyarrow))
             for column in self.values()], names=list(self))

    def to_pandas(self) -> Any:
        """A pandas.DataFrame, as pyarrow makes it of to_arrow()."""
        return self.to_arrow().to_pandas()


def _to_matrix(column: Column, rows: int, dtype: Any, numpy: Any) -> Any:
    kind = column.type
    if kind.is_list or kind.kind in ("string", "bytes", "timestamp"):
        raise TypeError(f"feature '{column.name}' is of type {kind}, which is "
                        "no number; leave it out, or use to_dict()")
    width = kind.length or 1
    missing = [numpy.nan] * width
    return numpy.array(
        [missing if value is None else value for value in column.values]
        if kind.length else
        [numpy.nan if value is None else value for value in column.values],
        dtype).reshape(rows, width)


def _arrow_type(kind: Type, pyarrow: Any) -> Any:
    scalar = {
        "bool": pyarrow.bool_, "int32": pyarrow.int32, "int64": pyarrow.int64,
        "float": pyarrow.float32, "double": pyarrow.float64,
        "string": pyarrow.string, "bytes": pyarrow.binary,
        "timestamp": lambda: pyarrow.timestamp("us", "UTC"),
        "decimal": lambda: pyarrow.decimal128(kind.precision, kind.scale),
    }[kind.kind]()
    if kind.length:
        return pyarrow.list_(scalar, kind.length)
    return pyarrow.list_(scalar) if kind.is_list else scalar
