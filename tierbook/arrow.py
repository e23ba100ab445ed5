"""Arrow tables as the arrays that calculations take, and pyarrow without pandas: whoever touches a value through it would otherwise import pandas."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


def arrays(table: pa.Table) -> dict[str, NDArray]:
    """The columns of an Arrow table as NumPy arrays: numbers and yes/no as float (NaN), texts as objects (None), dates as datetime64[D] (NaT)."""
    import pyarrow as pa

    found = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
            found[name] = column.cast(pa.date32()).to_numpy().astype("datetime64[D]")
        elif (
            pa.types.is_string(column.type)
            or pa.types.is_large_string(column.type)
            or pa.types.is_dictionary(column.type)
        ):
            found[name] = column.to_numpy()
        else:
            found[name] = column.cast(pa.float64()).to_numpy()
    return found


@cache
def keep_pandas_out() -> None:
    """Let pyarrow settle its question whether pandas is there before anybody needs the answer.

    The first conversion of any Python value makes pyarrow import pandas, only to know pandas objects when it meets
    them: 0.35 to 0.6 CPU-seconds at every start. Where nobody has imported pandas yet there are none to meet.
    `to_pandas` and the Arrow C stream of frames made later still work: pyarrow asks again for those.
    """
    if "pandas" in sys.modules or "pyarrow.pandas_compat" in sys.modules:
        return
    import pyarrow as pa

    with without_pandas():
        pa.array([None])


@cache
def use_plain_memory() -> None:
    """Let pyarrow take its memory where everybody else does, unless the user has chosen another way.

    Its own allocator on Linux hands large blocks back at once and has the system clear them anew for the next table:
    a quarter of a CPU-second for a million rows read, and some 50 MiB of the peak, with nothing gained.
    """
    if sys.platform != "linux" or "ARROW_DEFAULT_MEMORY_POOL" in os.environ:
        return
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())


@contextmanager
def without_pandas() -> Iterator[None]:
    """Nobody imports pandas in a block, as if it were not installed, for libraries that ask for it only to know its objects."""
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _NoPandas:
    """Answers the import of pandas with no."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)
