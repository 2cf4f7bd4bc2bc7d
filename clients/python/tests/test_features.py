# SPDX-License-Identifier: Apache-2.0
"""What was handed over comes back, of every type and in every form."""

import asyncio
import datetime
import decimal
import math

import grpc
import numpy
import pyarrow
import pytest

import freshet
from conftest import SCHEMA
from freshet import Cause, State

UTC = datetime.timezone.utc
NOW = datetime.datetime.now(UTC).replace(microsecond=123456)
OLD = NOW - datetime.timedelta(days=30)

# One with values, one of nulls, one that has expired.
FULL = {"user_id": 7, "at": NOW, "flag": True, "small": -5, "big": 2**53 + 1,
        "half": 0.5, "score": 0.1, "name": "Zoë", "raw": b"\x00\xff",
        "seen": NOW, "price": decimal.Decimal("12.50"),
        "words": ["a", None, ""], "numbers": [], "embedding": [1.0, -2.0]}
NULLS = {**dict.fromkeys(FULL), "user_id": 8, "at": NOW}
EXPIRED = {**FULL, "user_id": 9, "at": OLD}
# Older versions of pyarrow write no null of a list of a fixed length.
WRITTEN = SCHEMA.set(SCHEMA.get_field_index("embedding"),
                     pyarrow.field("embedding", pyarrow.list_(pyarrow.float32())))
FEATURES = [name for name in FULL if name not in ("user_id", "at")]


@pytest.fixture(scope="module", autouse=True)
def snapshots(daemon, admin):
    admin.push_snapshot(
        "users", pyarrow.Table.from_pylist([FULL, NULLS, EXPIRED], WRITTEN),
        str(daemon.directory / "users" / "first"))
    admin.push_snapshot(
        "items", pyarrow.table({"item_id": ["x", "y"], "price": [1.5, 2.5]}),
        str(daemon.directory / "items" / "first"))


def test_values_are_pythons_own(client):
    vectors = client.get_features("all", {"user_id": [7]})
    assert list(vectors) == [f"users.{name}" for name in FEATURES]
    assert vectors.to_rows() == [
        {f"users.{name}": FULL[name] for name in FEATURES}]
    assert {str(column.type) for column in vectors.values()} >= {
        "bool", "decimal(10,2)", "list<string>", "float[2]", "timestamp"}
    assert vectors.versions == {"users": 1}
    assert vectors.rows == 1
    assert abs(vectors.request_time - NOW) < datetime.timedelta(hours=1)


def test_what_is_not_there_is_a_state(client):
    vectors = client.get_features("all", {"user_id": [8, 404, 9]})
    assert vectors["users.big"].values == [None, None, None]
    assert vectors["users.big"].statuses == [
        (State.NULL, Cause.NONE), (State.NOT_FOUND, Cause.NONE),
        (State.EXPIRED, Cause.NONE)]
    # It has a default.
    assert vectors["users.small"].values == [-1, -1, -1]
    assert [cause for _, cause in vectors["users.small"].statuses] == (
        [Cause.DEFAULTED] * 3)


def test_a_cause_of_a_newer_daemon_is_one():
    assert Cause(11) is Cause.APPROXIMATE
    assert Cause(15) == 15
    assert Cause(15).name == "CAUSE_15"
    with pytest.raises(ValueError):
        Cause(16)


def test_expired_values_and_event_times_on_request(client):
    vectors = client.get_features(["users.big"], {"user_id": [7, 9, 404]},
                                  event_times=True, expired_values=True)
    column = vectors["users.big"]
    assert column.values == [2**53 + 1, 2**53 + 1, None]
    assert [state for state, _ in column.statuses] == [
        State.PRESENT, State.EXPIRED, State.NOT_FOUND]
    assert column.event_times == [NOW, OLD, None]


def test_a_shared_key_stands_for_all_rows(client):
    vectors = client.get_features("rank", {"item_id": ["x", "z", "y"]},
                                  shared={"user_id": 7})
    assert vectors.to_dict() == {"users.big": [2**53 + 1] * 3,
                                 "items.price": [1.5, None, 2.5]}
    assert vectors["users.big"].shared


