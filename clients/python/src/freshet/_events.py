# SPDX-License-Identifier: Apache-2.0
"""From Python's values to a PushRequest.

What a field's type is, only the daemon knows: a column goes out as what its
values are in Python, and the daemon takes what loses nothing.
"""

import datetime
import decimal
import functools
import numbers
import operator
from typing import Any, Callable, Dict, Iterable, List, Mapping, Sequence, Union

from freshet import _api

# Columns by name, a pandas.DataFrame, or records.
Events = Union[Mapping[str, Sequence[Any]], Iterable[Mapping[str, Any]], Any]

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MICROSECOND = datetime.timedelta(microseconds=1)
_INT64_MAX = 2**63 - 1
# As numpy.datetime64's integer, not a time.
_NAT = -2**63
# Coarser ones are no moments.
_TIME_UNITS = ("h", "m", "s", "ms", "us", "ns", "ps", "fs", "as")
_NUMBER, _TIMESTAMP = 1, 2  # Of IntegerMeaning.


@functools.lru_cache(maxsize=256)
def _kind(one: type) -> str:
    """What a value is of which this is the type: NumPy's and pandas' by their
    names, for neither is imported here."""
    if issubclass(one, type(None)) or one.__name__ in ("NAType", "NaTType",
                                                         "_Absent"):
        return "null"
    if issubclass(one, bool) or one.__module__ == "numpy" and one.__name__ in (
            "bool", "bool_"):
        return "bool"
    if one.__name__ == "timedelta64":  # Which is an Integral.
        return "timedelta64"
    if issubclass(one, numbers.Integral):
        return "int"
    if issubclass(one, numbers.Real) and not issubclass(one, numbers.Rational):
        return "float"
    if issubclass(one, (bytes, bytearray, memoryview)):
        return "bytes"
    if issubclass(one, datetime.datetime) or one.__name__ == "datetime64":
        return "datetime"
    for known in (str, decimal.Decimal):
        if issubclass(one, known):
            return known.__name__
    return one.__name__


def _integer(value: Any) -> int:
    integer = operator.index(value)
    if not -_INT64_MAX - 1 <= integer <= _INT64_MAX:
        raise ValueError(f"{integer} is beyond 64 bits")
    return integer


def _real(value: Any) -> float:
    real = float(value)
    # NumPy compares its own as floats.
    if isinstance(value, numbers.Integral) and real != operator.index(value):
        raise ValueError(f"{value} is among floats, and no float is exactly it")
    return real


def _decimal(value: Any) -> str:
    number = decimal.Decimal(value)
    if not number.is_finite() or abs(number.as_tuple().exponent) > 100:
        raise ValueError(f"{value} is no decimal of at most 18 digits")
    return format(number, "f")


