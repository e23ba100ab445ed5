"""scikit-learn, which belongs to the extra `mining`: imported where it is used, named in words where it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from tierbook.arrow import without_pandas
from tierbook.errors import DataError, HostError

INSTALL = 'pip install "tierbook[mining]"'
_LARGEST_SEED = 2**32 - 1


def installed() -> bool:
    """Whether the extra is there, found out without importing it."""
    return find_spec("sklearn") is not None


def module(name: str) -> Any:
    """A module of scikit-learn, such as `cluster`.

    Raises
    ------
    HostError
        It is not installed; says how to install it.
    """
    if not installed():
        raise HostError("Mining needs scikit-learn, which is not installed.", fix="Run {line}", line=INSTALL)
    # It would import pandas only to know frames, which nobody gives it here: 0.4 CPU-s.
    with without_pandas():
        return import_module(f"sklearn.{name}")


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread while a block runs: several add up in another order every time, and the last bit would differ."""
    with import_module("threadpoolctl").threadpool_limits(1):
        yield


def checked_seed(seed: float) -> int:
    """The seed as scikit-learn takes it.

    Raises
    ------
    DataError
        Not a whole number from 0 to 4,294,967,295.
    """
    if seed != int(seed) or not 0 <= seed <= _LARGEST_SEED:
        raise DataError(
            "The seed is a whole number from 0 to {most}, not {value}.", most=_LARGEST_SEED, value=f"{seed:g}"
        )
    return int(seed)
