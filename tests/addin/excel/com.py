"""A workbook of pyOpenVBA behind the face pywin32 gives Excel's objects: properties, calls, collections."""

from __future__ import annotations

from typing import Any

from pyopenvba.exceptions import VBARuntimeError
from pyopenvba.interpreter._objects import VBAObject
from pyopenvba.interpreter._values import MISSING, NOTHING, VBAArray

from tests.addin.excel.interpreter import to_com, to_vba


class Com:
    """One object of Excel."""

    def __init__(self, of: VBAObject) -> None:
        object.__setattr__(self, "of", of)

    def __getattr__(self, name: str) -> Any:
        spec = self.of.vba_member(name)
        if spec is None or spec.getter is None:
            raise AttributeError(name)
        if spec.parameters or spec.varargs or spec.kind == "method":
            return Member(self.of, name)
        found = from_vba(self.of.vba_get(name))
        return self._whole(found) if name == "Value2" else found

    def _whole(self, found: Any) -> Any:
        """Values of all the cells: pyOpenVBA leaves out those beyond the used part of the sheet."""
        area = self.of.first
        height, width = area.bottom - area.top + 1, area.right - area.left + 1
        if height == width == 1:
            return found
        held = found if isinstance(found, tuple) else ((found,),)
        rows = [(*row, *[None] * (width - len(row))) for row in held]
        return (*rows, *[(None,) * width] * (height - len(rows)))

    def __setattr__(self, name: str, value: Any) -> None:
        if self.of.vba_member(name) is None:
            raise AttributeError(name)
        self.of.vba_set(name, given(value))

    def __call__(self, *arguments: Any) -> Any:
        default = self.of.vba_default_member()
        assert default is not None, f"{self.of!r} has no default member"
        return from_vba(self.of.vba_get(default.name, [given(one) for one in arguments]))

    def __iter__(self) -> Any:
        return iter([from_vba(one) for one in self.of.vba_iterate()])


class Member:
    """A method, or a property that takes arguments and may also be read without any."""

    def __init__(self, of: VBAObject, name: str) -> None:
        self.__dict__.update(of=of, name=name)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        positional = [given(one) for one in arguments]
        return from_vba(
            self.of.vba_get(self.name, positional, {key: given(one) for key, one in named.items()})
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self(), name)

    def __iter__(self) -> Any:
        return iter(self())

    def __str__(self) -> str:
        return str(self())

    def __eq__(self, other: object) -> bool:
        return self() == (other() if isinstance(other, Member) else other)

    __hash__ = None  # type: ignore[assignment]


def given(value: Any) -> Any:
    """An argument for pyOpenVBA."""
    if isinstance(value, Com):
        return value.of
    if isinstance(value, Member):
        return given(value())
    return MISSING if value is None else rows_of(value) if isinstance(value, list | tuple) else to_vba(value)


def rows_of(value: Any) -> Any:
    made = to_vba([[None if cell is None else cell for cell in row] for row in value])
    assert isinstance(made, VBAArray)
    return made


def from_vba(value: Any) -> Any:
    if value is NOTHING:
        return None
    return Com(value) if isinstance(value, VBAObject) else to_com(value)


__all__ = ["Com", "VBARuntimeError"]
