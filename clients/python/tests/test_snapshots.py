# SPDX-License-Identifier: Apache-2.0
"""Snapshots from Python: handed over, waited for, held, refused."""

import datetime
import json
import shutil
import threading

import pandas
import pyarrow
import pyarrow.parquet
import pytest

import freshet

UTC = datetime.timezone.utc


def items(price, rows=100):
    return pandas.DataFrame({"item_id": [f"i{i}" for i in range(rows)],
                             "price": [float(price)] * rows})


@pytest.fixture
def place(daemon, request):
    """Of a snapshot of its own."""
    return str(daemon.directory / "items" / request.node.name)


def price(client):
    return client.get_features(
        ["items.price"], {"item_id": ["i7"]})["items.price"].values[0]


def test_a_data_frame_serves_when_it_was_pushed(client, admin, place):
    load = admin.push_snapshot("items", items(1), place)
    assert (load.phase, load.outcome, load.rows) == ("DONE", "ACTIVE", 100)
    assert price(client) == 1
    assert admin.wait_until_live("items", version=load.version).rows == 100


def test_a_snapshot_is_its_files_its_manifest_and_success(tmp_path):
    batches = (pyarrow.table({"a": list(range(first, first + 5))})
               for first in (0, 5))
    place = tmp_path / "new" / "place"
    assert freshet.write_snapshot(batches, str(place), rows_per_file=3) == 10
    manifest = json.loads((place / "_manifest.json").read_text())
    assert manifest["rows"] == 10
    assert len(manifest["files"]) == 4
    for file in manifest["files"]:
        assert (place / file["name"]).stat().st_size == file["bytes"]
    assert (place / "_SUCCESS").exists()
    assert sum(pyarrow.parquet.read_table(place)["a"].to_pylist()) == 45
    with pytest.raises(FileExistsError, match="directory of its own"):
        freshet.write_snapshot(pyarrow.table({"a": [1]}), str(place))


def test_one_without_rows_has_columns_all_the_same(tmp_path):
    empty = pyarrow.table({"a": pyarrow.array([], pyarrow.int64())})
    assert freshet.write_snapshot(empty, str(tmp_path / "empty")) == 0
    assert pyarrow.parquet.read_table(tmp_path / "empty").schema == empty.schema


def test_a_held_version_is_an_error_that_says_why(client, admin, daemon, place):
    admin.push_snapshot("items", items(2), place)
    with pytest.raises(freshet.HeldForApproval, match="10 rows") as caught:
        admin.push_snapshot("items", items(3, rows=10), place + "-held")
    assert price(client) == 2
    assert [view.pending for view in admin.views()
            if view.name == "items"] == [1]
    daemon.must("approve", "items", str(caught.value.version))
    assert price(client) == 3


def test_a_failed_load_is_an_error_that_says_why(admin, place):
    with pytest.raises(freshet.LoadFailed, match="price"):
        admin.push_snapshot(
            "items", pyarrow.table({"item_id": ["a"], "cost": [1.0]}), place)
    with pytest.raises(freshet.Error, match="nowhere"):
        admin.load("nowhere")


def test_a_canary_serves_who_asks_for_it(client, admin, daemon, place):
    admin.push_snapshot("items", items(4), place)
    load = admin.push_snapshot("items", items(5), place + "-canary",
                               activate=False, label="canary")
    assert load.outcome == "LOADED"
    assert price(client) == 4
    asked = client.get_features(["items.price"], {"item_id": ["i7"]},
                                label="canary")
    assert asked["items.price"].values == [5]
    daemon.must("activate", "items", str(load.version))
    assert price(client) == 5


def test_a_key_loads_once(admin, place):
    freshet.write_snapshot(items(6), place)
    first = admin.load("items", place, idempotency_key="day-6")
    again = admin.load("items", place, idempotency_key="day-6")
    assert (first.id, first.version) == (again.id, again.version)


def test_waiting_for_data_that_somebody_else_loads(admin, place):
    as_of = datetime.datetime.now(UTC) + datetime.timedelta(seconds=-1)
    freshet.write_snapshot(items(7), place)
    with pytest.raises(freshet.DeadlineExceeded, match="serves version"):
        admin.wait_until_live("items", timeout=0.1, as_of=as_of +
                              datetime.timedelta(days=1))
    job = threading.Timer(0.3, admin.load, ("items", place),
                          {"as_of": as_of})
    job.start()
    view = admin.wait_until_live("items", as_of=as_of, timeout=60)
    job.join()
    assert view.as_of >= as_of
    with pytest.raises(freshet.NotFound):
        admin.wait_until_live("nowhere", timeout=1)


