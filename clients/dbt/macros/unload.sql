{#- SPDX-License-Identifier: Apache-2.0 -#}

{#- Post-hook of a model: writes what the model holds to `location`/<view>/
    `directory`, then marks it as complete, so that a watched source of Freshet
    loads it.

    directory: of this snapshot, such as 'ds=2026-01-31' (`each: directory`); ''
        writes to the same place each time (`each: path`).
    location: above the views' places; default: the variable freshet_location;
        without either the model's meta.freshet.path is the view's place.
    mark: 'success' writes _SUCCESS last, 'manifest' the file _manifest.json;
        default: the variable freshet_mark, else 'success'.
    view: default: meta.freshet.view, else the model's name.

    The statements run here, one by one; what is returned is nothing. -#}
{% macro unload(directory='', location=none, mark=none, view=none) %}
  {%- if execute -%}
    {%- set meta = (model.config.meta or model.meta or {}).get('freshet') -%}
    {%- set meta = meta if meta is mapping else {} -%}
    {%- set view = view or meta.get('view') or model.name -%}
    {%- set mark = mark or var('freshet_mark', 'success') -%}
    {%- set location = location or var('freshet_location', none) -%}
    {%- set place = freshet.place(
          location.rstrip('/') ~ '/' ~ view if location else meta.get('path'),
          directory) -%}
    {%- for sql in freshet.before_unload(place, mark) -%}
      {%- do run_query(sql) -%}
    {%- endfor -%}
    {%- set files = freshet.written_files(
          run_query(freshet.copy_statement(this, place))) -%}
    {%- for sql in freshet.mark_statements(place, mark, files) -%}
      {%- do run_query(sql) -%}
    {%- endfor -%}
    {%- do log('Freshet: ' ~ this ~ ' is in ' ~ place, info=true) -%}
    {%- if var('freshet_notify', none) -%}
      {%- do run_query(var('freshet_notify') | replace('{view}', view)) -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}

{#- Where a snapshot goes, without a slash at the end. `home`: the view's. -#}
{% macro place(home, directory) %}
  {%- if not home -%}
    {%- do exceptions.raise_compiler_error(
          "freshet.unload does not know where to: set the variable "
          "freshet_location, meta.freshet.path of the model, or give it a "
          "location") -%}
  {%- endif -%}
  {%- set part = '[A-Za-z0-9][A-Za-z0-9_=.:+-]*' -%}
  {%- if directory and not modules.re.fullmatch(
        part ~ '(/' ~ part ~ ')*', directory | string) -%}
    {%- do exceptions.raise_compiler_error(
          "freshet.unload cannot write to the directory '" ~ directory ~
          "': its parts begin with a letter or digit, and hold letters, "
          "digits and _=.:+- only") -%}
  {%- endif -%}
  {%- if "'" in home -%}
    {%- do exceptions.raise_compiler_error(
          "freshet.unload cannot write to a place with a quote in it: " ~
          home) -%}
  {%- endif -%}
  {%- set home = home.rstrip('/') -%}
  {%- do return(home ~ '/' ~ directory if directory else home) -%}
{% endmacro %}

{#- Statements that have to run before the unload. -#}
{% macro before_unload(place, mark) %}
  {%- if mark not in ('success', 'manifest') -%}
    {%- do exceptions.raise_compiler_error(
          "freshet.unload knows the marks 'success' and 'manifest', not '" ~
          mark ~ "'") -%}
  {%- endif -%}
  {%- do return(adapter.dispatch('before_unload', 'freshet')(place, mark)) -%}
{% endmacro %}

{#- The statement that writes the relation's rows as Parquet. -#}
{% macro copy_statement(relation, place) %}
  {%- do return(adapter.dispatch('copy_statement', 'freshet')(
        relation, place)) -%}
{% endmacro %}

{#- From the result of that statement: a list of {name, bytes, rows}, or none
    where the warehouse does not tell. -#}
{% macro written_files(result) %}
  {%- do return(adapter.dispatch('written_files', 'freshet')(result)) -%}
{% endmacro %}

{#- Statements that mark the snapshot as complete. -#}
{% macro mark_statements(place, mark, files) %}
  {%- do return(adapter.dispatch('mark_statements', 'freshet')(
        place, mark, files)) -%}
{% endmacro %}

{% macro default__before_unload(place, mark) %}
  {%- do exceptions.raise_compiler_error(
        "freshet.unload knows Snowflake, Databricks, Spark and DuckDB, not '" ~
        target.type ~ "': add macros " ~ target.type ~ "__before_unload, "
        "__copy_statement, __written_files and __mark_statements to yours "
        "(the package's macros/ shows them)") -%}
{% endmacro %}
