-- SPDX-License-Identifier: Apache-2.0
--
-- What is known of an aeroplane: its registration, where it is used, and how
-- late it has run of late. One row per tail number that was ever scheduled;
-- about one in six is not in the register.
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
  FROM {{ ref('flight') }}
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
LEFT JOIN {{ source('raw', 'planes') }} AS raw_planes USING (tailnum)
ORDER BY tailnum