def test_keys_of_numpy(client):
    vectors = client.get_features("rank", {
        "user_id": numpy.array([7, 8]), "item_id": numpy.array(["x", "y"])})
    assert vectors["users.big"].values == [2**53 + 1, None]


def test_numpy_is_a_matrix_for_a_model(client):
    matrix = client.get_features("model", {"user_id": [7, 8]}).to_numpy()
    assert matrix.shape == (2, 6)
    assert matrix[0].tolist() == [1, -5, 0.5, 12.5, 1, -2]
    assert matrix[1][1] == -1
    assert all(math.isnan(matrix[1][i]) for i in (0, 2, 3, 4, 5))
    with pytest.raises(TypeError, match="users.name"):
        client.get_features("all", {"user_id": [7]}).to_numpy()


def test_arrow_and_pandas_keep_the_types(client):
    vectors = client.get_features("all", {"user_id": [7, 8]})
    table = vectors.to_arrow()
    for name in FEATURES:
        if name != "small":  # It has a default.
            assert table.column(f"users.{name}").to_pylist() == [
                FULL[name], None], name
        assert table.schema.field(f"users.{name}").type == (
            SCHEMA.field(name).type), name
    frame = vectors.to_pandas()
    assert frame["users.name"].tolist() == ["Zoë", None]
    assert frame["users.small"].tolist() == [-5, -1]


def test_no_rows_are_no_error(client):
    vectors = client.get_features("model", {"user_id": numpy.array([], int)})
    assert vectors.rows == 0
    assert vectors.to_numpy().shape == (0, 6)


def test_versions_and_labels(client):
    assert client.get_features(["users.big"], {"user_id": [7]},
                               versions={"users": 1}).versions["users"] == 1
    with pytest.raises(freshet.NotFound):
        client.get_features(["users.big"], {"user_id": [7]},
                            versions={"users": 99})


def test_wrong_requests_say_what_is_wrong(client):
    with pytest.raises(freshet.NotFound, match="model") as caught:
        client.get_features("modle", {"user_id": [7]})
    assert caught.value.code == grpc.StatusCode.NOT_FOUND
    with pytest.raises(freshet.InvalidArgument, match="user_id"):
        client.get_features("model", {"user_id": ["seven"]})
    with pytest.raises(TypeError, match="shared"):
        client.get_features("model", {"user_id": 7})
    with pytest.raises(TypeError, match="user_id"):
        client.get_features("model", {"user_id": [True]})
    with pytest.raises(TypeError):
        client.get_features("model", {"user_id": [1.5]})


def test_request_ids_are_echoed(client):
    vectors = client.get_features("model", {"user_id": [7]}, request_id="r-1")
    assert vectors.request_id == "r-1"
    with pytest.raises(freshet.NotFound, match="r-2"):
        client.get_features("modle", {"user_id": [7]}, request_id="r-2")


def test_asyncio(daemon):
    async def ask():
        async with freshet.AsyncClient(daemon.ports["data"]) as client:
            with pytest.raises(freshet.NotFound):
                await client.get_features("modle", {"user_id": [7]})
            return await asyncio.gather(*(
                client.get_features("rank", {"item_id": ["x"]},
                                    shared={"user_id": user})
                for user in (7, 8)))
    first, second = asyncio.run(ask())
    assert first["users.big"].values == [2**53 + 1]
    assert second["users.big"].values == [None]


def test_without_a_daemon_it_is_unavailable():
    with freshet.Client("127.0.0.1:1") as client:
        with pytest.raises(freshet.Unavailable):
            client.get_features("model", {"user_id": [7]}, timeout=10)


def test_a_timeout_is_told_apart():
    # Nobody accepts on it: the connection is made by the kernel, no more.
    import socket
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with freshet.Client(address) as client:
            with pytest.raises(freshet.DeadlineExceeded):
                client.get_features("model", {"user_id": [7]}, timeout=0.2)
