"""A rule pack applied to feature columns: one array per column, one element per customer.

Here the subjects meet; cells and whole workbooks use the same `Scorer`, so they show the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tierbook import churn, early_warning, levels, value, winback
from tierbook.errors import DataError, RuleError
from tierbook.features import calculated_from
from tierbook.language import Phrase
from tierbook.needs import needs, traced

if TYPE_CHECKING:
    from tierbook.rulepack.expression import Expression
    from tierbook.rulepack.pack import CompiledLevel, CompiledPart, CompiledTiers, Pack

Columns = Mapping[str, NDArray]


class Scorer:
    """A pack applied to customers, section by section, each computed when first asked for.

    Parameters
    ----------
    pack : Pack
    columns : mapping of arrays (n,)
        Feature columns; a feature of the pack that is among them is taken as given. [numbers NaN, texts None
        and dates NaT where missing]
    profile : str
        The coefficients to use.
    ids : array (n,), optional
        Customer identifiers, which order equal ranks.
    length : int, optional
        n, where no column says it.

    `scorer[name]` is any name a rule may use; a name nobody has is a `DataError`.
    """

    def __init__(
        self,
        pack: Pack,
        columns: Columns,
        *,
        profile: str = "default",
        ids: NDArray | None = None,
        length: int | None = None,
    ) -> None:
        self.pack, self.profile, self.ids = pack, pack.profile(profile), ids
        self.columns: dict[str, NDArray] = {name.lower(): column for name, column in columns.items()}
        self.length = len(next(iter(self.columns.values()), ())) if length is None else length

    def __getitem__(self, name: str) -> Any:
        if name in self.columns:
            return self.columns[name]
        if name in self.profile.thresholds:
            return self.profile.thresholds[name]
        if name == "value" and self.pack.parts:
            return self.value()
        if name in self.pack.features:
            self.columns[name] = self._evaluated(self.pack.features[name])
            return self.columns[name]
        if name in ("tier", "stage"):
            return self.tier() if name == "tier" else self.stage()
        if name == "churn_level" and self.pack.churn:
            return self.churn_level()
        if name.removesuffix("_score") in self.pack.scores:
            return self.score(name.removesuffix("_score"))
        raise DataError(
            "The column {name} is missing.", fix="{pack} needs it.", name=name, pack=self.pack.name
        )

    def value_parts(self) -> dict[str, NDArray[np.float64]]:
        """Each part of the value, as the pack orders them. [money; NaN = unknown, counted as 0]"""
        return self._value_parts

    def value(self) -> NDArray[np.float64]:
        """Composite value. [money; NaN without a base]"""
        return self._value

    def tier(self) -> NDArray[np.object_]:
        """Tier names; None where the value ranked by is unknown."""
        return self._ranked(self._tiers)

    def stage(self) -> NDArray[np.object_]:
        """Lifecycle stage names."""
        return self._named(self._section("stages", self.pack.stages))

    def ladder(self) -> NDArray[np.object_]:
        """The highest rung of the ladder each customer stands on."""
        return self._named(self._section("ladder", self.pack.ladder))

    def relation(self) -> NDArray[np.object_]:
        """The level of the relationship with each customer; None where no level fits."""
        return self._named(self._section("relation", self.pack.relation))

    def positions(self) -> NDArray[np.object_]:
        """Every position that fits, joined by "; "; "" for none."""
        flags = self._section("positions", self.pack.positions)
        return levels.every_that_fits(
            [flag.name for flag in flags], [self._holds(flag.when) for flag in flags], self.length
        )

    def class_of(self, group: str) -> NDArray[np.object_]:
        """The class of each customer in one group of the pack.

        Raises
        ------
        RuleError
            No group of that name; says which there are.
        """
        if group not in self.pack.classes:
            raise self._unknown(Phrase("class group"), group, self.pack.classes)
        return self._named(self.pack.classes[group])

    def score(self, name: str) -> NDArray[np.float64]:
        """One of the pack's 0-100 scores; a missing part counts 0.

        Raises
        ------
        RuleError
            No score of that name; says which there are.
        """
        if name not in self.pack.scores:
            raise self._unknown(Phrase("score"), name, self.pack.scores)
        total = np.zeros(self.length)
        for part in self.pack.scores[name].parts.values():
            reached = self._numbers(part.by) / self.profile.constant(part.full_at)
            total += part.points * np.clip(np.nan_to_num(reached, nan=0.0), 0, 1)
        return np.round(total, value.DECIMALS)

    def score_level(self, name: str) -> NDArray[np.object_]:
        """The level of one of the pack's scores."""
        score = self.score(name)
        return self._named(self.pack.scores[name].levels, ranked=score)

    def churn_score(self) -> NDArray[np.float64]:
        """Points of the signals that fire. [0-100]"""
        section = self._churn
        return churn.churn_score([signal.points for signal in section.signals], self._fired, self.length)

    def churn_level(self) -> NDArray[np.object_]:
        """The level of the churn score."""
        return self._named(self._churn.levels, ranked=self.churn_score())

    def churn_flagged(self) -> NDArray[np.bool_]:
        """Whether the level is one the pack counts as flagged."""
        return np.isin(self.churn_level().astype(str), sorted(self._churn.flagged))

    def churn_signals(self) -> NDArray[np.object_]:
        """Names of the signals that fire, strongest first, joined by "; "."""
        order = churn.by_strength([signal.points for signal in self._churn.signals])
        return levels.every_that_fits(
            [self._churn.signals[i].name for i in order], [self._fired[i] for i in order], self.length
        )

    def churn_reasons(self, language: str = "en") -> NDArray[np.object_]:
        """The signals that fire in words, strongest first, joined by "; " ("；" in Chinese)."""
        from tierbook.rulepack.words import fields, filled

        joint = "；" if language == "zh" else "; "
        text = np.full(self.length, "", dtype=object)
        for i in churn.by_strength([signal.points for signal in self._churn.signals]):
            signal, rows = self._churn.signals[i], np.flatnonzero(self._fired[i])
            template = self.pack.word(signal.reason, language)
            columns = {name: self._full(self[name]) for name, _ in fields(template)}
            said = filled(template, columns, rows, language)
            text[rows] = np.where(text[rows] == "", said, text[rows] + joint + said)
        return text

    def early_warning(self) -> NDArray[np.object_]:
        """Level of each customer by the fall of the RFM score since the window before."""
        return self._named(self._section("early_warning", self.pack.early_warning))

    def early_warning_reason(self) -> NDArray[np.object_]:
        """The part of the score that fell most, "R", "F" or "M"; None where the level is not about a fall."""
        part = early_warning.part_that_fell_most(*self._rfm_scores())
        # A customer is lost by the days alone, and for no level nothing has to be explained.
        about_a_fall = [level.name or "" for level in self.pack.early_warning if self._reads_rfm(level)]
        part[~np.isin(self.early_warning().astype(str), about_a_fall)] = None
        return part

    def rfm_fall(self) -> NDArray[np.float64]:
        """Points the RFM total fell since the window before. [points; NaN without both scores]"""
        return early_warning.score_fall(*self._rfm_scores())

    def retention_group(self) -> NDArray[np.object_]:
        """Retention group by worth and risk; None where the value ranked by is unknown."""
        return self._ranked(self._section("groups", self.pack.groups))

    def winback(self) -> NDArray[np.object_]:
        """What to do about each lost customer; "" for those not lost, None where the spending limit is unknown."""
        section = self._section("winback", self.pack.winback)
        decision = self._named(section.levels)
        decision[np.isnan(self._numbers(section.spend_at_most))] = None
        decision[~self._holds(section.of)] = ""
        return decision

    def winback_spend(self) -> NDArray[np.float64]:
        """The most to spend on winning back each lost customer. [currency; NaN where not lost or unknown]"""
        section = self._section("winback", self.pack.winback)
        let_go = self._level_index(section.levels, None) == len(section.levels) - 1
        return winback.spend_at_most(self._holds(section.of), let_go, self._numbers(section.spend_at_most))

    def target_lists(self) -> NDArray[np.object_]:
        """Every target list that fits, joined by "; "; "" for none, and for everyone not known to be marketable."""
        section = self._section("target_lists", self.pack.target_lists)
        marketable = np.asarray(self["marketable"]) == 1
        return levels.every_that_fits(
            [one.name for one in section],
            [self._holds(one.when) & marketable for one in section],
            self.length,
        )

    def key_account(self) -> NDArray[np.bool_]:
        """Whether each customer is a key account, or makes its group one."""
        return self._holds(self._section("key_accounts", self.pack.key_accounts).of)

    def credit(self) -> NDArray[np.object_]:
        """The credit status of each customer; "" for those without receivables."""
        status = self._named(self._section("credit", self.pack.credit).levels)
        # A run gives 0 to those without receivables, and no days past due.
        none = (self["receivable"] == 0) & np.isnan(self.columns.get("overdue_days", np.zeros(self.length)))
        status[np.isnan(self["receivable"]) | none] = ""
        return status

    def rfm_segment(self, r: NDArray, f: NDArray, m: NDArray) -> NDArray[np.object_]:
        """The pack's name for each combination of RFM scores, arrays (m,); None where a score is missing. [1 to bins]"""
        names = {"r": r, "f": f, "m": m, **self.profile.thresholds}
        found = levels.first_that_fits(
            [
                np.ones(len(r), dtype=bool)
                if level.when is None
                else np.broadcast_to(level.when.holds(names), len(r))
                for level in self.pack.rfm_segments
            ],
            len(r),
        )
        found[np.isnan(r) | np.isnan(f) | np.isnan(m)] = -1
        return levels.names_at([level.name or "" for level in self.pack.rfm_segments], found)

    def earns_points(self) -> NDArray[np.bool_]:
        """Whether each customer earns points."""
        section = self._section("points", self.pack.points)
        return np.ones(self.length, dtype=bool) if section.of is None else self._holds(section.of)

    def points_value(
        self, rows: NDArray[np.intp], spend: NDArray, orders: NDArray, months: NDArray
    ) -> NDArray[np.float64]:
        """Value of some customers, were these their purchases: what points are earned by.

        Parameters
        ----------
        rows : array (m,)
            Positions of the customers.
        spend, orders, months : array (m,)
            Of a calendar month, or of all so far. [currency; count a month; months]

        All else a customer has stays as it is, but other figures of purchases are missing: they are of all time.
        """
        section = self._section("points", self.pack.points)
        bought = orders * months
        with np.errstate(divide="ignore", invalid="ignore"):
            average = np.where(bought > 0, spend / bought, np.nan)
        purchases = {
            "total_spend": spend,
            "spend_per_month": spend / months,
            "orders": bought,
            "orders_per_month": orders,
            "average_order": average,
            "tenure_months": months,
        }
        of_all_time = calculated_from("transactions")
        read = (
            traced(self.pack, section.by.names)
            if section.by is not None
            else set().union(*(needs(self.pack, "value", profile=one) for one in self.pack.profiles))
        )
        own = {
            name: self.columns[name][rows]
            for name in read
            if name in self.columns and name not in of_all_time
        }
        then = Scorer(self.pack, own | purchases, length=len(rows))
        then.profile = self.profile
        if section.by is not None:
            return then._numbers(section.by)
        if section.basis == "cumulative":
            return then.value()
        parts = {
            name: part / 12 if name in section.spread_over_year else part
            for name, part in then.value_parts().items()
        }
        return value.composite(parts.pop("base"), list(parts.values()))

    def _rfm_scores(self) -> tuple[list[NDArray], list[NDArray]]:
        """R, F and M scores at the date, and one window earlier."""
        parts = ("rfm_r", "rfm_f", "rfm_m")
        return [self[part] for part in parts], [self[f"{part}_before"] for part in parts]

    def _reads_rfm(self, level: CompiledLevel) -> bool:
        """Whether the condition of a level comes down to RFM scores."""
        read = traced(self.pack, level.when.names) if level.when is not None else set()
        return any(name.startswith("rfm_") for name in read)

    @cached_property
    def _value_parts(self) -> dict[str, NDArray[np.float64]]:
        self._section("value", self.pack.parts)
        return {name: self._part(part) for name, part in self.profile.parts.items()}

    @cached_property
    def _value(self) -> NDArray[np.float64]:
        parts = dict(self._value_parts)
        return value.composite(parts.pop("base"), list(parts.values()))

    @cached_property
    def _fired(self) -> list[NDArray[np.bool_]]:
        return [self._holds(signal.when) for signal in self._churn.signals]

    @property
    def _churn(self) -> Any:
        return self._section("churn", self.pack.churn)

    @property
    def _tiers(self) -> Any:
        return self._section("tiers", self.pack.tiers)

    def _section(self, name: str, section: Any) -> Any:
        if not section:
            raise self.pack.no_section(name)
        return section

    def _unknown(self, kind: Phrase, name: str, known: Iterable[str]) -> RuleError:
        return RuleError(
            "{pack} has no {kind} called {name}.",
            fix="It has {known}.",
            pack=self.pack.name,
            kind=kind,
            name=name,
            known=", ".join(known) or "-",
        )

    def _part(self, part: CompiledPart) -> NDArray[np.float64]:
        from tierbook.rulepack.pack import CompiledLookup, CompiledTwoWay

        if isinstance(part, CompiledLookup):
            otherwise = np.nan if part.otherwise is None else self.profile.constant(part.otherwise)
            gives = {text: self.profile.constant(gain) for text, gain in part.gives.items()}
            number = value.looked_up(np.asarray(self[part.per], dtype=object), gives, otherwise)
            return number if part.times is None else number * self._numbers(part.times)
        if isinstance(part, CompiledTwoWay):
            return value.two_way(
                self._numbers(part.across),
                self._numbers(part.down),
                across_starts=[self.profile.constant(start) for start in part.across_starts],
                down_starts=[self.profile.constant(start) for start in part.down_starts],
                gives=[[self.profile.constant(gain) for gain in row] for row in part.gives],
            )
        return self._numbers(part)

    def _ranked(self, section: CompiledTiers) -> NDArray[np.object_]:
        """Level names of a section that ranks by a figure; None where it is unknown."""
        ranked = np.round(self._numbers(section.rank_by), value.DECIMALS)
        index = self._level_index(section.levels, ranked)
        index[np.isnan(ranked)] = -1
        return self._names(section.levels, index)

    def _named(
        self, section: Sequence[CompiledLevel], *, ranked: NDArray | None = None
    ) -> NDArray[np.object_]:
        return self._names(section, self._level_index(section, ranked))

    def _names(self, section: Sequence[CompiledLevel], index: NDArray[np.intp]) -> NDArray[np.object_]:
        names = levels.names_at([level.name or "" for level in section], index)
        for position, level in enumerate(section):
            if level.name_from:
                here = index == position
                names[here] = np.asarray(self[level.name_from], dtype=object)[here]
        return names

    def _level_index(self, section: Sequence[CompiledLevel], ranked: NDArray | None) -> NDArray[np.intp]:
        return levels.first_that_fits([self._fits(level, ranked) for level in section], self.length)

    def _fits(self, level: CompiledLevel, ranked: NDArray | None) -> NDArray[np.bool_]:
        fits = np.ones(self.length, dtype=bool)
        if level.when is not None:
            fits &= self._holds(level.when)
        if ranked is not None and level.start is not None:
            fits &= ranked >= self.profile.constant(level.start)
        if ranked is not None and level.top is not None:
            fits &= levels.within_top(ranked, self.profile.constant(level.top), ids=self.ids)
        if ranked is not None and level.top_of_value is not None:
            fits &= levels.within_top_of_value(
                ranked, self.profile.constant(level.top_of_value), ids=self.ids
            )
        return fits

    def _numbers(self, expression: Expression) -> NDArray[np.float64]:
        return self._evaluated(expression).astype(float, copy=False)

    def _holds(self, expression: Expression) -> NDArray[np.bool_]:
        return self._full(expression.holds(self._named_columns(expression)))

    def _evaluated(self, expression: Expression) -> NDArray:
        return self._full(expression.evaluate(self._named_columns(expression)))

    def _named_columns(self, expression: Expression) -> dict[str, Any]:
        return {name: self[name] for name in expression.names}

    def _full(self, array: Any) -> NDArray:
        return (
            np.broadcast_to(array, (self.length,)) if np.shape(array) != (self.length,) else np.asarray(array)
        )
