-- SPDX-License-Identifier: Apache-2.0
--
-- What is known of a route: one row per pair of airports ever scheduled.
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
  FROM {{ ref('flight') }}
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
LEFT JOIN {{ source('raw', 'airports') }} AS raw_airports ON raw_airports.faa = dest
ORDER BY origin, dest
