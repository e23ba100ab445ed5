Attribute VB_Name = "tierbookEngine"
Option Explicit
Option Private Module
' How Excel reaches the engine: as a COM add-in, whose object Excel keeps. No other lines touch anything outside Excel.

Private Const ENGINE_CLASS As String = "Tierbook.Engine"

Private mConnected As String

Public Function tierbookAttach() As Object
    ' The engine that is there already, at once or not at all. One that runs notes so where GetSetting reads it, and each
    ' that is noted is connected to once: where it has fallen over since, connecting again would start another.
    Dim noted As String
    On Error Resume Next
    noted = tierbookNoted()
    If noted <> "" And noted <> mConnected Then
        mConnected = noted
        tierbookConnect
    End If
    Set tierbookAttach = Application.COMAddIns(ENGINE_CLASS).Object
End Function

Public Sub tierbookAttachAnew()
    ' The next time, the noted engine is connected to once more.
    mConnected = ""
End Sub

Public Sub tierbookLaunch()
    ' COM starts the engine, not Excel, so rules against programs started by Office do not forbid it.
    tierbookConnect
    mConnected = tierbookNoted()
End Sub

Public Sub tierbookLeave()
    On Error Resume Next
    Application.COMAddIns(ENGINE_CLASS).Connect = False
End Sub

Private Sub tierbookConnect()
    ' Excel holds on to an engine that is gone, and connects to nothing else until it has let go.
    tierbookLeave
    Application.COMAddIns(ENGINE_CLASS).Connect = True
End Sub

Private Function tierbookNoted() As String
    tierbookNoted = GetSetting("Tierbook add-in", "Engine", "Running")
End Function
