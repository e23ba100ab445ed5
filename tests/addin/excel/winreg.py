"""A part of the registry as Python's `winreg` shows it, in a dict; which part it is does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

HKEY_CLASSES_ROOT = 0
HKEY_CURRENT_USER = 1
KEY_SET_VALUE = 2
REG_SZ = 1
REG_DWORD = 4


class Winreg:
    """Keys and their values; names differ in more than case, as there."""

    HKEY_CLASSES_ROOT, HKEY_CURRENT_USER = HKEY_CLASSES_ROOT, HKEY_CURRENT_USER
    KEY_SET_VALUE, REG_SZ, REG_DWORD = KEY_SET_VALUE, REG_SZ, REG_DWORD

    def __init__(self, keys: dict[str, dict[str, Any]]) -> None:
        self.tree: dict[str, dict[str, tuple[Any, int]]] = {}
        for key, values in keys.items():
            with self.CreateKey(HKEY_CURRENT_USER, key) as found:
                for name, value in values.items():
                    kind = REG_SZ if isinstance(value, str) else REG_DWORD
                    self.SetValueEx(found, name, 0, kind, value)

    @contextmanager
    def OpenKey(self, root: int, key: str, reserved: int = 0, access: int = 0) -> Iterator[str]:
        if self._known(key) is None:
            raise FileNotFoundError(key)
        yield self._known(key) or ""

    @contextmanager
    def CreateKey(self, root: int, key: str) -> Iterator[str]:
        assert root == HKEY_CURRENT_USER
        steps = key.split("\\")
        for end in range(1, len(steps) + 1):
            if self._known("\\".join(steps[:end])) is None:
                self.tree["\\".join(steps[:end])] = {}
        yield self._known(key) or ""

    def QueryInfoKey(self, key: str) -> tuple[int, int, int]:
        return len(self._under(key)), len(self.tree[key]), 0

    def EnumKey(self, key: str, at: int) -> str:
        return self._under(key)[at]

    def EnumValue(self, key: str, at: int) -> tuple[str, Any, int]:
        name = list(self.tree[key])[at]
        return name, *self.tree[key][name]

    def SetValueEx(self, key: str, name: str, reserved: int, kind: int, value: Any) -> None:
        self.tree[key][name] = (value, kind)

    def DeleteValue(self, key: str, name: str) -> None:
        del self.tree[key][name]

    def DeleteKey(self, root: int, key: str) -> None:
        known = self._known(key)
        if known is None:
            raise FileNotFoundError(key)
        if self._under(known):
            raise PermissionError("a key with keys under it is not deleted")
        del self.tree[known]

    def values(self, key: str) -> dict[str, Any]:
        return {name: value for name, (value, _) in self.tree.get(key, {}).items()}

    def _known(self, key: str) -> str | None:
        return next((known for known in self.tree if known.lower() == key.lower()), None)

    def _under(self, key: str) -> list[str]:
        start = f"{key}\\"
        return [
            known[len(start) :]
            for known in self.tree
            if known.startswith(start) and "\\" not in known[len(start) :]
        ]
