"""What LibreOffice loads: the functions of cells, the job for documents that open, and the commands of the menu.

The only module of the add-in that needs LibreOffice to be imported. In the extension it is `tierbook_component.py`.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import uno
import unohelper
from com.sun.star.awt import XCallback
from com.sun.star.document import XDocumentEventListener
from com.sun.star.frame import XDispatchProvider, XNotifyingDispatch
from com.sun.star.frame.DispatchResultState import SUCCESS
from com.sun.star.lang import XInitialization, XServiceInfo
from com.sun.star.task import XJob, XJobExecutor
from com.sun.star.util import XChangesListener
from org.tierbook import XFunctions

from addin.calc.component import batch, formulas, saved, words
from addin.calc.component.calculator import Calculator
from addin.calc.component.commands import PROTOCOL, Commands, Person, Stopped
from addin.calc.component.dialogs import Dialogs
from addin.calc.component.sheets import PACK_NAME, named_text
from addin.calc.spelling import SERVICE, Spelling
from addin.engine_client import WORDS, Engine

HERE = Path(words.__file__).parent
ADDIN = json.loads((HERE / "addin.json").read_text("utf-8"))
JOB, HANDLER = "org.tierbook.OnLoad", "org.tierbook.Commands"
BATCH = "org.tierbook.Batch"
SAVED = ("OnSaveDone", "OnSaveAsDone")
ALWAYS = ("start_engine", "stop_engine")  # commands that need not wait for an action to end
COPYING, COPIED = "OnCopyTo", "OnCopyToDone"


class Addin:
    """What functions, job and commands share in one running LibreOffice."""

    def __init__(self, context: Any) -> None:
        self.context = context
        for language, translated in words.words().items():
            WORDS.setdefault(language, {}).update(translated)
        self.spelling = Spelling(ADDIN["ranges"], ADDIN["variants"])
        self.listener = Saving(self)
        self.service("com.sun.star.frame.theGlobalEventBroadcaster").addDocumentEventListener(self.listener)

    @cached_property
    def language(self) -> str:
        """en or zh, as LibreOffice's own texts are."""
        locale = self.configuration("/org.openoffice.Setup/L10N").getByName("ooLocale")
        return "zh" if str(locale).startswith("zh") else "en"

    @cached_property
    def calculator(self) -> Calculator:
        return Calculator(
            ADDIN["methods"],
            engine=self.engine(),
            watch=self.engine(),
            language=self.language,
            back=self.back,
        )

    def engine(self) -> Engine:
        """A connection of its own to this user's engine."""
        return Engine(version=ADDIN["version"], host="calc", language=self.language)

    def configuration(self, place: str) -> Any:
        """A part of LibreOffice's configuration."""
        node = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        node.Name, node.Value = "nodepath", place
        provider = self.service("com.sun.star.configuration.ConfigurationProvider")
        return provider.createInstanceWithArguments("com.sun.star.configuration.ConfigurationAccess", (node,))

    def service(self, name: str) -> Any:
        if name.rpartition(".")[2].startswith("the"):
            return self.context.getByName(f"/singletons/{name}")
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    def documents(self) -> list[Any]:
        """All open spreadsheets."""
        listed = self.service("com.sun.star.frame.Desktop").getComponents().createEnumeration()
        found = []
        while listed.hasMoreElements():
            found.append(listed.nextElement())
        return [one for one in found if formulas.is_spreadsheet(one)]

    def folders(self) -> list[Path]:
        """Where a copy is likely to go: beside documents open now or of late, and where the user keeps documents."""
        recent = self.configuration("/org.openoffice.Office.Histories/Histories/PickList/ItemList")
        work = self.service("com.sun.star.util.thePathSettings").getPropertyValue("Work")
        files = _files([*(one.getURL() for one in self.documents()), *recent.getElementNames()])
        return [*(path.parent for path in files), *_files([work])]

    def back(self) -> None:
        """The engine is there again: compute what could not be computed. Comes from a thread of our own."""
        self.service("com.sun.star.awt.AsyncCallback").addCallback(Later(self.compute_all), None)

    def on_main(self, work: Callable[[], Any]) -> Any:
        """Do something on the main thread and wait for what it gives."""
        done, results, errors = threading.Event(), [], []

        def do() -> None:
            try:
                results.append(work())
            except Stopped as error:
                errors.append(error)
            finally:
                done.set()

        self.service("com.sun.star.awt.AsyncCallback").addCallback(Later(do), None)
        done.wait()
        if errors:
            raise errors[0]
        return results[0] if results else None

    def show(self, path: Path) -> None:
        """Open a file in the program that shows it."""
        url = uno.systemPathToFileUrl(os.fspath(path))
        self.service("com.sun.star.frame.Desktop").loadComponentFromURL(url, "_blank", 0, ())

    def compute_all(self) -> None:
        for document in self.documents():
            if formulas.calls_ours(document, self.spelling):
                formulas.compute_again(document)


