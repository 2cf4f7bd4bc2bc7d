REMOVE '@features/users/ds=2026-01-31/_manifest.json';

REMOVE '@features/users/ds=2026-01-31/';

COPY INTO '@features/users/ds=2026-01-31/'
FROM (SELECT "USER_ID",
             "SPEND_30D",
             CONVERT_TIMEZONE('UTC', "COMPUTED_AT")::TIMESTAMP_NTZ AS "COMPUTED_AT",
             "SEEN",
             CONVERT_TIMEZONE('UTC', "BORN_AT")::TIMESTAMP_NTZ AS "BORN_AT"
      FROM analytics.ml.users)
FILE_FORMAT = (TYPE = PARQUET)
HEADER = TRUE
OVERWRITE = TRUE
DETAILED_OUTPUT = TRUE;

COPY INTO '@features/users/ds=2026-01-31/_manifest.json'
FROM (SELECT OBJECT_CONSTRUCT(
        'files', ARRAY_CONSTRUCT(OBJECT_CONSTRUCT('name', 'data_0_0_0.snappy.parquet', 'bytes', 48213),
                                 OBJECT_CONSTRUCT('name', 'data_0_1_0.snappy.parquet', 'bytes', 51007)),
        'rows', 120000))
FILE_FORMAT = (TYPE = JSON COMPRESSION = NONE)
SINGLE = TRUE
OVERWRITE = TRUE;

