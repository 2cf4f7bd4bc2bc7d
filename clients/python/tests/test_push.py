# SPDX-License-Identifier: Apache-2.0
"""Events from Python are what features are computed of, of every type."""

import asyncio
import datetime
import decimal
import math
import threading
import uuid

import grpc
import numpy
import pandas
import pytest

import freshet
from freshet import Cause, Rejected, RejectReason, State

UTC = datetime.timezone.utc
NOW = datetime.datetime.now(UTC).replace(microsecond=123456)
AGO = NOW - datetime.timedelta(minutes=1)
FULL = {"flag": True, "small": -5, "big": 2**53 + 1, "half": 0.5, "score": 0.1,
        "name": "Zoë", "raw": b"\x00\xff", "seen": NOW,
        "price": decimal.Decimal("12.50")}


@pytest.fixture
def user(request):
    """One that no other test has."""
    return uuid.uuid5(uuid.NAMESPACE_OID, request.node.name).int >> 65


def action(user, **fields):
    return {"user_id": user, "at": AGO, "id": uuid.uuid4().hex, **fields}


def last(client, user, *fields):
    names = [f"acted.{field}_last_1h" for field in fields]
    vectors = client.get_features(names, {"user_id": [user]})
    return [vectors[name].values[0] for name in names]


def count(client, user):
    return client.get_features(["acted.count_1h"], {"user_id": [user]})[
        "acted.count_1h"].values[0]


def test_values_come_back_as_they_were_pushed(client, user):
    pushed = client.push("actions", [action(user, **FULL)], request_id="p-1")
    assert pushed == freshet.PushResult(1, [], "p-1")
    assert last(client, user, *FULL) == list(FULL.values())


def test_a_second_key_makes_dicts(client, user):
    client.push("actions", [action(user, name="a", small=5),
                            action(user, name="b", small=-2),
                            action(user, name="a", small=7)])
    vectors = client.get_features(
        ["acted.small_sum_1h_by_name", "acted.small_keys_1h_by_name",
         "acted.small_first_1h_by_name", "acted.count_1h"],
        {"user_id": [user, 404]})
    sums, keys, first, counts = vectors.values()
    assert sums.by(keys) == [{"a": 12, "b": -2}, {}]
    assert first.by(keys) == [{"a": 5, "b": -2}, {}]
    with pytest.raises(TypeError):
        counts.by(keys)


def test_what_a_window_knows_in_part_is_a_value(client, user):
    client.push("actions", [action(user, score=2.0)])
    vectors = client.get_features(
        ["acted.count_1h", "acted.score_last_1h", "strict.count_1h"],
        {"user_id": [user]})
    known, score, whole = vectors.values()
    assert known.statuses == [(State.INCOMPLETE, Cause.PARTIAL)]
    assert (known.values, score.values) == ([1], [2.0])
    assert whole.statuses == [(State.INCOMPLETE, Cause.NONE)]
    assert whole.values == [None]
    assert vectors.to_arrow().to_pylist() == [vectors.to_rows()[0]]
    matrix = vectors.to_numpy()[0]
    assert matrix[:2].tolist() == [1, 2] and math.isnan(matrix[2])


def test_columns_of_sequences_and_arrays(client, user):
    ids = [uuid.uuid4().hex for _ in range(3)]
    pushed = client.push("actions", {
        "user_id": numpy.full(3, user), "id": numpy.array(ids),
        "at": numpy.array([NOW.replace(tzinfo=None)] * 3, "datetime64[us]") -
        numpy.array([3, 2, 1], "timedelta64[s]"),
        "score": numpy.array([1, 2, 4], "float32"), "price": [1, None, 2],
        "flag": numpy.array([True, True, False]),
        "raw": numpy.array([b"a", b"b", b"c"]), "name": ("a", "b", None),
        "half": [None, None, None], "big": range(3)})
    assert pushed.accepted == 3
    assert count(client, user) == 3
    assert last(client, user, "score", "price", "flag", "raw", "name", "half",
                "big") == [4.0, decimal.Decimal("2.00"), False, b"c", "b",
                           None, 2]


def test_a_data_frame_has_nulls_where_pandas_has(client, user):
    frame = pandas.DataFrame({
        "user_id": user, "id": [uuid.uuid4().hex for _ in range(3)],
        "at": pandas.to_datetime([AGO] * 3).tz_convert("America/New_York"),
        "score": [1.0, 2.0, math.nan], "name": ["a", None, "c"],
        "big": pandas.array([1, 2, None], dtype="Int64")})
    assert client.push("actions", frame).accepted == 3
    assert last(client, user, "score", "name", "big") == [2.0, "c", 2]
    with pytest.raises(ValueError, match="'at' has no time zone"):
        client.push("actions", frame.assign(at=frame["at"].dt.tz_convert(None)))
    # Also one column of it.
    client.push("actions", {"user_id": frame["user_id"], "at": frame["at"],
                            "id": ["x", "y", "z"], "score": frame["score"]})
    assert count(client, user) == 6


