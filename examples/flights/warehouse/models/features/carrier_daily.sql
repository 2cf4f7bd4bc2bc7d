-- SPDX-License-Identifier: Apache-2.0
--
-- How a carrier did: one row per carrier and day with at least one flight
-- scheduled. "Late" is the regulator's word: 15 minutes or more on arrival.
WITH daily AS (
  SELECT carrier, day,
         count(*) AS flights,
         count(*) FILTER (cancelled) AS cancelled,
         avg(dep_delay) AS mean_dep_delay,
         max(dep_delay) AS worst_dep_delay,
         count(arr_delay) AS arrived,
         count(*) FILTER (arr_delay >= 15) AS late,
         list(DISTINCT dest ORDER BY dest) FILTER (cancelled) AS cancelled_dests
  FROM {{ ref('flight') }}
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
LEFT JOIN {{ source('raw', 'airlines') }} AS raw_airlines USING (carrier)
ORDER BY carrier, day
