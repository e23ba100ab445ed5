"""The settings and packs that an engine computes by, read again when their files change, and who asks it."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from addin.settings import FILE, Settings, read_settings
from tierbook.errors import TierbookError
from tierbook.language import LANGUAGES
from udfs.context import Context, Reasons, Said

MOST_SESSIONS = 100
MOST_PACKS_OF_ONE_SESSION = 20


class Project:
    """One folder's `config.yaml` and packs, as they are now.

    Raises
    ------
    HostError
        A `config.yaml` that cannot be used. A later edit that cannot be used leaves the settings as they were.
    """

    def __init__(self, folder: Path, *, today: Callable[[], date]) -> None:
        self.folder = folder
        self._today = today
        self._stamp = self._newest_stamp()
        self.settings: Settings = read_settings(folder)
        self.complaint: TierbookError | None = None
        self._contexts: dict[tuple[str, str], Context] = {}

    def context(self, language: str, pack: str | None) -> Context:
        """What calls in that language by that pack share: packs, results, today."""
        stamp = self._newest_stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            self._read_again()
        key = (language, pack or self.settings.pack)
        today = self._today()
        known = self._contexts.get(key)
        if known is None or known.today != today:
            shelf = known.shelf if known else self.settings.shelf()
            known = Context(packs=shelf, pack=key[1], language=language, today=today)
            self._contexts[key] = known
        return known

    def _read_again(self) -> None:
        try:
            self.settings = read_settings(self.folder)
        except TierbookError as error:
            self.complaint = error
        else:
            self.complaint = None
            self._contexts.clear()

    def _newest_stamp(self) -> tuple[int, int]:
        try:
            found = (self.folder / FILE).stat()
        except OSError:  # there is none; an editor that saves by renaming leaves a moment without
            return (0, 0)
        return found.st_mtime_ns, found.st_size


@dataclass
class Session:
    """One spreadsheet program that is open: its language, its pack, and the reasons CRM_WHY shows there."""

    language: str
    pack: str | None = None
    reasons: Reasons = field(default_factory=Reasons)
    _contexts: dict[str | None, tuple[Context, Context]] = field(default_factory=dict)

    def context(self, project: Project, pack: str | None = None) -> Context:
        """What a call of this session is computed with; `pack` where its workbook names one."""
        pack = pack or self.pack
        shared = project.context(self.language, pack)
        known = self._contexts.get(pack)
        if known is None or known[0] is not shared:
            if len(self._contexts) >= MOST_PACKS_OF_ONE_SESSION:
                self._contexts.clear()
            known = self._contexts[pack] = (shared, replace(shared, reasons=self.reasons))
        if project.complaint:
            self.reasons.add([Said(FILE, project.complaint.text(self.language))])
        return known[1]


class Sessions:
    """The sessions there are, by their names; the one unused longest makes room."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, *, language: Any, pack: Any) -> str:
        """A new session and its name."""
        name = secrets.token_hex(8)
        self._open[name] = Session(
            language if language in LANGUAGES else "en", pack if isinstance(pack, str) and pack else None
        )
        if len(self._open) > MOST_SESSIONS:
            self._open.popitem(last=False)
        return name

    def get(self, name: Any) -> Session | None:
        """The session of that name; None when it was never begun here, or forgotten."""
        session = self._open.get(name) if isinstance(name, str) else None
        if session:
            self._open.move_to_end(name)
        return session
