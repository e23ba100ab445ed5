"""Every action, declared once; ribbons, menus and the command line read this one list."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from addin.actions import (
    agenda,
    campaigns,
    customers,
    duplicates,
    engine,
    figures,
    formulas,
    reports,
    rules,
    workbook,
)
from addin.host import Host
from tierbook.errors import DataError

Group = Literal["Customers", "Cells", "Reports", "Rules", "Engine"]


@dataclass(frozen=True)
class Action:
    """Something a user can ask for with a button.

    Parameters
    ----------
    name : str
        What it is called in a callback, a command line or a request, such as `score`.
    label, help, group : str
        English; translated by `tierbook.language`. A label ending in … asks something first.
    icon : str
        Office's name of a picture (imageMso).
    run : callable
        What it does, against the port.
    """

    name: str
    label: str
    help: str
    icon: str
    group: Group
    run: Callable[[Host], None]


ACTIONS: dict[str, Action] = {
    one.name: one
    for one in (
        Action("check", "Check data", "Read every table of the workbook and list every problem with its cell.", "ReviewShowAllComments", "Customers", customers.check),
        Action("score", "Score customers", "Write value, tier, stage and churn flags of every customer to result sheets.", "DataRefreshAll", "Customers", customers.score),
        Action("undo", "Undo", "Take back what the last action wrote into the workbook.", "Undo", "Customers", workbook.undo),
        Action("explain", "Explain customer …", "Write which rules gave a customer this value, tier, stage and churn level.", "AddressBook", "Customers", customers.explain),
        Action("watch_list", "Watch list", "Write the customers at risk, highest value first, to a sheet of their own.", "FlagMessage", "Customers", customers.watch_list),
        Action("action_list", "Action list", "Write the most urgent action of every customer: why, whose, until when, and what is at stake.", "HighImportance", "Customers", agenda.action_list),
        Action("care", "Care reminders …", "Write whom to greet, renew with or expect in the next days, as far as they may be contacted.", "FlagToday", "Customers", agenda.care),
        Action("target_list", "Target list …", "Write the customers a campaign may address, as the rules pick them, to a sheet.", "AcceptInvitation", "Customers", campaigns.target_list),
        Action("duplicates", "Duplicates", "List records that may be one customer, and remember what you decide about them.", "FindDialog", "Customers", duplicates.duplicates),
        Action("live_formulas", "Live formulas", "Write the formula of each result beside it, so that it follows the figures.", "FunctionWizard", "Cells", formulas.live_formulas),
        Action("freeze", "Freeze to values", "Turn CRM_ formulas into the values they show, selected ones or all.", "PasteValues", "Cells", formulas.freeze),
        Action("why", "Why?", "Say why the selected cell shows what it shows.", "TraceError", "Cells", formulas.why),
        Action("functions", "Functions", "List every function for cells, with its arguments and an example.", "FunctionsLookupReferenceInsertGallery", "Cells", formulas.functions),
        Action("report", "Build report", "Draw the report workbook and open it.", "ChartInsert", "Reports", reports.report),
        Action("hold_out", "Hold-out check", "Say whether the purchase model foresees purchases it has not seen.", "ChartTrendline", "Reports", reports.hold_out),
        Action("effect", "Effect …", "Write every indicator of two periods with its change and a verdict to a sheet.", "CalculateSheet", "Reports", figures.effect),
        Action("pivot", "Pivot …", "Write a figure of the customers by two columns, and who is behind one cell, to sheets.", "PivotTableInsert", "Reports", figures.pivot),
        Action("pack", "Pack …", "Choose the rule pack this workbook is scored by.", "PropertySheet", "Rules", rules.choose_pack),
        Action("check_rules", "Check rules", "List every problem of the rule packs and run their cases.", "DataValidation", "Rules", rules.check_rules),
        Action("compare_rules", "Compare rules …", "Write who would move under another rule pack, and by which rule.", "ReviewCompareMenu", "Rules", rules.compare_rules),
        Action("edit_rules", "Edit rules", "Open the rule pack of this workbook in an editor.", "EditDocument", "Rules", rules.edit_rules),
        Action("start_engine", "Start engine", "Start the program that calculates, or find the one running.", "MacroPlay", "Engine", engine.start),
        Action("stop_engine", "Stop engine", "Stop the program that calculates; cells keep what they show.", "MacroRecorderStop", "Engine", engine.stop),
        Action("diagnose", "Diagnose", "Say what is installed here, what is missing, and what to do.", "Info", "Engine", engine.diagnose),
        Action("self_test", "Self-test", "Calculate an example of every function and write a report about this computer.", "FormulaEvaluate", "Engine", engine.self_test),
        Action("about", "About", "Version, rule pack with its fingerprint, and where things are.", "Help", "Engine", engine.about),
    )
}  # fmt: skip


def action(name: str) -> Action:
    """The action of that name: `score`, `Score`, `watch-list` or `watch_list`.

    Raises
    ------
    DataError
        There is none; names the nearest.
    """
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    if wanted not in ACTIONS:
        near = difflib.get_close_matches(wanted, ACTIONS, n=1)
        raise DataError(
            "There is no action called {name}.",
            fix="Did you mean {near}?" if near else "The actions are {known}.",
            name=name,
            near="".join(near),
            known=", ".join(ACTIONS),
        )
    return ACTIONS[wanted]


def run(name: str, host: Host) -> None:
    """Do what a user asked for.

    Raises
    ------
    TierbookError
        It cannot be done; the sentence says why. What was not written by then is not written.
    Cancelled
        The user changed their mind.
    """
    action(name).run(host)
