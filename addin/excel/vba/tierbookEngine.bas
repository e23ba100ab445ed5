Attribute VB_Name = "tierbookEngine"
Option Explicit
Option Private Module
' How Excel reaches the engine: the only lines that touch anything outside Excel.

Private Const ENGINE_CLASS As String = "Tierbook.Engine"

Public Function tierbookAttach() As Object
    ' The engine that is there already, at once or not at all; this starts nothing.
    On Error Resume Next
    Set tierbookAttach = GetObject(, ENGINE_CLASS)
End Function

Public Sub tierbookLaunch()
    ' COM starts the engine, not Excel, so rules against programs started by Office do not forbid it.
    Dim engine As Object
    Set engine = CreateObject(ENGINE_CLASS)
End Sub
