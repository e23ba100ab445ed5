"""Message boxes of Windows above Excel's window, in any script."""

from __future__ import annotations

import ctypes

_INFORMATION, _QUESTION, _YES_NO_CANCEL, _IN_FRONT = 0x40, 0x20, 0x3, 0x10000
_YES, _NO = 6, 7


class WindowsDialogs:
    """Boxes that belong to one window."""

    def __init__(self, window: int) -> None:
        self.window = window

    def tell(self, text: str) -> None:
        self._box(text, _INFORMATION)

    def yes_or_no(self, question: str) -> bool | None:
        return {_YES: True, _NO: False}.get(self._box(question, _QUESTION | _YES_NO_CANCEL))

    def _box(self, text: str, kind: int) -> int:
        user32 = ctypes.WinDLL("user32")  # type: ignore[attr-defined]
        return user32.MessageBoxW(self.window, text, "Tierbook", kind | _IN_FRONT)