def test_nan_is_a_value_and_none_is_not(client, user):
    client.push("actions", [action(user, score=math.nan), action(user)])
    vectors = client.get_features(
        ["acted.score_count_1h", "acted.score_last_1h"], {"user_id": [user]})
    assert vectors["acted.score_count_1h"].values == [1]
    assert math.isnan(vectors["acted.score_last_1h"].values[0])


@pytest.mark.parametrize("field, value, back", [
    ("score", 3, 3.0), ("half", numpy.int64(3), 3.0),
    ("price", 12, decimal.Decimal("12.00")),
    ("price", decimal.Decimal("-0.500"), decimal.Decimal("-0.50")),
    ("score", numpy.float32(0.5), 0.5), ("flag", numpy.bool_(True), True),
    ("seen", numpy.datetime64("2026-01-02T03:04:05"),
     datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("seen", pandas.Timestamp("2026-01-02T03:04:05+02:00"),
     datetime.datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
    ("seen", numpy.datetime64("NaT"), None), ("name", pandas.NA, None),
    ("raw", bytearray(b"\xff"), b"\xff"), ("name", "", "")])
def test_what_loses_nothing_is_taken(client, user, field, value, back):
    client.push("actions", [action(user, **{field: value})])
    assert last(client, user, field) == [back]
    assert count(client, user) == 1


@pytest.mark.parametrize("field, value, why", [
    ("big", 1.0, "holds doubles, and its type is int64"),
    ("small", 2**31, "row 0: 2147483648 is no int32"),
    ("score", 2**53 + 1, "row 0: 9007199254740993 is beyond"),
    ("price", 0.1, "holds doubles"), ("score", "1", "holds strings"),
    ("price", decimal.Decimal("0.001"), "'0.001' does not fit"),
    ("name", b"a", "holds bytes"), ("flag", 1, "holds integers"),
    # Of a timestamp it is not known whether it is seconds.
    ("seen", 1_700_000_000, "holds numbers, and its type is timestamp"),
    ("big", NOW, "holds timestamps, and its type is int64"),
    ("nmae", "a", "nearest: 'name'")])
def test_what_would_lose_something_is_refused(client, user, field, value, why):
    with pytest.raises(freshet.InvalidArgument, match=why) as caught:
        client.push("actions", [action(user, **{field: value})])
    assert caught.value.code == grpc.StatusCode.INVALID_ARGUMENT
    assert count(client, user) == 0


@pytest.mark.parametrize("error, events, why", [
    (ValueError, [{"at": datetime.datetime(2026, 1, 1)}], "'at', row 0: .*zone"),
    (ValueError, [{"big": 2**63}], "beyond 64 bits"),
    (ValueError, {"score": [0.5, 2**53 + 1]}, "row 1: 9007199254740993"),
    (ValueError, {"score": [0.5, numpy.int64(2**53 + 1)]}, "row 1"),
    (ValueError, {"price": [decimal.Decimal("NaN")]}, "row 0: NaN"),
    (ValueError, {"big": numpy.array([2**63], "uint64")}, "beyond 64 bits"),
    (TypeError, {"flag": [True, 1]}, "'flag' has values of bool and int"),
    (TypeError, {"at": [datetime.date(2026, 1, 1)]}, "values of date"),
    (TypeError, {"at": numpy.array(["2026-01-01"], "datetime64[D]")}, "hours"),
    (TypeError, {"big": numpy.array([[1]])}, "one value for each event"),
    (TypeError, {"big": numpy.array([1], "m8[s]")}, "timedelta64"),
    (TypeError, {"name": "Zoë"}, "a list of one mapping"),
    (TypeError, {"name": 5}, "a list of one mapping"),
    (TypeError, ["Zoë"], "event 0 is 'Zoë'"),
    (TypeError, [{5: 1}], "no name of a field")])
def test_what_no_field_can_have_is_not_sent(error, events, why):
    with freshet.Client("127.0.0.1:1") as nowhere:
        with pytest.raises(error, match=why):
            nowhere.push("actions", events)


def test_rejected_events_have_a_reason_and_the_others_count(client, user):
    pushed = client.push("actions", [
        action(user), action(user, at=None), action(user),
        action(user, at=NOW + datetime.timedelta(days=1))])
    assert pushed.accepted == 2
    assert pushed.rejected == [Rejected(1, RejectReason.NO_TIME),
                               Rejected(3, RejectReason.FUTURE)]
    assert count(client, user) == 2
    assert RejectReason(99) == RejectReason.OTHER


def test_an_event_counts_once_by_its_id(client, user):
    events = [action(user), action(user)]
    client.push("actions", events)
    client.push("actions", events, idempotent=True)
    assert count(client, user) == 2
    click = [{"item_id": "once", "at": AGO}]
    client.push("clicks", click)
    client.push("clicks", click)
    assert client.get_features(["clicked.count_1h"], {"item_id": ["once"]})[
        "clicked.count_1h"].values == [2]


def test_no_events_are_no_error(client):
    assert client.push("actions", []).accepted == 0
    assert client.push("actions", {"big": []}).accepted == 0


def test_wrong_pushes_say_what_is_wrong(client):
    with pytest.raises(freshet.NotFound, match="nearest: 'actions'.*r-9"):
        client.push("action", [], request_id="r-9")
    with pytest.raises(freshet.InvalidArgument, match="one length"):
        client.push("actions", {"big": [1], "small": [1, 2]})


def batches(user, number, size=3):
    return [[action(user) for _ in range(size)] for _ in range(number)]


def test_a_stream_answers_in_order_with_few_outstanding(client, user):
    taken = []

    def events():
        for batch in batches(user, 20):
            taken.append(batch)
            # The batch before it has one event of no time more.
            yield batch + [action(user, at=None)] * (len(taken) - 1)

    for number, result in enumerate(
            client.push_stream("actions", events(), outstanding=4)):
        assert len(taken) <= number + 4
        assert (result.accepted, len(result.rejected)) == (3, number)
    assert len(taken) == 20
    assert count(client, user) == 60


def test_a_stream_ends_with_what_is_wrong(client, user):
    good = batches(user, 3)
    wrong = good[:2] + [[action(user, nmae="a")]] + good[2:]
    results = []
    with pytest.raises(freshet.InvalidArgument, match="batch 2: .*nmae"):
        results.extend(client.push_stream("actions", wrong))
    with pytest.raises(freshet.NotFound, match="batch 0: "):
        list(client.push_stream("action", good))
    with pytest.raises(TypeError, match="bool and int"):
        list(client.push_stream("actions", [{"flag": [True, 1]}]))
    # Whoever had an error pushes all of it again.
    assert len(list(client.push_stream("actions", good))) == 3
    assert count(client, user) == 9
    assert list(client.push_stream("actions", [])) == []


def test_a_stream_that_is_left_lets_go_of_its_thread(client, user):
    before = set(threading.enumerate())
    results = client.push_stream("actions", batches(user, 5), outstanding=1)
    assert next(results).accepted == 3
    results.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


def test_asyncio(daemon, client, user):
    async def events():
        for batch in batches(user, 10):
            yield batch

    async def push():
        async with freshet.AsyncClient(daemon.ports["data"]) as one:
            result = await one.push("actions", batches(user, 1)[0])
            assert result.accepted == 3
            with pytest.raises(freshet.NotFound):
                await one.push("action", [])
            got = [result.accepted async for result in
                   one.push_stream("actions", events(), outstanding=3)]
            assert got == [3] * 10
            got = [result.accepted async for result in
                   one.push_stream("actions", batches(user, 2))]
            assert got == [3] * 2
            with pytest.raises(freshet.InvalidArgument, match="batch 1"):
                async for result in one.push_stream(
                        "actions", [[action(user)], [action(user, x=1)]]):
                    assert result.accepted == 1
    asyncio.run(push())
    assert count(client, user) == 3 + 30 + 6 + 1


def test_without_a_daemon_it_is_unavailable():
    async def ask():
        async with freshet.AsyncClient("127.0.0.1:1") as one:
            with pytest.raises(freshet.Unavailable):
                await one.push("actions", [], timeout=0.5, idempotent=True)
            with pytest.raises(freshet.Unavailable):
                async for _ in one.push_stream("actions", [[]]):
                    pass
    asyncio.run(ask())
    with freshet.Client("127.0.0.1:1") as one:
        with pytest.raises(freshet.Unavailable):
            one.push("actions", [])
        with pytest.raises(freshet.Unavailable):
            one.push("actions", [], timeout=0.5, idempotent=True)
        with pytest.raises(freshet.Unavailable):
            list(one.push_stream("actions", [[]] * 3))
