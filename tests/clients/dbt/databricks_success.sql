INSERT OVERWRITE DIRECTORY 's3://warehouse/features/users/ds=2026-01-31'
USING PARQUET
SELECT * FROM analytics.ml.users;

