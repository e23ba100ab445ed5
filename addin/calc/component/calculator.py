"""Calls of cells: asked of the engine, and with a reason where there is no result.

Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from addin.calc.component.ahead import Ahead
from addin.calc.component.cells import NULL_DATE, error_value, shown, shown_rows
from addin.engine_client import Engine, EngineError

WHY = "CRM_WHY"
MOST_REASONS = 50
LOOK_AGAIN = 1.0  # how often a missing engine is looked for [s]
ABOUT_CELLS = ("function", "internal")  # codes of errors that are not about the engine itself


class Calculator:
    """What stands behind the functions of cells.

    Parameters
    ----------
    facts : mapping
        Method -> function, whether its result is one cell, whether dates may be among its cells, whether it takes a rule pack.
    engine : Engine
        For the cells.
    watch : Engine
        For the thread that waits for an engine to come back, with a connection of its own.
    back : callable
        Called from that thread when the engine is there again: cells are to be computed anew.
    """

    def __init__(
        self,
        facts: Mapping[str, Mapping[str, Any]],
        *,
        engine: Engine,
        watch: Engine,
        language: str,
        back: Callable[[], None],
    ) -> None:
        self.language = language
        self._ahead = Ahead(engine)
        self._facts, self._watch, self._back = facts, watch, back
        self._missing: EngineError | None = None
        self._reasons: deque[tuple[str, str]] = deque(maxlen=MOST_REASONS)
        self._lock = threading.Lock()

    def call(
        self,
        method: str,
        arguments: Sequence[Any],
        null_date: Callable[[], int],
        pack: Callable[[], str | None],
    ) -> Any:
        """What a cell shows for a method of the interface; a failure is an error cell, and its reason is kept.

        `null_date` and `pack` say what the cell's document counts days from and which rule pack it names; they are
        asked where it matters only.
        """
        facts = self._facts[method]
        days = null_date() if facts["dates"] else NULL_DATE
        named = pack() if facts["pack"] else None
        try:
            result = self._asked(facts["function"], arguments, days, named)
        except EngineError as error:
            if error.code not in ABOUT_CELLS:
                self._keep_reason(facts["function"], error)
                self._wait_for_engine(error)
            failure = error_value("#VALUE!" if error.code in ABOUT_CELLS else "#N/A")
            return failure if facts["single"] else ((failure,),)
        return shown(result, days) if facts["single"] else shown_rows(result, days)

    def _asked(self, function: str, arguments: Sequence[Any], days: int, pack: str | None) -> Any:
        if function == WHY and self._reasons:
            return [["function", "reason"], *map(list, self._reasons)]
        if self._missing is not None:
            # Thousands of cells must not each look for an engine that is not there.
            raise self._missing
        return self._ahead.call(function, arguments, days, pack)

    def _keep_reason(self, function: str, error: EngineError) -> None:
        reason = (function, error.text(self.language))
        if reason not in self._reasons:
            self._reasons.appendleft(reason)

    def _wait_for_engine(self, error: EngineError) -> None:
        """Let a thread look for the engine until it is there; nothing to wait for when a call was too large."""
        if error.code == "size":
            return
        with self._lock:
            if self._missing is None:
                self._missing = error
                threading.Thread(target=self._until_back, daemon=True).start()

    def _until_back(self) -> None:
        while True:
            time.sleep(LOOK_AGAIN)
            try:
                self._watch.status()
            except EngineError as error:
                self._missing = error
                continue
            break
        self._reasons.clear()
        self._missing = None
        self._back()
