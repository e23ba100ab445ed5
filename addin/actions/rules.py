"""Actions on rule packs: choose one, check, compare and edit them."""

from __future__ import annotations

import shutil

from addin.actions import request
from addin.actions.asked import PACK_NAME, problems_in_words, request_of
from addin.host import Host, Option
from addin.settings import FILE, Settings, read_settings
from tierbook.errors import DataError, TierbookError
from tierbook.language import say
from tierbook.shipped import shipped


def choose_pack(host: Host) -> None:
    """Keep in the workbook which rule pack it is scored by."""
    settings = read_settings(host.project)
    used = host.defined(PACK_NAME) or settings.pack
    question = say("Which rule pack is this workbook scored by?", host.language)
    chosen = host.choose("pack", question, _packs(settings, host.language), used)
    pack = settings.shelf().pack(chosen)
    host.define(PACK_NAME, pack.name)
    sentence = "{name} is scored by {pack} {version} from now on."
    host.say(say(sentence, host.language, name=host.name, pack=pack.name, version=pack.version))


def check_rules(host: Host) -> None:
    """Say whether the packs and their cases hold; list what is wrong on a sheet."""
    from tierbook.rulepack.examine import examine
    from workbooks.rule_sheets import problem_sheet

    shelf = read_settings(host.project).shelf()
    names = shelf.names()
    found = []
    for at, name in enumerate(names):
        host.progress(at / len(names), say("Checking {pack}", host.language, pack=name))
        found.append(examine(shelf.file(name)))
    problems = [problem for one in found for problem in one.problems]
    said = [
        say(
            "{pack}: ok, {count} rules, {cases} cases",
            host.language,
            pack=one.pack.name,
            count=one.pack.expressions,
            cases=one.cases or 0,
        )
        for one in found
        if one.pack and not one.fails
    ]
    if problems:
        host.put_sheets([problem_sheet(problems, host.language)])
        said.append(problems_in_words(problems, host.language))
    host.say("\n".join(said).rstrip())


def compare_rules(host: Host) -> None:
    """Write who would move if another pack replaced the one in use, and by which rule."""
    from tierbook.rulepack.compare import compare
    from workbooks.rule_sheets import comparison_sheets

    asked = request_of(host)
    others = [one for one in _packs(asked.settings, host.language) if one.value != asked.pack]
    if not others:
        raise DataError(
            "There is only one rule pack.", fix="Start another with: tierbook rules new NAME --from PACK"
        )
    question = say("Compare {pack} with which rule pack?", host.language, pack=asked.pack)
    chosen = host.choose("pack", question, others, others[0].value)
    shelf = asked.settings.shelf()
    found = compare(
        request.check(asked).tables,
        shelf.pack(asked.pack),
        shelf.pack(chosen),
        profile=asked.profile,
        as_of=asked.as_of,
        today=asked.today,
        language=host.language,
    )
    host.put_sheets(comparison_sheets(found, host.language))
    moved = found.moved_at_all
    if not moved.any():
        host.say(say("Nobody moves.", host.language))
        return
    sentence = "{customers:,} of {all:,} customers move, with {revenue:,.2f} of revenue."
    figures = {"customers": int(moved.sum()), "all": len(moved), "revenue": float(found.revenue[moved].sum())}
    host.say(say(sentence, host.language, **figures))


def edit_rules(host: Host) -> None:
    """Open the file of the pack in use; one that came with Tierbook is copied first."""
    from tierbook.rulepack.start import start_pack

    settings = read_settings(host.project)
    used = host.defined(PACK_NAME) or settings.pack
    file = settings.shelf().file(used)
    own = settings.rules if (host.project / FILE).is_file() else None
    if own and file.is_relative_to(own):
        host.show_file(file)
        return
    question = say("{pack} came with Tierbook. Name of your own copy:", host.language, pack=used)
    name = host.ask("name", question, f"{used}_own")
    copy = start_pack(file, name, own or host.project / "rules")[0]
    if not (host.project / FILE).exists():
        # Packs of a folder are only looked for where a project begins.
        shutil.copyfile(shipped(FILE), host.project / FILE)
    host.define(PACK_NAME, name)
    sentence = "{name} is scored by your copy {pack} from now on: {file}"
    host.say(say(sentence, host.language, name=host.name, pack=name, file=copy))
    host.show_file(copy)


def _packs(settings: Settings, language: str) -> list[Option]:
    """The packs that can be used."""
    shelf = settings.shelf()
    found = []
    for name in shelf.names():
        try:
            pack = shelf.pack(name)
        except TierbookError:
            continue  # Check rules says what is wrong with it
        found.append(
            Option(
                name,
                say(
                    "{pack} {version} ({owner})", language, pack=name, version=pack.version, owner=pack.owner
                ),
            )
        )
    return found
