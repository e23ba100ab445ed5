Attribute VB_Name = "tierbookRibbon"
Option Explicit
' What the buttons of the ribbon do; a button's identifier is tierbook_ and the name of its action.

Public Sub tierbookLoaded(ribbon As IRibbonUI)
    tierbookDescribeLater
End Sub

Public Sub tierbookPress(control As IRibbonControl)
    Select Case tierbookActionName(control)
        Case "start_engine"
            tierbookStart
        Case "stop_engine"
            tierbookStop
        Case "self_test"
            tierbookSelfTest
        Case Else
            tierbookAct tierbookActionName(control)
    End Select
End Sub

Public Sub tierbookLabel(control As IRibbonControl, ByRef returnedVal)
    returnedVal = tierbookText(control.Id & ".label")
End Sub

Public Sub tierbookScreentip(control As IRibbonControl, ByRef returnedVal)
    returnedVal = tierbookText(control.Id & ".label")
End Sub

Public Sub tierbookSupertip(control As IRibbonControl, ByRef returnedVal)
    returnedVal = tierbookText(control.Id & ".help")
End Sub

Private Function tierbookActionName(control As IRibbonControl) As String
    tierbookActionName = Mid$(control.Id, Len("tierbook_") + 1)
End Function
