# SPDX-License-Identifier: Apache-2.0
"""The feature tables of the flights example by plain Python: the independent
computation behind expected.py. Follows the words of freshet.yaml's
descriptions, not the models of warehouse/."""

import collections
import csv
import datetime
import decimal
import functools
import io
import math
import struct
import zipfile

import raw_tables

UTC = datetime.timezone.utc
ONE_DAY = datetime.timedelta(days=1)
ONE_HOUR = datetime.timedelta(hours=1)


@functools.lru_cache(maxsize=None)
def instant_in_new_york(day, hour, minute=0, winter=False):
    """A New York wall-clock time of 2013 as UTC. `winter` chooses the second
    of the two 01:xx of 3 November."""
    summer = (3, 10, 2) <= (day.month, day.day, hour) < (11, 3, 2)
    offset = 4 if summer and not winter else 5
    start = datetime.datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start + datetime.timedelta(hours=hour + offset, minutes=minute)


def number(text, kind=int):
    return None if text == "NA" else kind(text)


def fixed(places):
    """Reads a decimal with so many places."""
    unit = decimal.Decimal(1).scaleb(-places)
    return lambda text: decimal.Decimal(text).quantize(unit)


def mean(values):
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def share(part, whole):
    return part / whole if whole else None


def smallest_covering(values, tenths):
    """The smallest value that is not less than so many tenths of them."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return known[math.ceil(len(known) * tenths / 10) - 1]


def as_float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


class Flight:
    """One scheduled departure."""

    def __init__(self, row):
        scheduled = int(row["sched_dep_time"])
        self.day = date_of_2013(int(row["month"]), int(row["day"]))
        self.hour = scheduled // 100
        self.departs = instant_in_new_york(self.day, self.hour,
                                           scheduled % 100)
        self.cancelled = row["dep_time"] == "NA"
        self.carrier = row["carrier"]
        self.number = int(row["flight"])
        self.tailnum = None if row["tailnum"] == "NA" else row["tailnum"]
        self.origin = row["origin"]
        self.dest = row["dest"]
        self.distance = int(row["distance"])
        self.air_time = number(row["air_time"])
        self.dep_delay = number(row["dep_delay"])
        self.arr_delay = number(row["arr_delay"])


@functools.lru_cache(maxsize=None)
def date_of_2013(month, day):
    return datetime.date(2013, month, day)


def read_csv(name):
    with open(raw_tables.raw_directory() / name, newline="",
              encoding="utf-8") as file:
        yield from csv.DictReader(file)


@functools.lru_cache(maxsize=None)
def read_all_flights():
    """The flights of the year in the order of departure."""
    with zipfile.ZipFile(
            raw_tables.raw_directory() / "flights.csv.zip") as archive:
        with archive.open("flights.csv") as binary:
            rows = csv.DictReader(io.TextIOWrapper(binary, encoding="utf-8"))
            flights = [Flight(row) for row in rows]
    flights.sort(key=lambda f: (f.departs, f.carrier, f.number, f.origin))
    return flights


def read_flights(as_of):
    return [flight for flight in read_all_flights() if flight.day <= as_of]


def group(flights, *names):
    groups = collections.defaultdict(list)
    for flight in flights:
        groups[tuple(getattr(flight, name) for name in names)].append(flight)
    return groups


def carrier_row(airline, week):
    """The row of a carrier's day: `week` is the flights of the seven days
    that end with it, day by day."""
    today = week[-1]
    arrivals = [f.arr_delay for f in today if f.arr_delay is not None]
    cancelled = [f for f in today if f.cancelled]
    whole_week = [flight for day in week for flight in day]
    week_arrivals = [
        f.arr_delay for f in whole_week if f.arr_delay is not None]
    delays = [f.dep_delay for f in today if f.dep_delay is not None]
    return {
        "airline": airline,
        "flights": len(today),
        "cancelled": len(cancelled),
        "disrupted": len(cancelled) / len(today) > 0.05,
        "mean_dep_delay": mean(delays),
        "worst_dep_delay": max(delays, default=None),
        "late_share": share(sum(d >= 15 for d in arrivals), len(arrivals)),
        "cancelled_dests": sorted({f.dest for f in cancelled}),
        "flights_7d": len(whole_week),
        "cancelled_7d": sum(f.cancelled for f in whole_week),
        "late_share_7d": share(sum(d >= 15 for d in week_arrivals),
                               len(week_arrivals)),
        "mean_dep_delays_7d": [
            mean(f.dep_delay for f in day) for day in week],
    }


def carrier_daily(flights):
    airlines = {row["carrier"]: row["name"] for row in read_csv("airlines.csv")}
    by_day = group(flights, "carrier", "day")
    rows = {}
    for carrier, day in by_day:
        week = [by_day.get((carrier, day - back * ONE_DAY), [])
                for back in range(6, -1, -1)]
        # The day's end is the next midnight.
        rows[carrier, day] = (instant_in_new_york(day + ONE_DAY, 0),
                              carrier_row(airlines[carrier], week))
    return rows


def plane_history(flights, as_of):
    register = {row["tailnum"]: row for row in read_csv("planes.csv")}
    rows = {}
    for (tailnum,), flown in group(flights, "tailnum").items():
        if tailnum is None:
            continue
        recent = [f for f in flown if (as_of - f.day).days < 28]
        arrived = [f for f in flown if f.arr_delay is not None]
        known = register.get(tailnum)
        rows[tailnum,] = flown[-1].departs, {
            "last_departure": flown[-1].departs,
            "manufacturer": known["manufacturer"] if known else None,
            "model": known["model"] if known else None,
            "built_year": number(known["year"]) if known else None,
            "seats": number(known["seats"]) if known else None,
            "engine": known["engine"] if known else None,
            "registered": known is not None,
            "flights": len(flown),
            "flights_28d": len(recent),
            "miles_28d": sum(f.distance for f in recent if not f.cancelled),
            "mean_arr_delay_28d": mean(f.arr_delay for f in recent),
            "last_arrived_at": arrived[-1].dest if arrived else None,
            "last_arr_delays": [f.arr_delay for f in reversed(flown[-5:])],
            "carriers": sorted({f.carrier for f in flown}),
        }
    return rows


def read_weather(as_of):
    """The hours of weather by (origin, instant)."""
    hours = {}
    for row in read_csv("weather.csv"):
        day = datetime.date(2013, int(row["month"]), int(row["day"]))
        if day > as_of:
            continue
        at = instant_in_new_york(day, int(row["hour"]))
        if (row["origin"], at) in hours:
            at = instant_in_new_york(day, int(row["hour"]), winter=True)
        hours[row["origin"], at] = {
            "temperature": number(row["temp"], fixed(2)),
            "humidity": number(row["humid"], float),
            "wind_direction": number(row["wind_dir"]),
            "wind_speed": number(row["wind_speed"], float),
            "wind_gust": number(row["wind_gust"], float),
            "precipitation": number(row["precip"], fixed(2)),
            "pressure": number(row["pressure"], fixed(1)),
            "visibility": number(row["visib"], float),
        }
    return hours


def origin_hourly(flights, as_of):
    weather = read_weather(as_of)
    nothing = dict.fromkeys(next(iter(weather.values())))
    busy = collections.defaultdict(list)
    for flight in flights:
        hour = flight.departs.replace(minute=0)
        busy[flight.origin, hour].append(flight)
    rows = {}
    for origin, at in weather.keys() | busy.keys():
        seen = weather.get((origin, at), nothing)
        departing = busy.get((origin, at), [])
        visibility = seen["visibility"]
        rows[origin, int(at.strftime("%Y%m%d%H"))] = at, {
            **seen,
            "low_visibility": None if visibility is None else visibility < 3,
            "pressures_6h": [
                weather.get((origin, at - back * ONE_HOUR), nothing)["pressure"]
                for back in (5, 4, 3, 2, 1, 0)],
            "departures": len(departing),
            "departures_3h": sum(
                len(busy.get((origin, at - back * ONE_HOUR), []))
                for back in range(3)),
            "cancelled": sum(f.cancelled for f in departing),
            "mean_dep_delay": mean(f.dep_delay for f in departing),
            "carriers": sorted({f.carrier for f in departing}),
        }
    return rows


def route_history(flights, as_of):
    airports = {row["faa"]: row for row in read_csv("airports.csv")}
    rows = {}
    for (origin, dest), flown in group(flights, "origin", "dest").items():
        recent = [f for f in flown if (as_of - f.day).days < 28]
        airport = airports.get(dest)
        by_hour = collections.Counter(f.hour for f in flown)
        rows[origin, dest] = flown[-1].departs, {
            "last_departure": flown[-1].departs,
            "dest_name": airport["name"] if airport else None,
            "dest_latitude": float(airport["lat"]) if airport else None,
            "dest_longitude": float(airport["lon"]) if airport else None,
            "distance": flown[-1].distance,
            "flights": len(flown),
            "flights_28d": len(recent),
            "cancelled_28d": sum(f.cancelled for f in recent),
            "daily": len({f.day for f in recent}) == 28,
            "mean_arr_delay_28d": mean(f.arr_delay for f in recent),
            "p90_arr_delay_28d": smallest_covering(
                (f.arr_delay for f in recent), 9),
            "median_air_time": smallest_covering(
                (f.air_time for f in flown), 5),
            "carriers_28d": sorted({f.carrier for f in recent}),
            "departures_by_hour": [
                as_float32(by_hour[hour] / len(flown)) for hour in range(24)],
        }
    return rows


def compute(as_of):
    """Rows of each table by key: (event time, values by feature name). The
    carriers' table is keyed by (carrier, day)."""
    flights = read_flights(as_of)
    return {
        "carrier_daily": carrier_daily(flights),
        "plane_history": plane_history(flights, as_of),
        "origin_hourly": origin_hourly(flights, as_of),
        "route_history": route_history(flights, as_of),
    }
