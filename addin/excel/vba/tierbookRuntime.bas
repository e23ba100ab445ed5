Attribute VB_Name = "tierbookRuntime"
Option Explicit
Option Private Module
' The engine's handle, kept: looked for before it is started, checked every two seconds at most, renewed when it is gone.

Private Const ADDIN_VERSION As String = "{version}"
Private Const BINDING As String = "addin.excel.binding"
Private Const CHECK_SECONDS As Long = 2

Private mEngine As Object
Private mLooked As Date
Private mReason As String
Private mFailed As String
Private mWanted As Boolean

Public Function tierbookAnswer(ByVal functionName As String, ByRef given As Variant) As Variant
    Dim answer As Variant
    If tierbookReady() Then
        If tierbookAsk(functionName, given, answer) Then
            tierbookAnswer = tierbookShown(answer)
            Exit Function
        End If
    End If
    If functionName = "CRM_WHY" And mEngine Is Nothing Then
        tierbookAnswer = tierbookOwnReason()
    Else
        tierbookAnswer = tierbookFailed(functionName, mReason)
    End If
End Function

Public Function tierbookFailed(ByVal functionName As String, ByVal reason As String) As Variant
    ' The reason is kept for CRM_WHY: by the engine, or here as long as there is none.
    Dim noted As Variant
    If tierbookReady() Then
        tierbookFailed = CVErr(xlErrValue)
        tierbookAsk "tierbook_note", Array(functionName, reason), noted
    Else
        tierbookFailed = CVErr(xlErrNA)
        mWanted = True
    End If
    mFailed = functionName
    mReason = reason
End Function

Public Function tierbookAsk(ByVal functionName As String, ByRef given As Variant, ByRef answer As Variant) As Boolean
    ' No workbook goes along (Nothing), so neither its sheets nor its folder are ever searched for code.
    Dim attempt As Long
    For attempt = 1 To 2
        If mEngine Is Nothing Then Exit Function
        On Error Resume Next
        Err.Clear
        ' As values: a variable would go as a reference, which Python's side of COM does not take everywhere.
        answer = mEngine.CallUDF(BINDING, functionName & "", (given), Nothing, Nothing)
        tierbookAsk = (Err.Number = 0)
        If Not tierbookAsk Then mReason = Err.Description
        On Error GoTo 0
        If tierbookAsk Then
            mLooked = Now
            Exit Function
        End If
        ' Our functions raise nothing, so the engine went away since the last check: it is looked for once more.
        If attempt = 1 Then
            Set mEngine = Nothing
            mReason = ""
            tierbookReady
        End If
    Next attempt
End Function

Public Function tierbookReady() As Boolean
    Dim recently As Boolean
    ' Not DateDiff: the seconds since a time that was never set overflow a Long.
    recently = Round((Now - mLooked) * 86400#) < CHECK_SECONDS
    If Not mEngine Is Nothing Then
        tierbookReady = recently
        If Not recently Then tierbookReady = tierbookGreeted()
        If tierbookReady Then Exit Function
    ElseIf recently And mReason <> "" Then
        ' A thousand cells without an engine look for it once.
        Exit Function
    End If
    mReason = ""
    mLooked = Now
    Set mEngine = tierbookAttach()
    If Not mEngine Is Nothing Then tierbookReady = tierbookGreeted()
    If Not tierbookReady Then
        Set mEngine = Nothing
        If mReason = "" Then mReason = tierbookText("no_engine")
    End If
End Function

Public Sub tierbookStart()
    Dim launched As Boolean
    tierbookForget
    If Not tierbookReady() Then
        On Error Resume Next
        Err.Clear
        tierbookLaunch
        launched = (Err.Number = 0)
        On Error GoTo 0
        mReason = ""
        If Not tierbookReady() And Not launched Then mReason = tierbookText("not_started")
    End If
    If mEngine Is Nothing Then
        tierbookTell mReason
    ElseIf mWanted Then
        mWanted = False
        tierbookRecalculate
    End If
End Sub

Public Sub tierbookArrive()
    ' Once Excel has started: while a cell is calculated it may refuse to connect to an engine that runs.
    tierbookAttachAnew
    tierbookForget
    If tierbookReady() And mWanted Then
        mWanted = False
        tierbookRecalculate
    End If
End Sub

Public Sub tierbookStop()
    ' Whatever its version, for that may be why it is to stop.
    Dim answer As Variant
    Set mEngine = tierbookAttach()
    tierbookLeave
    tierbookAsk "tierbook_stop", Array(), answer
    tierbookForget
End Sub

Public Sub tierbookAct(ByVal actionName As String)
    Dim answer As Variant
    Dim place As Variant
    If Not tierbookReady() Then tierbookStart
    If mEngine Is Nothing Then Exit Sub
    place = tierbookPlace()
    If Not tierbookAsk("tierbook_act", Array(actionName, place(0), place(1)), answer) Then answer = mReason
    If answer <> "" Then tierbookTell answer
End Sub

Private Function tierbookGreeted() As Boolean
    Dim answer As Variant
    On Error Resume Next
    Err.Clear
    answer = mEngine.CallUDF(BINDING, "tierbook_hello", Array(tierbookLanguage()), Nothing, Nothing)
    If Err.Number <> 0 Then Exit Function
    On Error GoTo 0
    mLooked = Now
    If answer = ADDIN_VERSION Then
        tierbookGreeted = True
    Else
        mReason = Replace(Replace(tierbookText("other_version"), "[addin]", ADDIN_VERSION), "[engine]", answer)
    End If
End Function

Private Function tierbookOwnReason() As Variant
    Dim table(1 To 2, 1 To 2) As Variant
    table(1, 1) = tierbookText("why_function")
    table(1, 2) = tierbookText("why_reason")
    table(2, 1) = mFailed
    table(2, 2) = mReason
    tierbookOwnReason = table
End Function

Private Sub tierbookForget()
    Set mEngine = Nothing
    mReason = ""
End Sub
