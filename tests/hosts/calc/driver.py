"""Drives a LibreOffice from outside, one request a line (JSON) on stdin, one answer a line on stdout.

Run by a Python that has LibreOffice's `uno`, which the project's environment has not. Arguments: the name of the pipe
LibreOffice listens on.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import uno
import unohelper
from com.sun.star.accessibility import AccessibleRole, AccessibleStateType
from com.sun.star.awt import XCallback
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.frame import XDispatchResultListener

FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".ods": "calc8", ".pdf": "calc_pdf_Export"}

ROLES = {
    AccessibleRole.ALERT: "title",
    AccessibleRole.DIALOG: "title",
    AccessibleRole.LABEL: "text",
    AccessibleRole.STATIC: "text",
    AccessibleRole.LIST_ITEM: "choices",
    AccessibleRole.PUSH_BUTTON: "buttons",
}


class Driver:
    def __init__(self, context) -> None:
        self.context = context
        self.desktop = self.service("com.sun.star.frame.Desktop")
        self.books: dict[str, Any] = {}

    def service(self, name):
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    def new(self, book, hidden=True):
        self._keep(book, "private:factory/scalc", hidden, False)

    def open(self, book, path, hidden=False, read_only=False):
        """Opened as a user does; the job for opened documents runs for a visible one only."""
        self._keep(book, uno.systemPathToFileUrl(path), hidden, read_only)
        return {"read_only": self.books[book].isReadonly(), "modified": self.books[book].isModified()}

    def close(self, book):
        self.books.pop(book).close(True)

    def put(self, book, address, rows, sheet=0):
        """Cells: null blank, {"formula": text} a formula, {"date": serial} a date, all else a value."""
        plain = [[_plain(cell) for cell in row] for row in rows]
        first = self._range(book, address, sheet)
        at = first.RangeAddress
        target = self._sheet(book, sheet).getCellRangeByPosition(
            at.StartColumn, at.StartRow, at.StartColumn + len(rows[0]) - 1, at.StartRow + len(rows) - 1
        )
        target.setDataArray(tuple(map(tuple, plain)))
        for down, row in enumerate(rows):
            for right, cell in enumerate(row):
                if isinstance(cell, dict):
                    one = target.getCellByPosition(right, down)
                    if "formula" in cell:
                        one.Formula = cell["formula"]
                    else:
                        one.Value = cell["date"]
                        one.NumberFormat = 36

    def formula(self, book, address, formula, sheet=0):
        self._range(book, address, sheet).getCellByPosition(0, 0).Formula = formula

    def fill_auto(self, book, address, formula, sheet=0):
        cells = self._range(book, address, sheet)
        cells.getCellByPosition(0, 0).Formula = formula
        cells.fillAuto(uno.Enum("com.sun.star.sheet.FillDirection", "TO_BOTTOM"), 1)

    def fill_series(self, book, address, sheet=0):
        self._range(book, address, sheet).fillAuto(
            uno.Enum("com.sun.star.sheet.FillDirection", "TO_BOTTOM"), 1
        )

    def count_from(self, book, year, month, day):
        first = uno.createUnoStruct("com.sun.star.util.Date")
        first.Year, first.Month, first.Day = year, month, day
        self.books[book].NullDate = first

    def array(self, book, address, formula, sheet=0):
        self._range(book, address, sheet).setArrayFormula(formula)

    def clear(self, book, address, sheet=0):
        self._range(book, address, sheet).clearContents(1023)

    def read(self, book, address, sheet=0):
        """Cells of a range: null, number, text, or {"error": number}."""
        cells = self._range(book, address, sheet)
        data = cells.getDataArray()
        rows = [[None if cell == "" else cell for cell in row] for row in data]
        for down, row in enumerate(data):
            for right, cell in enumerate(row):
                if cell is None:
                    rows[down][right] = {"error": cells.getCellByPosition(right, down).getError()}
        return rows

    def formulas(self, book, address, sheet=0):
        return [list(row) for row in self._range(book, address, sheet).getFormulaArray()]

    def sheets(self, book):
        return list(self.books[book].Sheets.ElementNames)

    def used(self, book, sheet=0):
        cursor = self._sheet(book, sheet).createCursor()
        cursor.gotoEndOfUsedArea(False)
        at = cursor.RangeAddress
        return [at.EndRow + 1, at.EndColumn + 1]

    def compute(self, book):
        self.books[book].calculateAll()

    def state(self, book):
        document = self.books[book]
        return {
            "modified": document.isModified(),
            "url": document.URL,
            "undo": document.UndoManager.isUndoPossible(),
        }

    def undo(self, book):
        self.books[book].UndoManager.undo()

    def save_as(self, book, path, copy=False):
        given = (PropertyValue("FilterName", 0, FILTERS[path[path.rindex(".") :]], 0),)
        url = uno.systemPathToFileUrl(path)
        (self.books[book].storeToURL if copy else self.books[book].storeAsURL)(url, given)

    def dispatch(self, book, command, **given):
        """A command of LibreOffice's own menu; whether it was done."""
        helper = self.service("com.sun.star.frame.DispatchHelper")
        if "path" in given:
            given["URL"] = uno.systemPathToFileUrl(given.pop("path"))
            given["FilterName"] = FILTERS[".xlsx"]
        arguments = tuple(PropertyValue(key, 0, value, 0) for key, value in given.items())
        frame = self.books[book].CurrentController.Frame
        return helper.executeDispatch(frame, command, "", 0, arguments).State == 1

    def save(self, book):
        self.books[book].store()

    def colours(self, book, address, sheet=0):
        """Background of the cells of a column."""
        cells = self._range(book, address, sheet)
        at = cells.RangeAddress
        return [cells.getCellByPosition(0, row).CellBackColor for row in range(at.EndRow - at.StartRow + 1)]

    def protect(self, book, sheet=0):
        self._sheet(book, sheet).protect("")

    def select(self, book, address, sheet=0):
        controller = self.books[book].CurrentController
        controller.setActiveSheet(self._sheet(book, sheet))
        controller.select(self._range(book, address, sheet))

    def type(self, book, address, text, sheet=0):
        """Enter a text as a user does, through the program's own command."""
        self.select(book, address, sheet)
        helper = self.service("com.sun.star.frame.DispatchHelper")
        frame = self.books[book].CurrentController.Frame
        helper.executeDispatch(frame, ".uno:EnterString", "", 0, (PropertyValue("StringName", 0, text, 0),))

    def command(self, book, name, answers=None):
        """A command of Tierbook's menu, as a macro gives it; gives what was said."""
        frame = self.books[book].CurrentController.Frame
        url = uno.createUnoStruct("com.sun.star.util.URL")
        url.Complete = f"org.tierbook.command:{name}"
        url = self.service("com.sun.star.util.URLTransformer").parseStrict(url)[1]
        found = frame.queryDispatch(url, "_self", 0)
        done = Done()
        given = (PropertyValue("Answers", 0, json.dumps(answers or {}), 0),)
        found.dispatchWithNotification(url, given, done)
        assert done.finished.wait(120), "the command did not end"
        return done.said

    def press(self, book, name):
        """A command of Tierbook's menu, as the menu gives it: its windows open, and it is not waited for."""
        url = uno.createUnoStruct("com.sun.star.util.URL")
        url.Complete = f"org.tierbook.command:{name}"
        url = self.service("com.sun.star.util.URLTransformer").parseStrict(url)[1]
        self.books[book].CurrentController.Frame.queryDispatch(url, "_self", 0).dispatch(url, ())

    def window(self, patience=60.0):
        """What the window of Tierbook says, waited for: texts, fields, choices, buttons."""
        deadline = time.monotonic() + patience
        while not (found := self._windows()):
            assert time.monotonic() < deadline, "no window"
            time.sleep(0.05)
        texts: dict[str, list[str]] = {}
        for role, name, _ in found:
            if name and name not in texts.setdefault(ROLES.get(role, "other"), []):
                texts[ROLES.get(role, "other")].append(name)
        return texts

    def windows_open(self):
        """How many windows of Tierbook are open."""
        return sum(role in (AccessibleRole.ALERT, AccessibleRole.DIALOG) for role, _, _ in self._windows())

    def click(self, button):
        """Press a button of the window, or take one of its choices."""
        role, one = next((role, one) for role, name, one in self._windows() if name == button)
        if role == AccessibleRole.PUSH_BUTTON:
            self._on_main(lambda: one.doAccessibleAction(0))
        else:
            choices = one.getAccessibleParent().getAccessibleContext()
            self._on_main(lambda: choices.selectAccessibleChild(one.getAccessibleIndexInParent()))

    def write(self, text):
        """Write into the field of the window."""
        field = next(one for role, _, one in self._windows() if role == AccessibleRole.TEXT)
        self._on_main(lambda: field.setText(text))

    def _on_main(self, work):
        """What a user does comes from the thread that shows windows."""
        done = Clicked(work)
        self.service("com.sun.star.awt.AsyncCallback").addCallback(done, None)
        assert done.finished.wait(30), "LibreOffice does not listen"

    def _windows(self):
        toolkit = self.service("com.sun.star.awt.Toolkit")
        found = []
        for at in range(toolkit.getTopWindowCount()):
            # It may close between being counted and being looked at.
            window = toolkit.getTopWindow(at)
            context = window and window.getAccessibleContext()
            if context is None or context.getAccessibleName() != "Tierbook":
                continue
            if context.getAccessibleStateSet().contains(AccessibleStateType.SHOWING):
                found += _tree(context, 4)
        return found

    def cancelled(self, book, name, version, at="progress"):
        """A command whose user changes their mind, at the first progress of the engine or at a question; gives what was said."""
        from addin.calc.component.commands import Commands, Person, Stopped
        from addin.calc.spelling import Spelling
        from addin.engine_client import Engine

        class Changing(Person):
            begun = False

            def progress(self, share, text):
                self.begun = share > 0

            def going_on(self):
                if at == "progress" and self.begun:
                    raise Stopped

            def ask(self, question):
                raise Stopped

        person = Changing({})
        Commands(
            self.books[book],
            person,
            engine=lambda: Engine(version=version, host="test", start=False),
            language="en",
            spelling=Spelling({}, {}),
            titles={},
            show=print,
        ).run(name)
        return person.said

    def close_others(self):
        """Close the documents that Tierbook opened; gives their names."""
        listed = self.desktop.Components.createEnumeration()
        found = []
        while listed.hasMoreElements():
            found.append(listed.nextElement())
        mine = [one.RuntimeUID for one in self.books.values()]
        others = [one for one in found if one.RuntimeUID not in mine]
        names = [one.Title for one in others]
        for one in others:
            one.close(True)
        return names

    def described(self):
        """The functions of the wizard: name -> description and arguments."""
        listed = self.service("com.sun.star.sheet.FunctionDescriptions")
        found = {}
        for at in range(listed.Count):
            entry = {one.Name: one.Value for one in listed.getByIndex(at)}
            if entry["Name"].startswith("CRM_"):
                found[entry["Name"]] = {
                    "help": entry["Description"],
                    "arguments": [
                        [one.Name, one.Description, one.IsOptional] for one in entry["Arguments"] or ()
                    ],
                }
        return found

    def quit(self):
        for book in list(self.books):
            self.close(book)
        self.desktop.terminate()

    def _keep(self, book, url, hidden, read_only):
        given = (PropertyValue("Hidden", 0, hidden, 0), PropertyValue("ReadOnly", 0, read_only, 0))
        self.books[book] = self.desktop.loadComponentFromURL(url, "_blank", 0, given)
        assert self.books[book] is not None, f"LibreOffice did not open {url}"

    def _sheet(self, book, sheet):
        sheets = self.books[book].Sheets
        return sheets.getByName(sheet) if isinstance(sheet, str) else sheets.getByIndex(sheet)

    def _range(self, book, address, sheet):
        return self._sheet(book, sheet).getCellRangeByName(address)


