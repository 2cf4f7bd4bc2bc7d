# SPDX-License-Identifier: Apache-2.0
"""Operators that end when a snapshot serves.

They wait as sensors do: a worker's slot is held for `hold` seconds, which most
loads need not; then the task is rescheduled every `poke_interval` seconds until
`timeout`. The work is the daemon's and goes on meanwhile, whatever becomes of
the task.
"""

import datetime
import hashlib
import time
from typing import Any, Optional, Sequence, Tuple, Type, Union

import freshet
from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.exceptions import AirflowFailException

from freshet_airflow.hooks import FreshetHook

Moment = Union[datetime.datetime, str, None]


def moment(value: Moment) -> Optional[datetime.datetime]:
    """Of what a template became; ValueError without a zone."""
    if isinstance(value, str):
        text = value.strip()
        value = datetime.datetime.fromisoformat(
            text[:-1] + "+00:00" if text.endswith("Z") else text)
    if value is not None and value.tzinfo is None:
        raise ValueError(f"{value} has no zone: a moment without one is no "
                         "moment")
    return value


class _Waiting(BaseSensorOperator):
    """What both operators are."""

    ui_color = "#cfe8ef"
    # What no retry of Airflow's helps against.
    final: Tuple[Type[freshet.Error], ...] = (freshet.LoadFailed,)

    def __init__(self, *, view: str, freshet_conn_id: str,
                 hold: float, mode: str, poke_interval: float,
                 timeout: float, **kwargs: Any) -> None:
        super().__init__(mode=mode, poke_interval=poke_interval,
                         timeout=timeout, **kwargs)
        self.view = view
        self.freshet_conn_id = freshet_conn_id
        self.hold = hold

    def serve(self, admin: freshet.Admin, context: Any) -> int:
        """The version that serves; DeadlineExceeded after `hold` seconds."""
        raise NotImplementedError

    def poke(self, context: Any) -> PokeReturnValue:
        with FreshetHook(self.freshet_conn_id).get_conn() as admin:
            try:
                version = self.serve(admin, context)
            except freshet.DeadlineExceeded as late:
                self.log.info("%s", late)
                return PokeReturnValue(False)
            except self.final as failed:
                raise AirflowFailException(str(failed)) from failed
        self.log.info("view '%s' serves version %d", self.view, version)
        return PokeReturnValue(True, xcom_value=version)


class FreshetLoadOperator(_Waiting):
    """Has the daemon load a snapshot, and ends when it serves.

    Returns the version's number (XCom). A guard that holds the version fails
    the task at once, with the evidence: after `freshet approve` mark it as
    successful, for clearing it loads the snapshot anew. So does a retry after a
    load that failed.

    Args:
        view: the feature view.
        path: of the snapshot, as the daemon sees it; empty: the source of the
            view's definition. Templated.
        as_of: what the snapshot is a picture of, with a zone; such as
            `{{ data_interval_end }}`. Templated.
        activate: False: keeps the version without serving it.
        version_label: points this label at the version. Templated.
        run: of the view's snapshot group, the same for each of its views, as
            `{{ run_id }}`; the task ends when all of them serve it. Templated.
        hold, mode, poke_interval, timeout: seconds, and how it is waited.
    """

    template_fields: Sequence[str] = ("view", "path", "as_of", "version_label",
                                      "run")
    # A load may have failed for the moment, as when its store did not answer.
    final = (freshet.HeldForApproval, freshet.InvalidArgument)

    def __init__(self, *, view: str, path: str = "", as_of: Moment = None,
                 activate: bool = True, version_label: str = "", run: str = "",
                 freshet_conn_id: str = FreshetHook.default_conn_name,
                 hold: float = 30, mode: str = "reschedule",
                 poke_interval: float = 30, timeout: float = 6 * 3600,
                 **kwargs: Any) -> None:
        super().__init__(view=view, freshet_conn_id=freshet_conn_id, hold=hold,
                         mode=mode, poke_interval=poke_interval,
                         timeout=timeout, **kwargs)
        self.path = path
        self.as_of = as_of
        self.activate = activate
        self.version_label = version_label
        self.run = run

    def serve(self, admin: freshet.Admin, context: Any) -> int:
        end = time.monotonic() + self.hold
        load = admin.load(self.view, self.path, as_of=moment(self.as_of),
                          activate=self.activate, label=self.version_label,
                          run=self.run,
                          idempotency_key=self._key(context["ti"]),
                          timeout=self.hold)
        if load.outcome == "WAITING":  # For the other views of its group.
            left = max(end - time.monotonic(), 0.0)
            admin.wait_until_live(self.view, version=load.version, timeout=left)
        return load.version

    @staticmethod
    def _key(task: Any) -> str:
        """The same for each poke of a try, so that it is one load."""
        words = (task.dag_id, task.task_id, task.run_id, task.map_index,
                 task.try_number)
        return "airflow-" + hashlib.sha256(repr(words).encode()).hexdigest()


class FreshetSnapshotOperator(_Waiting):
    """Has a watched source looked at, and ends when the snapshot serves that a
    task before wrote into it.

    Returns the version's number (XCom). A guard that holds the version fails
    the task with the evidence, as freshet.HeldForApproval; a retry after
    `freshet approve` ends well. A snapshot that cannot be loaded fails it at
    once, without retries.

    Args:
        view: the feature view, whose source has `watch`.
        path: of the snapshot, or its last parts, as `ds={{ ds }}`; empty: the
            newest that is complete. Templated.
        hold, mode, poke_interval, timeout: seconds, and how it is waited.
    """

    template_fields: Sequence[str] = ("view", "path")

    def __init__(self, *, view: str, path: str = "",
                 freshet_conn_id: str = FreshetHook.default_conn_name,
                 hold: float = 30, mode: str = "reschedule",
                 poke_interval: float = 30, timeout: float = 6 * 3600,
                 **kwargs: Any) -> None:
        super().__init__(view=view, freshet_conn_id=freshet_conn_id, hold=hold,
                         mode=mode, poke_interval=poke_interval,
                         timeout=timeout, **kwargs)
        self.path = path

    def serve(self, admin: freshet.Admin, context: Any) -> int:
        return admin.wait_for_snapshot(self.view, self.path,
                                       timeout=self.hold).version
