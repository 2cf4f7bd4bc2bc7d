{#- SPDX-License-Identifier: Apache-2.0
    Databricks and Spark: the directory is emptied first, and Spark itself
    writes _SUCCESS, last. -#}

{% macro spark__before_unload(place, mark) %}
  {%- if mark != 'success' -%}
    {%- do exceptions.raise_compiler_error(
          "freshet.unload cannot write a manifest on " ~ target.type ~
          ", whose SQL does not choose the names of files: use the mark "
          "'success'") -%}
  {%- endif -%}
  {%- do return([]) -%}
{% endmacro %}

{% macro spark__copy_statement(relation, place) %}
  {%- do return(
"INSERT OVERWRITE DIRECTORY '" ~ place ~ "'
USING PARQUET
SELECT * FROM " ~ relation) -%}
{% endmacro %}

{% macro spark__written_files(result) %}
  {%- do return(none) -%}
{% endmacro %}

{% macro spark__mark_statements(place, mark, files) %}
  {%- do return([]) -%}
{% endmacro %}
