Attribute VB_Name = "tierbookExcel"
Option Explicit
Option Private Module
' What only Excel itself can say.

Public Function tierbookInWizard() As Boolean
    ' The function wizard asks for a result at every key; the first button of the standard bar, New, is off meanwhile.
    Dim bar As Object
    On Error Resume Next
    Set bar = Application.CommandBars(3)
    If bar.Name Like "Stand*" Then tierbookInWizard = Not bar.Controls(1).Enabled
End Function

Public Function tierbookLanguage() As String
    ' The lowest ten bits of an identifier are the language, 4 is Chinese.
    Dim settings As Object
    tierbookLanguage = "en"
    On Error Resume Next
    Set settings = Application.LanguageSettings
    If (settings.LanguageID(msoLanguageIDUI) And 1023) = 4 Then tierbookLanguage = "zh"
End Function

Public Function tierbookWorkbookPack() As Variant
    ' What the workbook of the calling cell names as its rule pack; an error where it names none.
    tierbookWorkbookPack = CVErr(xlErrNA)
    On Error Resume Next
    tierbookWorkbookPack = Application.Caller.Worksheet.Evaluate("CRM_PACK")
End Function

Public Function tierbookPlace() As Variant
    ' Which Excel and which workbook an action is for.
    If ActiveWorkbook Is Nothing Then
        tierbookPlace = Array(Application.Hwnd, "")
    Else
        tierbookPlace = Array(Application.Hwnd, ActiveWorkbook.Name)
    End If
End Function

Public Sub tierbookTell(ByVal text As String)
    MsgBox text, vbInformation, tierbookText("tierbook_tab")
End Sub

Public Sub tierbookRecalculate()
    Application.CalculateFull
End Sub

Public Sub tierbookInTwoSeconds(ByVal macro As String)
    Application.OnTime Now + TimeSerial(0, 0, 2), "'" & ThisWorkbook.Name & "'!" & macro
End Sub

Public Sub tierbookDescribeMacro(ByVal macro As String, ByVal text As String, ByVal arguments As Variant)
    ' Excel for the Mac does not know ArgumentDescriptions and would not compile the module.
#If Mac Then
#Else
    On Error Resume Next
    Application.MacroOptions Macro:="'" & ThisWorkbook.Name & "'!" & macro, Description:=text, _
        Category:=tierbookText("tierbook_tab"), ArgumentDescriptions:=arguments
    ThisWorkbook.Saved = True
#End If
End Sub

Public Function tierbookAbout() As Variant
    ' Version, build and word size of this Excel.
#If Win64 Then
    tierbookAbout = Array(Application.Version, CStr(Application.Build), 64)
#Else
    tierbookAbout = Array(Application.Version, CStr(Application.Build), 32)
#End If
End Function

Public Function tierbookEvaluated(ByVal sheet As Worksheet, ByVal formula As String) As Variant
    ' As a cell of that sheet would show it.
    tierbookEvaluated = sheet.Evaluate(formula)
End Function
