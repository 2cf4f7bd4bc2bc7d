{#- SPDX-License-Identifier: Apache-2.0 -#}
{% macro as_of() %}DATE '{{ var('as_of') }}'{% endmacro %}
