-- SPDX-License-Identifier: Apache-2.0
--
-- A flight belongs to the day that it was scheduled for in New York, and is
-- cancelled if it never departed. Instants are UTC, without a zone.
SELECT make_date(year, month, day) AS day,
       timezone('UTC', time_hour) + to_minutes(minute) AS departs_at,
       timezone('UTC', time_hour) AS departs_hour,
       hour AS local_hour,
       dep_time IS NULL AS cancelled,
       carrier, flight, tailnum, origin, dest,
       distance, air_time, dep_delay, arr_delay,
       make_date(year, month, day) > {{ as_of() }} - 28 AS in_28d
FROM {{ source('raw', 'flights') }} AS raw_flights
WHERE make_date(year, month, day) <= {{ as_of() }}