class Done(unohelper.Base, XDispatchResultListener):
    def __init__(self) -> None:
        self.finished, self.said = threading.Event(), ""

    def dispatchFinished(self, event):
        self.said = event.Result
        self.finished.set()

    def disposing(self, event):
        pass


class Clicked(unohelper.Base, XCallback):
    def __init__(self, work) -> None:
        self.work, self.finished = work, threading.Event()

    def notify(self, data):
        self.work()
        self.finished.set()


def _tree(context, depth):
    """Role, name and context of what a window holds."""
    found = [(context.getAccessibleRole(), context.getAccessibleName(), context)]
    for at in range(min(context.getAccessibleChildCount(), 60) if depth else 0):
        child = context.getAccessibleChild(at)
        if child is not None:
            found += _tree(child.getAccessibleContext(), depth - 1)
    return found


def _plain(cell):
    if cell is None or isinstance(cell, dict):
        return ""
    return cell if isinstance(cell, str) else float(cell)


def connected(pipe, patience=60.0):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    deadline = time.monotonic() + patience
    while True:
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def main():
    driver = Driver(connected(sys.argv[1]))
    print(json.dumps({"ok": None}), flush=True)
    for line in sys.stdin:
        name, given = json.loads(line)
        try:
            answer = {"ok": getattr(driver, name)(**given)}
        except Exception as error:  # noqa: BLE001 - the edge of this process: the test on the other side reads it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
        if name == "quit":
            return


if __name__ == "__main__":
    main()
