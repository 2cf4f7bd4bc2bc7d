-- SPDX-License-Identifier: Apache-2.0
-- Payments joined to the login of their session, which says from which country, and
-- written to a topic that Freshet reads: what is to be joined before it is added up.
--
-- Each statement ends with a semicolon at the end of a line. ${BROKERS} is where Kafka is.

CREATE TABLE logins (
  session_id STRING,
  country STRING,
  logged_in_at TIMESTAMP_LTZ(3),
  WATERMARK FOR logged_in_at AS logged_in_at - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'properties.bootstrap.servers' = '${BROKERS}',
  'topic' = 'logins',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE payments (
  payment_id STRING,
  session_id STRING,
  amount DECIMAL(12, 2),
  paid_at TIMESTAMP_LTZ(3),
  WATERMARK FOR paid_at AS paid_at - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'properties.bootstrap.servers' = '${BROKERS}',
  'topic' = 'payments',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

-- What Freshet reads: times with a Z, decimals as plain numbers.
CREATE TABLE payments_by_country (
  payment_id STRING,
  country STRING,
  amount DECIMAL(12, 2),
  paid_at TIMESTAMP_LTZ(3)
) WITH (
  'connector' = 'kafka',
  'properties.bootstrap.servers' = '${BROKERS}',
  'topic' = 'payments_by_country',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601',
  'json.encode.decimal-as-plain-number' = 'true',
  'key.format' = 'raw',
  'key.fields' = 'country',
  -- A job that fails writes some records again: Freshet knows them by payment_id.
  'sink.delivery-guarantee' = 'at-least-once'
);

INSERT INTO payments_by_country
SELECT p.payment_id, l.country, p.amount, p.paid_at
FROM payments AS p
JOIN logins AS l ON l.session_id = p.session_id
  AND p.paid_at BETWEEN l.logged_in_at AND l.logged_in_at + INTERVAL '1' HOUR;
