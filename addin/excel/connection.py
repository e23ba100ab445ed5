"""The engine as Excel meets it: a COM add-in in a process of its own, whose object the add-in's VBA calls.

Excel connects to it when VBA says so (`Application.COMAddIns("Tierbook.Engine").Connect = True`) and keeps the object it
is given (`.Object`). Of xlwings' server it has only `CallUDF`: nothing in Excel can have this process run a text.

Source: _IDTExtensibility2 of the type library "Microsoft Add-In Designer", which comes with Office.
"""

from __future__ import annotations

from typing import Any

import pythoncom
import win32com.server.util
from xlwings import com_server

LIBRARY = "{AC0714F2-3D04-11D1-AE7D-00A0C90F26F4}"
INTERFACE = "_IDTExtensibility2"
_OBJECT = "Object"


class Connection:
    """One Excel's connection; pywin32 finds its methods by the names the interface gives them."""

    _com_interfaces_ = (INTERFACE,)
    _public_methods_ = ("CallUDF",)
    CallUDF = com_server.XLPython.CallUDF

    def OnConnection(self, application: Any, mode: int, addin: Any, custom: Any) -> None:
        """Leave with Excel what VBA calls; nothing of Excel is kept, so that it can end."""
        served = win32com.server.util.wrap(self)
        # A value, not a reference: Excel's object takes nothing else for this property.
        addin.Invoke(addin.GetIDsOfNames(_OBJECT), 0, pythoncom.DISPATCH_PROPERTYPUT, False, served)

    def OnDisconnection(self, mode: int, custom: Any) -> None:
        """Excel ends, or lets go; the engine stays for the others."""

    def OnAddInsUpdate(self, custom: Any) -> None:
        """Other add-ins are no concern of ours."""

    def OnStartupComplete(self, custom: Any) -> None:
        """Nothing waits for Excel."""

    def OnBeginShutdown(self, custom: Any) -> None:
        """Nothing is to be saved."""
