Attribute VB_Name = "tierbookHelpTexts"
Option Explicit
' Help of functions and their arguments in the reader's language; English help of functions is in the project itself.

Private mTries As Long

Public Sub tierbookDescribeLater()
    ' Excel refuses while it has no workbook to show, which is so while add-ins load.
    mTries = mTries + 1
    If mTries <= 60 Then tierbookInTwoSeconds "tierbookDescribeAll"
End Sub

Public Sub tierbookDescribeAll()
    Dim row As Long
    Dim arguments As Long
    If ActiveWorkbook Is Nothing Then
        tierbookDescribeLater
        Exit Sub
    End If
    tierbookArrive
    For row = 1 To tierbookTextCount()
        If Left$(tierbookTextName(row), 4) = "CRM_" And InStr(tierbookTextName(row), ".") = 0 Then
            arguments = tierbookArguments(row)
            If arguments > 0 Then tierbookDescribeFunction row, arguments
        End If
    Next row
End Sub

Private Function tierbookArguments(ByVal row As Long) As Long
    ' The rows below a function are its arguments, such as CRM_TIER.pack below CRM_TIER.
    Dim beginning As String
    Dim below As Long
    beginning = tierbookTextName(row) & "."
    For below = row + 1 To tierbookTextCount()
        If Left$(tierbookTextName(below), Len(beginning)) <> beginning Then Exit For
        tierbookArguments = tierbookArguments + 1
    Next below
End Function

Private Sub tierbookDescribeFunction(ByVal row As Long, ByVal arguments As Long)
    Dim texts() As Variant
    Dim position As Long
    ReDim texts(1 To arguments)
    For position = 1 To arguments
        texts(position) = tierbookTextAt(row + position)
    Next position
    tierbookDescribeMacro tierbookTextName(row), tierbookTextAt(row), texts
End Sub
