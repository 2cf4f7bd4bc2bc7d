{#- SPDX-License-Identifier: Apache-2.0
    Snowflake: the location is in a stage, such as @features. -#}

{% macro snowflake__before_unload(place, mark) %}
  {%- if not place.startswith('@') -%}
    {%- do exceptions.raise_compiler_error(
          "freshet.unload writes to a stage on Snowflake, such as "
          "'@features', not to '" ~ place ~ "'") -%}
  {%- endif -%}
  {#- COPY replaces files of the same names only, so what the run before left
      has to go: its mark first, else half of it would look complete. -#}
  {%- do return([
"REMOVE '" ~ place ~ "/" ~
    ('_SUCCESS' if mark == 'success' else '_manifest.json') ~ "'",
"REMOVE '" ~ place ~ "/'"]) -%}
{% endmacro %}

{% macro snowflake__copy_statement(relation, place) %}
  {%- set columns = [] -%}
  {%- for column in adapter.get_columns_in_relation(relation) -%}
    {%- set name = adapter.quote(column.name) -%}
    {#- Snowflake does not write times with a zone as Parquet. -#}
    {%- if column.dtype | upper in ('TIMESTAMP_LTZ', 'TIMESTAMP_TZ') -%}
      {%- do columns.append("CONVERT_TIMEZONE('UTC', " ~ name ~
                            ")::TIMESTAMP_NTZ AS " ~ name) -%}
    {%- else -%}
      {%- do columns.append(name) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- do return(
"COPY INTO '" ~ place ~ "/'
FROM (SELECT " ~ columns | join(",
             ") ~ "
      FROM " ~ relation ~ ")
FILE_FORMAT = (TYPE = PARQUET)
HEADER = TRUE
OVERWRITE = TRUE
DETAILED_OUTPUT = TRUE") -%}
{% endmacro %}

{#- FILE_NAME, FILE_SIZE, ROW_COUNT; no row for no rows. -#}
{% macro snowflake__written_files(result) %}
  {%- set files = [] -%}
  {%- for row in result.rows -%}
    {%- do files.append({'name': row[0].split('/') | last,
                         'bytes': row[1] | int, 'rows': row[2] | int}) -%}
  {%- endfor -%}
  {%- do return(files) -%}
{% endmacro %}

{% macro snowflake__mark_statements(place, mark, files) %}
  {%- if mark == 'success' -%}
    {#- Of no rows Snowflake writes no file, so the mark has one. -#}
    {%- do return([
"COPY INTO '" ~ place ~ "/_SUCCESS'
FROM (SELECT 1)
FILE_FORMAT = (TYPE = CSV COMPRESSION = NONE)
SINGLE = TRUE
OVERWRITE = TRUE"]) -%}
  {%- endif -%}
  {%- set listed = [] -%}
  {%- for file in files -%}
    {%- do listed.append("OBJECT_CONSTRUCT('name', '" ~ file.name ~
                         "', 'bytes', " ~ file.bytes ~ ")") -%}
  {%- endfor -%}
  {%- do return([
"COPY INTO '" ~ place ~ "/_manifest.json'
FROM (SELECT OBJECT_CONSTRUCT(
        'files', ARRAY_CONSTRUCT(" ~ listed | join(",
                                 ") ~ "),
        'rows', " ~ files | sum(attribute='rows') ~ "))
FILE_FORMAT = (TYPE = JSON COMPRESSION = NONE)
SINGLE = TRUE
OVERWRITE = TRUE"]) -%}
{% endmacro %}
