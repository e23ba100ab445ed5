Attribute VB_Name = "tierbookTests"
Option Explicit
' The self-test: every function's documented example as a formula, its result judged and reported by the engine.

Private Const CALLS As Long = 200

Public Sub tierbookSelfTest()
    Dim tests As Worksheet
    Dim formulas As Variant
    Dim row As Long
    Dim answer As Variant
    Dim started As Double
    Dim about As Variant
    tierbookStart
    If Not tierbookReady() Then Exit Sub
    Set tests = ThisWorkbook.Worksheets(1)
    formulas = tests.Range("{tests}").Value2
    tierbookAsk "tierbook_test_begins", Array(), answer
    For row = 1 To UBound(formulas, 1)
        If formulas(row, 1) <> "" Then
            tierbookAsk "tierbook_tested", Array(formulas(row, 1), tierbookEvaluated(tests, formulas(row, 2))), answer
        End If
    Next row
    started = Timer
    For row = 1 To CALLS
        tierbookAnswer "CRM_NPS", Array(CDbl(row))
    Next row
    about = tierbookAbout()
    tierbookAsk "tierbook_test_ends", Array(about(0), about(1), about(2), CDbl(CALLS), Timer - started), answer
    tierbookTell answer
End Sub
