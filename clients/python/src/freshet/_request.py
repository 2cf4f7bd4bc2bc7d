# SPDX-License-Identifier: Apache-2.0
"""From Python's values to a GetFeaturesRequest."""

import operator
from typing import Any, Mapping, Optional, Sequence, Union

from freshet import _api

KeyValue = Union[str, int, bytes]
Keys = Mapping[str, Sequence[KeyValue]]


def _fill(column: Any, values: Sequence[Any]) -> None:
    """All of one kind, by the first; numpy's integers and strings as well."""
    first = next(iter(values), None)
    if isinstance(first, bool) or first is None:
        raise TypeError(f"key '{column.name}' has the value {first!r}; keys "
                        "are str, int or bytes")
    if isinstance(first, str):
        column.strings.extend(values)
    elif isinstance(first, (bytes, bytearray)):
        column.bytes.extend(bytes(value) for value in values)
    else:
        column.int64s.extend(operator.index(value) for value in values)


def get_features(features: Union[str, Sequence[str]], keys: Optional[Keys],
                 shared: Optional[Mapping[str, KeyValue]],
                 **more: Any) -> Any:
    """`more`: fields of the request; None leaves one out."""
    request = _api.message("GetFeaturesRequest")(
        include_names=True,
        **{name: value for name, value in more.items() if value is not None})
    if isinstance(features, str):
        request.feature_service = features
    else:
        request.features.extend(features)
    for name, values in (keys or {}).items():
        if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
            raise TypeError(
                f"key '{name}' takes a sequence with a value for each row, not "
                f"{values!r}; one value for all rows goes into `shared`")
        column = request.keys.add(name=name)
        if len(values) > 0:
            _fill(column, values)
    for name, value in (shared or {}).items():
        _fill(request.keys.add(name=name, shared=True), [value])
    return request