_ADDIN: list[Addin] = []
_AT_WORK: list[Dialogs] = []
_FIRST = threading.Lock()


def addin(context: Any) -> Addin:
    """The one add-in of this program."""
    with _FIRST:
        if not _ADDIN:
            _ADDIN.append(Addin(context))
    return _ADDIN[0]


class Later(unohelper.Base, XCallback):
    """Something to be done on LibreOffice's main thread."""

    def __init__(self, work: Any) -> None:
        self.work = work

    def notify(self, data: Any) -> None:
        self.work()


class Saving(unohelper.Base, XDocumentEventListener):
    """Gives a workbook saved for Excel the names Excel knows."""

    def __init__(self, owner: Addin) -> None:
        self.owner = owner
        self.copying_since = 0.0

    def documentEventOccured(self, event: Any) -> None:
        if event.EventName in SAVED and formulas.is_spreadsheet(event.Source):
            for path in _files([event.Source.getURL()]):
                saved.for_excel(path, self.owner.spelling)
        elif event.EventName == COPYING:
            self.copying_since = time.time()
        elif event.EventName == COPIED and formulas.is_spreadsheet(event.Source):
            saved.copies_for_excel(self.owner.folders(), self.copying_since, self.owner.spelling)

    def disposing(self, event: Any) -> None:
        """Nothing is held."""


class Typed(unohelper.Base, XChangesListener):
    """Looks at cells that were just typed."""

    def __init__(self, document: Any, spelling: Spelling) -> None:
        self.document, self.spelling = document, spelling

    def changesOccurred(self, event: Any) -> None:
        for change in event.Changes:
            if change.Accessor == "cell-change" and hasattr(change.ReplacedElement, "queryContentCells"):
                formulas.settle(self.document, change.ReplacedElement, self.spelling)

    def disposing(self, event: Any) -> None:
        """The document is gone, and with it whoever would call."""


class Functions(unohelper.Base, XFunctions, XServiceInfo):
    """The functions of cells; their methods are added below, one for each of the interface."""

    def __init__(self, context: Any) -> None:
        self.context = context

    def getImplementationName(self) -> str:
        return SERVICE

    def supportsService(self, name: str) -> bool:
        return name in self.getSupportedServiceNames()

    def getSupportedServiceNames(self) -> tuple[str, ...]:
        return (SERVICE, "com.sun.star.sheet.AddIn")


def _method(name: str) -> Any:
    def method(self: Functions, caller: Any, *arguments: Any) -> Any:
        def null_date() -> int:
            day = caller.getPropertyValue("NullDate")
            return date(day.Year, day.Month, day.Day).toordinal()

        return addin(self.context).calculator.call(
            name, arguments, null_date, lambda: named_text(caller, PACK_NAME)
        )

    return method


for _name in ADDIN["methods"]:
    setattr(Functions, _name, _method(_name))


class OnLoad(unohelper.Base, XJob, XServiceInfo):
    """A document has been opened or begun: formulas written for Excel come to life, those typed are looked at."""

    def __init__(self, context: Any) -> None:
        self.context = context

    def execute(self, arguments: Any) -> Any:
        given = {one.Name: one.Value for one in arguments}
        environment = {one.Name: one.Value for one in given.get("Environment", ())}
        document: Any = environment.get("Model")
        owner = addin(self.context)
        if formulas.is_spreadsheet(document):
            formulas.revive(document, owner.spelling)
            document.addChangesListener(Typed(document, owner.spelling))
        return ()

    def getImplementationName(self) -> str:
        return JOB

    def supportsService(self, name: str) -> bool:
        return name in self.getSupportedServiceNames()

    def getSupportedServiceNames(self) -> tuple[str, ...]:
        return (JOB, "com.sun.star.task.Job")


