"""What a running engine notes for the add-in: that it is there, so that a cell can look for it and start nothing.

The note is a text where VBA's GetSetting reads it. Its key is volatile, so it is gone when the user logs off, whatever
became of the engine; it is another one for every engine, so an Excel knows which of them it has met.
"""

from __future__ import annotations

from uuid import uuid4

import win32api
import win32con

KEY = r"Software\VB and VBA Program Settings\Tierbook add-in\Engine"
NAME = "Running"


class Note:
    """The note of one engine."""

    def __init__(self) -> None:
        self.text = str(uuid4())
        self._key, _ = win32api.RegCreateKeyEx(
            win32con.HKEY_CURRENT_USER, KEY, win32con.KEY_ALL_ACCESS, None, win32con.REG_OPTION_VOLATILE
        )

    def write(self) -> None:
        """Say that this engine answers."""
        win32api.RegSetValueEx(self._key, NAME, 0, win32con.REG_SZ, self.text)

    def erase(self) -> None:
        """Say that it does not any more; another engine's note stays."""
        try:
            noted, _ = win32api.RegQueryValueEx(self._key, NAME)
        except win32api.error:
            return
        if noted == self.text:
            win32api.RegDeleteValue(self._key, NAME)
