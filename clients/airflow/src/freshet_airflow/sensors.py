# SPDX-License-Identifier: Apache-2.0
"""A sensor on how fresh a view's data is."""

import datetime
from typing import Any, Optional, Sequence

import freshet
from airflow.sdk import BaseSensorOperator

from freshet_airflow.hooks import FreshetHook
from freshet_airflow.operators import Moment, moment


class FreshetFreshnessSensor(BaseSensorOperator):
    """Waits until a view serves data that is new enough, whoever loads it.

    Args:
        view: the feature view.
        as_of: its data is a picture of this moment, or of a later one.
            Templated: `{{ data_interval_end }}`.
        max_age: its data is at most so old, by the daemon's clock.
        At least one of the two is given.
    """

    template_fields: Sequence[str] = ("view", "as_of")
    ui_color = "#cfe8ef"

    def __init__(self, *, view: str, as_of: Moment = None,
                 max_age: Optional[datetime.timedelta] = None,
                 freshet_conn_id: str = FreshetHook.default_conn_name,
                 mode: str = "reschedule", **kwargs: Any) -> None:
        super().__init__(mode=mode, **kwargs)
        if as_of is None and max_age is None:
            raise ValueError("give as_of, max_age or both")
        self.view = view
        self.as_of = as_of
        self.max_age = max_age
        self.freshet_conn_id = freshet_conn_id

    def poke(self, context: Any) -> bool:
        with FreshetHook(self.freshet_conn_id).get_conn() as admin:
            view = next((one for one in admin.views()
                         if one.name == self.view), None)
        if view is None:
            raise freshet.NotFound(f"there is no view '{self.view}'")
        if view.as_of is None:
            self.log.info("view '%s' has no version yet", self.view)
            return False
        self.log.info("view '%s' serves version %d as of %s, %s old",
                      self.view, view.version, view.as_of, view.age)
        as_of = moment(self.as_of)
        return ((as_of is None or view.as_of >= as_of) and
                (self.max_age is None or view.age <= self.max_age))
