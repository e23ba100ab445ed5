"""Names of pictures (imageMso) that Excel 2010 and later have, checked against a list read out of Excel itself."""

from __future__ import annotations

IMAGES = frozenset(
    """
    About AcceptInvitation AddressBook CalculateNow CalculateSheet ChartInsert ChartTrendline ControlsGallery
    DataRefreshAll DataValidation DatabaseDocumenter EditDocument FileSave FindDialog FlagMessage FlagToday Folder
    FormulaEvaluate FunctionWizard FunctionsLookupReferenceInsertGallery Help HighImportance Info MacroPlay
    MacroRecorderStop MagnifierMenu NameManager PasteValues PivotTableInsert PropertySheet RefreshAll
    ReviewCompareMenu ReviewShowAllComments ServerProperties ShowFormulas SkipOccurrence TableInsert TraceError Undo
    ViewCode ZoomToSelection
""".split()
)