def _timestamp(value: Any) -> int:
    if not isinstance(value, datetime.datetime):  # numpy.datetime64
        import numpy
        return int(_micros(numpy.asarray([value]), numpy)[0])
    if value.utcoffset() is None:
        raise ValueError(f"{value!r} has no time zone: a moment without one "
                         "is no moment")
    return int((value - _EPOCH) // _MICROSECOND)


def _micros(times: Any, numpy: Any) -> Any:
    unit = numpy.datetime_data(times.dtype)[0]
    if unit not in _TIME_UNITS and not numpy.isnat(times).all():
        raise TypeError(f"datetime64[{unit}] is no moment; give it in hours, or "
                        "finer")
    return times.astype("datetime64[us]").astype("int64")


class _Wire:
    """How values of some kinds go out.

    Attributes:
        field: of EventColumn.
        of: makes the wire's value of one of Python's.
        null: stands where there is none.
        meaning: an IntegerMeaning.
    """

    def __init__(self, field: str, of: Callable[[Any], Any], null: Any,
                 meaning: int = 0) -> None:
        self.field, self.of, self.null, self.meaning = field, of, null, meaning


_WIRES = {
    frozenset(["bool"]): _Wire("bools", bool, False),
    frozenset(["int"]): _Wire("integers", _integer, 0, _NUMBER),
    frozenset(["float"]): _Wire("doubles", _real, 0.0),
    frozenset(["int", "float"]): _Wire("doubles", _real, 0.0),
    frozenset(["Decimal"]): _Wire("strings", _decimal, ""),
    frozenset(["int", "Decimal"]): _Wire("strings", _decimal, ""),
    frozenset(["str"]): _Wire("strings", str, ""),
    frozenset(["bytes"]): _Wire("bytes", bytes, b""),
    frozenset(["datetime"]): _Wire("integers", _timestamp, 0, _TIMESTAMP),
}
_TAKEN = ("str, bytes, int, float, bool, datetime, numpy.datetime64, Decimal "
          "or None")


class _Absent:
    """Of what a record has no value for, and no None."""


ABSENT = _Absent()


def _null(value: Any) -> int:
    """In EventColumn.nulls."""
    return 2 if value is ABSENT else 1


def _fill(column: Any, values: Sequence[Any]) -> None:
    """Of any Python values."""
    kinds = frozenset(_kind(one) for one in set(map(type, values)))
    some = kinds - {"null"}
    if not some:
        column.nulls = bytes(_null(value) for value in values)
        return
    wire = _WIRES.get(some)
    if wire is None:
        raise TypeError(f"column '{column.name}' has values of "
                        f"{' and '.join(sorted(some))}; a column is of one of "
                        f"{_TAKEN}")
    out: List[Any] = []
    nulls = bytearray(len(values))
    for row, value in enumerate(values):
        if _kind(type(value)) == "null":
            nulls[row] = _null(value)
            out.append(wire.null)
            continue
        try:
            out.append(wire.of(value))
        except (TypeError, ValueError) as error:
            raise type(error)(
                f"column '{column.name}', row {row}: {error}") from None
        if out[row] == _NAT and wire.meaning == _TIMESTAMP:
            nulls[row] = 1
    if any(nulls):
        column.nulls = bytes(nulls)
    column.integer_meaning = wire.meaning
    getattr(column, wire.field).extend(out)


def _fill_array(column: Any, values: Any) -> None:
    """Of a NumPy array. Those of Python objects are as a sequence of them."""
    import numpy
    kind, itemsize = values.dtype.kind, values.dtype.itemsize
    if values.ndim != 1:
        raise TypeError(f"column '{column.name}' is an array of shape "
                        f"{values.shape}; it takes one value for each event")
    if (isinstance(values, numpy.ma.MaskedArray) or kind == "O" or
            kind == "u" and itemsize == 8):
        return _fill(column, values.tolist())
    fields = {"b": "bools", "i": "integers", "u": "integers", "f": "doubles",
              "U": "strings", "S": "bytes", "M": "integers"}
    if kind not in fields or kind == "f" and itemsize > 8:
        raise TypeError(f"column '{column.name}' is an array of {values.dtype};"
                        f" a column is of one of {_TAKEN}")
    if kind == "M":
        try:
            values = _micros(values, numpy)
        except TypeError as error:
            raise TypeError(f"column '{column.name}': {error}") from None
        nulls = values == _NAT
        if nulls.any():
            column.nulls = nulls.tobytes()
        column.integer_meaning = _TIMESTAMP
    elif fields[kind] == "integers":
        column.integer_meaning = _NUMBER
    getattr(column, fields[kind]).extend(values.tolist())


def _fill_series(column: Any, series: Any) -> None:
    """Of a pandas.Series: what pandas calls missing is null, NaN as well."""
    kind = series.dtype.kind
    nulls = series.isna().to_numpy(dtype=bool)
    if kind == "M":
        if series.dt.tz is None:
            raise ValueError(
                f"column '{column.name}' has no time zone; give it one, as by "
                "frame[name].dt.tz_localize('UTC')")
        return _fill_array(column, series.dt.tz_convert(None).to_numpy(
            dtype="datetime64[us]"))
    if not nulls.any() and getattr(series.dtype, "isbuiltin", 0):
        return _fill_array(column, series.to_numpy())
    values = iter(series[~nulls].tolist())
    _fill(column, [None if null else next(values) for null in nulls])


def fill(column: Any, values: Any) -> None:
    """An EventColumn with a name, from a sequence, an array or a Series."""
    if hasattr(values, "isna") and hasattr(values, "dtype"):
        _fill_series(column, values)
    elif hasattr(values, "dtype") and hasattr(values, "ndim"):
        _fill_array(column, values)
    elif (isinstance(values, (str, bytes, Mapping)) or
          not hasattr(values, "__len__")):
        raise TypeError(
            f"column '{column.name}' takes a sequence with a value for each "
            f"event, not {values!r}; one event is a list of one mapping")
    else:
        _fill(column, values)


def _columns_of(events: Events) -> Mapping[str, Any]:
    if isinstance(events, Mapping):
        return events
    if hasattr(events, "to_numpy") and hasattr(events, "columns"):
        if not events.columns.is_unique:
            raise ValueError("two columns of the DataFrame have one name")
        return {name: events[name] for name in events.columns}
    records = list(events)
    columns: Dict[str, List[Any]] = {}
    for row, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise TypeError(
                f"event {row} is {record!r}; events are columns by name, a "
                "DataFrame, or mappings, each of one event")
        for name in record:
            columns.setdefault(name, [])
    for name, values in columns.items():
        values.extend(record.get(name, ABSENT) for record in records)
    return columns


def request(source: str, events: Events, sequence: int = 0,
            request_id: "str | None" = None) -> Any:
    """A PushRequest."""
    made = _api.message("PushRequest")(
        source=source, sequence=sequence, request_id=request_id or "")
    for name, values in _columns_of(events).items():
        if not isinstance(name, str):
            raise TypeError(f"{name!r} is no name of a field")
        fill(made.columns.add(name=name), values)
    return made
