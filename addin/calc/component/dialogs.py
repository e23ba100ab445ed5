"""Questions, messages and progress in LibreOffice's own windows.

Works on LibreOffice's objects (UNO). Standard library of Python 3.9 only: LibreOffice's own Python runs this file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from addin.calc.component.commands import Person, Stopped
from addin.calc.component.words import say

TITLE = "Tierbook"
MOST_BUTTONS = 3
_WIDTH, _MARGIN, _LINE, _BUTTON = 220, 8, 11, 60
_OK, _CANCEL = 1, 2  # com.sun.star.awt.PushButtonType

OnMain = Callable[[Callable[[], Any]], Any]
"""Does something on LibreOffice's main thread, where windows belong, and gives what it gave."""


class Dialogs(Person):
    """The person at the screen; cancel is a command of the menu, so that nothing waits for a window."""

    def __init__(self, frame: Any, service: Callable[[str], Any], *, language: str, on_main: OnMain) -> None:
        super().__init__({})
        self.stop = threading.Event()
        self._parent = frame.getContainerWindow()
        self._frame, self._service, self._language, self._on_main = frame, service, language, on_main
        self._indicator: Any = None

    def tell(self, text: str) -> None:
        self._on_main(lambda: self._box("INFOBOX", text))

    def warn(self, text: str) -> None:
        self._on_main(lambda: self._box("WARNINGBOX", text))

    def ask(self, question: Mapping[str, Any]) -> str:
        options = question["options"]
        return self._on_main(lambda: self._choice(question, options) if options else self._text(question))

    def progress(self, share: float, text: str) -> None:
        self.going_on()
        if self._indicator is None:
            self._indicator = self._frame.createStatusIndicator()
            self._indicator.start(text, 100)
        self._indicator.setText(text)
        self._indicator.setValue(int(share * 100))

    def going_on(self) -> None:
        if self.stop.is_set():
            raise Stopped

    def finished(self) -> None:
        if self._indicator is not None:
            self._indicator.end()
        self._indicator = None

    def _box(self, kind: str, text: str) -> None:
        toolkit = self._service("com.sun.star.awt.Toolkit")
        box = toolkit.createMessageBox(self._parent, _kind(kind), 1, TITLE, text)
        try:
            box.execute()
        finally:
            box.dispose()

    def _text(self, question: Mapping[str, Any]) -> str:
        dialog = _Dialog(self._service, self._parent, question["text"])
        field = dialog.add("Edit", "answer", Text=question["default"], Height=14)
        dialog.buttons([(say("OK", self._language), _OK), (say("Cancel", self._language), _CANCEL)])
        if not dialog.run():
            raise Stopped
        return str(field.Text)

    def _choice(self, question: Mapping[str, Any], options: Any) -> str:
        dialog = _Dialog(self._service, self._parent, question["text"])
        texts = tuple(text for _, text in options)
        values = [value for value, _ in options]
        chosen = values.index(question["default"]) if question["default"] in values else 0
        height = 12 * (len(options) if len(options) <= MOST_BUTTONS else 8)
        field = dialog.add("ListBox", "answer", StringItemList=texts, SelectedItems=(chosen,), Height=height)
        dialog.buttons([(say("OK", self._language), _OK), (say("Cancel", self._language), _CANCEL)])
        if not dialog.run() or not field.SelectedItems:
            raise Stopped
        return str(values[field.SelectedItems[0]])


class _Dialog:
    """A small window: a text, what is answered, buttons."""

    def __init__(self, service: Callable[[str], Any], parent: Any, text: str) -> None:
        self._service, self._parent = service, parent
        self._model = service("com.sun.star.awt.UnoControlDialogModel")
        self._model.Title, self._model.Width = TITLE, _WIDTH
        self._at = _MARGIN
        lines = sum(1 + len(line) // 55 for line in text.split("\n"))
        self.add("FixedText", "question", Label=text, MultiLine=True, Height=_LINE * lines)

    def add(self, kind: str, name: str, **properties: Any) -> Any:
        """Put a control under what there is; gives its model."""
        one = self._model.createInstance(f"com.sun.star.awt.UnoControl{kind}Model")
        one.PositionX, one.PositionY, one.Width = _MARGIN, self._at, _WIDTH - 2 * _MARGIN
        for key, value in properties.items():
            setattr(one, key, value)
        self._model.insertByName(name, one)
        self._at += one.Height + _MARGIN // 2
        return one

    def buttons(self, listed: list[tuple[str, int]]) -> None:
        """A row of buttons at the bottom; the first is pressed by Enter."""
        for at, (label, kind) in enumerate(listed):
            one = self._model.createInstance("com.sun.star.awt.UnoControlButtonModel")
            one.PositionX = _WIDTH - (len(listed) - at) * (_BUTTON + _MARGIN // 2) - _MARGIN // 2
            one.PositionY, one.Width, one.Height = self._at + _MARGIN // 2, _BUTTON, 14
            one.Label, one.PushButtonType, one.DefaultButton = label, kind, at == 0
            self._model.insertByName(f"button{at}", one)
        self._at += 14 + _MARGIN

    def run(self) -> bool:
        """Show it; whether the user agreed."""
        self._model.Height = self._at + _MARGIN // 2
        control = self._service("com.sun.star.awt.UnoControlDialog")
        control.setModel(self._model)
        control.createPeer(self._service("com.sun.star.awt.Toolkit"), self._parent)
        try:
            return bool(control.execute())
        finally:
            control.dispose()


def _kind(name: str) -> Any:
    import uno

    return uno.Enum("com.sun.star.awt.MessageBoxType", name)
