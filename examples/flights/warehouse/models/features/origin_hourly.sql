-- SPDX-License-Identifier: Apache-2.0
--
-- An hour at an airport of departure: its weather and how busy it is. The key
-- is the hour in UTC as a number, 2013123018 for 18:00 on 30 December, which a
-- model server can make of any departure time. Weather or flights may be
-- missing.
WITH busy AS (
  SELECT origin, departs_hour AS starts,
         count(*) AS departures,
         count(*) FILTER (cancelled) AS cancelled,
         avg(dep_delay) AS mean_dep_delay,
         list(DISTINCT carrier ORDER BY carrier) AS carriers
  FROM {{ ref('flight') }}
  GROUP BY origin, departs_hour
), weather AS (
  SELECT origin, timezone('UTC', time_hour) AS starts, temp, humid, wind_dir,
         wind_speed, wind_gust, precip, pressure, visib
  FROM {{ source('raw', 'weather') }} AS raw_weather
  WHERE make_date(year, month, day) <= {{ as_of() }}
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
ORDER BY origin, hour
