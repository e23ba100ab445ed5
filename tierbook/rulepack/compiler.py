"""From the models of a rule file to a `Pack`: every expression parsed and typed, every name resolved, every problem kept."""

from __future__ import annotations

from dataclasses import replace

from tierbook import tables
from tierbook.holidays import DAYS_AHEAD, holiday_of
from tierbook.rulepack import figures, model, records, sections
from tierbook.rulepack.expression import Type
from tierbook.rulepack.pack import CompiledFlag, Pack
from tierbook.rulepack.resolver import Resolver

RFM_NAMES: dict[str, Type] = {"r": "number", "f": "number", "m": "number"}


def compiled(resolver: Resolver, *, digest: str) -> Pack:
    """The compiled pack; look at the resolver's `problems` before using it.

    The order of the sections is the order in which names become known: a section sees what those above it define.
    """
    pack = resolver.pack
    expressions, measures = figures.features(resolver)
    parts = {name: figures.part(resolver, part, ("value", name)) for name, part in pack.value.items()}
    resolver.types["value"] = "number"
    resolver.types |= {f"{name}_score": "number" for name in pack.scores}
    tiers, stages = sections.tiers(resolver, pack.tiers), resolver.levels(pack.stages, ("stages",))
    # Sections further down may ask for the tier and the stage.
    resolver.types |= {"tier": "text", "stage": "text"}
    made = Pack(
        name=pack.pack, version=pack.version, owner=pack.owner, hash=digest, file=resolver.source.file,
        window_days=pack.window_days, as_of=pack.as_of, meaning=pack.meaning,
        columns={name.lower(): kind for name, kind in pack.columns.items()},
        thresholds={name.lower(): threshold for name, threshold in pack.thresholds.items()},
        features=expressions, measures=measures, parts=parts, profiles=figures.profiles(resolver, parts),
        tiers=tiers, stages=stages,
        positions=tuple(
            CompiledFlag(position.name, resolver.condition(position.when, ("positions", i, "when")), because=position.because)
            for i, position in enumerate(pack.positions)
        ),
        ladder=resolver.levels(pack.ladder, ("ladder",)),
        relation=resolver.levels(pack.relation, ("relation",)),
        classes={group: resolver.levels(levels, ("classes", group)) for group, levels in pack.classes.items()},
        scores={name: sections.score(resolver, score, ("scores", name)) for name, score in pack.scores.items()},
        churn=sections.churn(resolver, pack.churn),
        rfm_segments=resolver.levels(pack.rfm.segments, ("rfm", "segments"), names=RFM_NAMES | resolver.constants) if pack.rfm else (),
        early_warning=resolver.levels(pack.early_warning, ("early_warning",)), winback=sections.winback(resolver, pack.winback),
        groups=sections.groups(resolver, pack.groups),
        points=sections.points(resolver, pack.points), target_lists=sections.target_lists(resolver, pack.target_lists),
        key_accounts=sections.key_accounts(resolver, pack.key_accounts), credit=sections.credit(resolver, pack.credit), tracks=records.tracks(resolver, pack.leads),
        matching=records.matching(resolver, pack.matching), merge=pack.merge, survivor=records.survivor(resolver), words=pack.words, types=dict(resolver.types),
        masked=_masked(resolver, pack.report), breakdown=_breakdown(resolver, pack.report),
        readings=records.readings(resolver, pack.readings), closed_when=records.closed_when(resolver, pack.registers),
        survey=records.survey(resolver, pack.survey), service=records.service(resolver, pack.service),
        days_ahead=pack.actions.days_ahead if pack.actions else DAYS_AHEAD,
        holidays=tuple(holiday_of(one.name, one.on) for one in pack.actions.holidays) if pack.actions else (),
    )  # fmt: skip
    return replace(made, expressions=len(resolver.found))


def _masked(resolver: Resolver, report: model.Report | None) -> tuple[str, ...]:
    """Columns masked copies hide; a name nobody knows would hide nothing, so it is a mistake."""
    names = [name.lower() for name in report.mask] if report else []
    known = {column.name for column in tables.CUSTOMERS.columns} | resolver.pack.columns.keys()
    for i, name in enumerate(names):
        if name not in known:
            resolver.say(
                ("report", "mask", i),
                "The customers have no column {name} that could be hidden.",
                "Name a column such as name or mobile, or declare it under columns.",
                name=name,
            )
    return tuple(names)


def _breakdown(resolver: Resolver, report: model.Report | None) -> tuple[str, ...]:
    """Columns the page Breakdown tells apart: of the customers, features, and what the sections make."""
    names = [name.lower() for name in report.breakdown] if report else []
    known = (
        {column.name for column in tables.CUSTOMERS.columns}
        | resolver.pack.columns.keys()
        | resolver.types.keys()
    )
    known |= {f"class.{group}" for group in resolver.pack.classes} | {"tier", "stage", "ladder", "relation"}
    for i, name in enumerate(names):
        if name not in known:
            resolver.say(
                ("report", "breakdown", i),
                "The customers have no column {name}.",
                "Name a column such as region, or a class such as class.segment.",
                name=name,
            )
    return tuple(names)
