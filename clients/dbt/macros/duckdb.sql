{#- SPDX-License-Identifier: Apache-2.0
    DuckDB: one file, which a second run replaces. -#}

{% macro duckdb__before_unload(place, mark) %}
  {%- do return([]) -%}
{% endmacro %}

{% macro duckdb__copy_statement(relation, place) %}
  {%- do return(
"COPY (SELECT * FROM " ~ relation ~ ")
TO '" ~ place ~ "/part-0.parquet'
(FORMAT PARQUET, COMPRESSION ZSTD, RETURN_STATS)") -%}
{% endmacro %}

{% macro duckdb__written_files(result) %}
  {%- set files = [] -%}
  {%- for row in result.rows -%}
    {%- do files.append({'name': row[0].split('/') | last,
                         'rows': row[1] | int, 'bytes': row[2] | int}) -%}
  {%- endfor -%}
  {%- do return(files) -%}
{% endmacro %}

{% macro duckdb__mark_statements(place, mark, files) %}
  {%- if mark == 'success' -%}
    {%- do return([
"COPY (SELECT 1 WHERE false)
TO '" ~ place ~ "/_SUCCESS' (FORMAT CSV, HEADER false)"]) -%}
  {%- endif -%}
  {%- set listed = [] -%}
  {%- for file in files -%}
    {%- do listed.append("{'name': '" ~ file.name ~ "', 'bytes': " ~
                         file.bytes ~ "}") -%}
  {%- endfor -%}
  {%- do return([
"COPY (SELECT [" ~ listed | join(", ") ~ "] AS files, " ~
    files | sum(attribute='rows') ~ " AS rows)
TO '" ~ place ~ "/_manifest.json' (FORMAT JSON)"]) -%}
{% endmacro %}