class Handler(unohelper.Base, XDispatchProvider, XNotifyingDispatch, XInitialization, XServiceInfo):
    """The commands of menu and toolbar; with arguments also those of macros, which then see no windows."""

    def __init__(self, context: Any, *arguments: Any) -> None:
        self.context = context
        self.frame: Any = None
        self.initialize(arguments)

    def initialize(self, arguments: Any) -> None:
        if arguments:
            self.frame = arguments[0]

    def queryDispatch(self, url: Any, target: str, flags: int) -> Any:
        return self if url.Protocol == PROTOCOL else None

    def queryDispatches(self, asked: Any) -> Any:
        return tuple(self.queryDispatch(one.FeatureURL, one.FrameName, one.SearchFlags) for one in asked)

    def dispatch(self, url: Any, arguments: Any) -> None:
        answers = _answers(arguments)
        if answers is not None:
            self._commands(Person(answers)).run(url.Path)
        elif url.Path == "cancel":
            for person in _AT_WORK:
                person.stop.set()
        else:
            owner = addin(self.context)
            person = Dialogs(self.frame, owner.service, language=owner.language, on_main=owner.on_main)
            if _AT_WORK and url.Path not in ALWAYS:
                self._beside(
                    lambda: person.warn(words.say("Another action is still running.", owner.language))
                )
            else:
                _AT_WORK.append(person)
                self._beside(lambda: self._work(url.Path, person))

    def dispatchWithNotification(self, url: Any, arguments: Any, listener: Any) -> None:
        """Run the command to its end and give the listener what the user would have been told."""
        person = Person(_answers(arguments) or {})
        self._commands(person).run(url.Path)
        if listener is not None:
            done = uno.createUnoStruct("com.sun.star.frame.DispatchResultEvent")
            done.Source, done.State, done.Result = self, SUCCESS, "\n".join(person.said)
            listener.dispatchFinished(done)

    def addStatusListener(self, listener: Any, url: Any) -> None:
        """Every command can always be given."""

    def removeStatusListener(self, listener: Any, url: Any) -> None:
        """Nothing is held."""

    def getImplementationName(self) -> str:
        return HANDLER

    def supportsService(self, name: str) -> bool:
        return name in self.getSupportedServiceNames()

    def getSupportedServiceNames(self) -> tuple[str, ...]:
        return (HANDLER, "com.sun.star.frame.ProtocolHandler")

    def _beside(self, work: Callable[[], None]) -> None:
        """Do something in a thread of its own: windows are shown by the one this comes from, which must not wait."""
        threading.Thread(target=work, daemon=True).start()

    def _work(self, name: str, person: Dialogs) -> None:
        try:
            self._commands(person).run(name)
        finally:
            _AT_WORK.remove(person)

    def _commands(self, person: Person) -> Commands:
        owner = addin(self.context)
        return Commands(
            self.frame.getController().getModel(),
            person,
            engine=owner.engine,
            language=owner.language,
            spelling=owner.spelling,
            titles=ADDIN["titles"].get(owner.language, {}),
            show=owner.show,
        )


class Batch(unohelper.Base, XJobExecutor, XServiceInfo):
    """A workbook computed for the command line: `service:org.tierbook.Batch?` and the address of a file with the job."""

    def __init__(self, context: Any) -> None:
        self.context = context

    def trigger(self, url: str) -> None:
        owner = addin(self.context)
        desktop = owner.service("com.sun.star.frame.Desktop")
        try:
            job = json.loads(Path(uno.fileUrlToSystemPath(url)).read_text("utf-8"))
            batch.compute(job, desktop, owner.spelling)
        finally:
            owner.service("com.sun.star.awt.AsyncCallback").addCallback(Later(desktop.terminate), None)

    def getImplementationName(self) -> str:
        return BATCH

    def supportsService(self, name: str) -> bool:
        return name in self.getSupportedServiceNames()

    def getSupportedServiceNames(self) -> tuple[str, ...]:
        return (BATCH, "com.sun.star.task.JobExecutor")


def _files(urls: Iterable[str]) -> list[Path]:
    """The files behind addresses; what lies elsewhere is left out."""
    return [Path(uno.fileUrlToSystemPath(url)) for url in urls if url.startswith("file:")]


def _answers(arguments: Any) -> dict[str, str] | None:
    """The answers a macro gives beforehand, as JSON in an argument `Answers`; None where a person is there."""
    for one in arguments:
        if one.Name == "Answers":
            return dict(json.loads(one.Value))
    return None


g_ImplementationHelper = unohelper.ImplementationHelper()
for _service in (Functions, OnLoad, Handler, Batch):
    _made = _service(None)
    g_ImplementationHelper.addImplementation(
        _service, _made.getImplementationName(), _made.getSupportedServiceNames()
    )
