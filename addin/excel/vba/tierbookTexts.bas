Attribute VB_Name = "tierbookTexts"
Option Explicit
Option Private Module
' Everything a user reads stands on the add-in's sheet: name, English, Chinese.

Private mTexts As Variant

Public Function tierbookText(ByVal key As String) As String
    Dim row As Long
    tierbookText = key
    For row = 1 To tierbookTextCount()
        If mTexts(row, 1) = key Then
            tierbookText = tierbookTextAt(row)
            Exit Function
        End If
    Next row
End Function

Public Function tierbookTextCount() As Long
    If Not IsArray(mTexts) Then mTexts = ThisWorkbook.Worksheets(1).Range("{texts}").Value2
    tierbookTextCount = UBound(mTexts, 1)
End Function

Public Function tierbookTextName(ByVal row As Long) As String
    tierbookTextName = mTexts(row, 1)
End Function

Public Function tierbookTextAt(ByVal row As Long) As String
    If tierbookLanguage() = "zh" Then
        tierbookTextAt = mTexts(row, 3)
    Else
        tierbookTextAt = mTexts(row, 2)
    End If
End Function
