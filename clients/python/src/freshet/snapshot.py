# SPDX-License-Identifier: Apache-2.0
"""Writes snapshots as a daemon wants them: complete or not there."""

import hashlib
import json
from typing import Any, Dict, Iterable, List, Optional

# Of which a file is about so large.
_ROWS_PER_FILE = 1_000_000


def _tables(data: Any, pyarrow: Any) -> Iterable[Any]:
    """A pyarrow.Table, record batches or tables one by one, or a pandas
    DataFrame."""
    if isinstance(data, pyarrow.Table):
        return [data]
    if hasattr(data, "to_numpy") and hasattr(data, "columns"):
        return [pyarrow.Table.from_pandas(data, preserve_index=False)]
    return (one if isinstance(one, pyarrow.Table)
            else pyarrow.Table.from_batches([one]) for one in data)


def write_snapshot(data: Any, to: str, *, filesystem: Optional[Any] = None,
                   manifest: str = "_manifest.json",
                   rows_per_file: int = _ROWS_PER_FILE) -> int:
    """Writes a snapshot into a directory that is not there yet, or empty.

    Parquet files, then the manifest that lists them with sizes, SHA-256 and
    rows, then `_SUCCESS`: until that is there a watched source waits, and what
    is missing then, or differs, is refused.

    Args:
        data: a pandas DataFrame, a pyarrow.Table, or an iterable of tables or
            record batches, which is written as it comes.
        to: a directory, or `s3://bucket/prefix` and what else
            pyarrow.fs.FileSystem.from_uri knows.
        filesystem: a pyarrow.fs.FileSystem, with `to` as a path in it.
        manifest: its name, as `source.manifest` of the view has it.

    Returns:
        How many rows there are.

    Raises:
        FileExistsError: `to` holds something. A snapshot is never added to.
    """
    import pyarrow
    import pyarrow.fs
    import pyarrow.parquet

    if filesystem is None:
        filesystem, to = (
            pyarrow.fs.FileSystem.from_uri(to) if "://" in to
            else (pyarrow.fs.LocalFileSystem(), to))
    to = to.rstrip("/")
    there = filesystem.get_file_info(
        pyarrow.fs.FileSelector(to, allow_not_found=True))
    if there:
        raise FileExistsError(f"'{to}' holds '{there[0].base_name}' already; "
                              "each snapshot wants a directory of its own")
    filesystem.create_dir(to, recursive=True)

    def put(name: str, content: bytes) -> None:
        with filesystem.open_output_stream(f"{to}/{name}") as stream:
            stream.write(content)

    files: List[Dict[str, Any]] = []
    rows = 0
    for table in _tables(data, pyarrow):
        for start in range(0, max(table.num_rows, 1), rows_per_file):
            piece = table.slice(start, rows_per_file)
            sink = pyarrow.BufferOutputStream()
            pyarrow.parquet.write_table(piece, sink)
            content = sink.getvalue().to_pybytes()
            name = f"part-{len(files):05}.parquet"
            put(name, content)
            files.append({"name": name, "bytes": len(content),
                          "sha256": hashlib.sha256(content).hexdigest()})
            rows += piece.num_rows
    put(manifest, json.dumps({"files": files, "rows": rows}).encode())
    put("_SUCCESS", b"")
    return rows