def test_a_moment_has_a_zone(admin, place):
    with pytest.raises(ValueError, match="no time zone"):
        admin.load("items", place, as_of=datetime.datetime(2026, 1, 1))


def test_notify_wants_a_watched_source(admin):
    with pytest.raises(freshet.Error, match="watch"):
        admin.notify("items")


@pytest.fixture
def watched(daemon):
    """Writes a snapshot for a watched view, over one of the same name."""
    def write(name, data, view="watched"):
        place = daemon.directory / view / name
        shutil.rmtree(place, ignore_errors=True)
        freshet.write_snapshot(data, str(place))
    return write


def watched_price(client):
    return client.get_features(["watched.price"], {"item_id": ["i7"]})[
        "watched.price"].values[0]


def test_what_a_job_wrote_serves_when_it_was_waited_for(client, admin, daemon,
                                                        watched):
    watched("ds=01", items(1))
    made = admin.wait_for_snapshot("watched", "ds=01", timeout=60)
    assert (made.phase, made.source.rsplit("/", 1)[-1]) == ("CURRENT", "ds=01")
    assert watched_price(client) == 1
    # The same day once more is not taken for what serves of it already.
    watched("ds=01", items(2))
    assert admin.wait_for_snapshot("watched", "ds=01", timeout=60).version == 2
    assert watched_price(client) == 2
    assert admin.wait_for_snapshot("watched", timeout=60).version == 2

    watched("ds=02", items(3, rows=10))
    with pytest.raises(freshet.HeldForApproval, match="rows") as held:
        admin.wait_for_snapshot("watched", "ds=02", timeout=60)
    assert held.value.version == 3
    daemon.must("approve", "watched", "3")
    assert admin.wait_for_snapshot("watched", "ds=02", timeout=60).version == 3
    assert watched_price(client) == 3


def test_waiting_says_why_it_waits_or_gives_up(admin, daemon, watched):
    watched("ds=11", pyarrow.table({"item_id": ["i7"], "price": ["dear"]}))
    with pytest.raises(freshet.LoadFailed, match="price"):
        admin.wait_for_snapshot("watched", "ds=11", timeout=60)
    watched("ds=10", items(10))
    with pytest.raises(freshet.LoadFailed, match="older ones are left"):
        admin.wait_for_snapshot("watched", "ds=10", timeout=60)
    (daemon.directory / "watched" / "ds=12").mkdir()
    with pytest.raises(freshet.DeadlineExceeded, match="complete .*ds=11"):
        admin.wait_for_snapshot("watched", "ds=12", timeout=2)
    with pytest.raises(freshet.Error, match="watch"):
        admin.wait_for_snapshot("items", timeout=2)


def test_an_upsert_serves_also_beneath_a_later_one(admin, watched):
    for number, rows in ((1, 200), (2, 1)):  # So few are not folded.
        watched(f"ds={number}", items(number, rows=rows), "changed")
        made = admin.wait_for_snapshot("changed", f"ds={number}", timeout=60)
        assert (made.version, made.base) == (number, number - 1)
    assert admin.wait_for_snapshot("changed", "ds=1", timeout=60).version == 1


def test_views_of_a_group_serve_a_run_together(client, admin, daemon):
    both = ["left.price", "right.price"]

    def prices():
        features = client.get_features(both, {"item_id": ["i7"]})
        return [features[name].values[0] for name in both]

    left = admin.push_snapshot("left", items(1), str(
        daemon.directory / "elsewhere" / "left"), run="one")
    assert left.outcome == "WAITING"
    assert prices() == [None, None]
    waits = admin.versions("left")[-1]
    assert (waits.phase, waits.run, waits.waits_for_group) == (
        "KEPT", "one", True)
    assert "view 'right' has none of it" in waits.message
    with pytest.raises(freshet.DeadlineExceeded):
        admin.wait_until_live("left", version=left.version, timeout=0.1)
    admin.push_snapshot("right", items(2), str(
        daemon.directory / "elsewhere" / "right"), run="one")
    assert prices() == [1, 2]
    assert admin.wait_until_live("left", version=left.version).rows == 100


def test_a_watched_snapshot_waits_for_its_group(client, admin, daemon):
    day = str(daemon.directory / "left" / "ds=2")
    freshet.write_snapshot(pyarrow.Table.from_pandas(items(3)), day)
    with pytest.raises(freshet.DeadlineExceeded, match="run 'ds=2'"):
        admin.wait_for_snapshot("left", "ds=2", timeout=3)
    freshet.write_snapshot(pyarrow.Table.from_pandas(items(4)),
                           day.replace("left", "right"))
    assert admin.wait_for_snapshot("right", "ds=2").rows == 100
    assert admin.wait_for_snapshot("left", "ds=2").rows == 100
