Attribute VB_Name = "tierbookCellValues"
Option Explicit
Option Private Module
' Values cross to the engine, never ranges: one reading here instead of a question for each cell from there.

Private Const ERROR_NUMBER As Long = 65535

Public Function tierbookCells(Optional ByVal given As Variant) As Variant
    If IsMissing(given) Then
        tierbookCells = given
    ElseIf IsObject(given) Then
        tierbookCells = tierbookValues(given)
    Else
        tierbookCells = given
    End If
End Function

Public Function tierbookPack(Optional ByVal given As Variant) As Variant
    Dim named As Variant
    If Not IsMissing(given) Then
        tierbookPack = tierbookCells(given)
        Exit Function
    End If
    named = tierbookWorkbookPack()
    If VarType(named) = vbString Then
        tierbookPack = named
    Else
        tierbookPack = given
    End If
End Function

Public Function tierbookShown(ByRef answer As Variant) As Variant
    ' Whole numbers in an answer are errors, all other numbers are doubles.
    Dim row As Long
    Dim column As Long
    If Not IsArray(answer) Then
        tierbookShown = tierbookCell(answer)
        Exit Function
    End If
    If tierbookIsTable(answer) Then
        For row = LBound(answer, 1) To UBound(answer, 1)
            For column = LBound(answer, 2) To UBound(answer, 2)
                If VarType(answer(row, column)) = vbLong Then answer(row, column) = tierbookCell(answer(row, column))
            Next column
        Next row
    Else
        For column = LBound(answer) To UBound(answer)
            answer(column) = tierbookCell(answer(column))
        Next column
    End If
    tierbookShown = answer
End Function

Private Function tierbookCell(ByVal cell As Variant) As Variant
    If VarType(cell) = vbLong Then
        tierbookCell = CVErr(cell And ERROR_NUMBER)
    Else
        tierbookCell = cell
    End If
End Function

Private Function tierbookIsTable(ByRef answer As Variant) As Boolean
    Dim last As Long
    On Error Resume Next
    last = -1
    last = UBound(answer, 2)
    tierbookIsTable = (last >= 0)
End Function

Private Function tierbookValues(ByVal given As Range) As Variant
    Dim used As Range
    Dim last As Long
    If given.Areas.Count > 1 Then Err.Raise vbObjectError + 513, , tierbookText("one_rectangle")
    If given.Rows.Count = given.Worksheet.Rows.Count Then
        ' Whole columns: nothing lies below the used part of the sheet.
        Set used = given.Worksheet.UsedRange
        last = used.Row + used.Rows.Count - 1
        Set given = given.Resize(last)
    End If
    If given.Worksheet.Parent.Date1904 Then
        tierbookValues = given.Value
    Else
        tierbookValues = given.Value2
    End If
End Function
