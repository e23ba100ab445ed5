"""The grammar of the rule language: words become typed nodes, or a problem with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from tierbook.rulepack.suggest import unknown_function, unknown_name
from tierbook.rulepack.tokens import MAX_LEVELS, MAX_TERMS, Token, canonical, tokens, too_deep, too_long
from tierbook.rulepack.tree import FUNCTIONS, POPULATION, ExpressionError, Node, Type
from tierbook.rulepack.typed import Typed

_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_RESERVED = frozenset("and or not in is null between case when then else end".split())
# Words of the reader's own language that stand between conditions, and what to write here.
_SPOKEN = {"且": "and", "并且": "and", "而且": "and", "与": "and", "和": "and", "或": "or", "或者": "or", "非": "not", "不是": "<>", "等于": "=", "大于": ">", "小于": "<", "为空": "is null"}  # fmt: skip
_PATTERNS = frozenset("like ilike similar rlike regexp glob".split())


class Parser:
    """One pass over the words; problems of names and types are collected, those of grammar end it.

    Parameters
    ----------
    names : mapping
        Canonical name -> type.
    population : bool
        Whether `top_share` and its like may be used.
    called : str
        What the names are for the reader: `feature` or `column`.
    """

    def __init__(self, text: str, names: Mapping[str, Type], *, population: bool, called: str) -> None:
        self.typed = Typed()
        self.problems = self.typed.problems
        self.names, self.population, self.called = names, population, called
        self._tokens, self._at, self._level = tokens(text), 0, 0
        self._inside_ranking = False

    def whole(self) -> Node:
        """The tree of the whole text."""
        if len(self._tokens) == 1:
            raise ExpressionError("the expression is empty.", offset=0)
        node = self._or()
        if self._now.kind != "end":
            raise self._unexpected()
        return node

    # Words

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _is(self, *words: str) -> bool:
        token = self._now
        return token.kind in ("word", "symbol") and token.text.lower() in words

    def _take(self) -> Token:
        token = self._now
        self._at += token.kind != "end"
        return token

    def _accept(self, *words: str) -> Token | None:
        return self._take() if self._is(*words) else None

    def _expect(self, word: str) -> Token:
        if token := self._accept(word):
            return token
        raise self._unexpected(word)

    def _unexpected(self, wanted: str = "") -> ExpressionError:
        found = self._now
        if found.kind == "end" and wanted:
            return ExpressionError("the expression ends before {wanted}.", offset=found.offset, wanted=wanted)
        if found.kind == "end":
            return ExpressionError("a value is missing at the end.", offset=found.offset)
        if found.text.lower() in _PATTERNS:
            return ExpressionError(
                "patterns are not part of the rule language.",
                fix="Compare with = or in (…).",
                offset=found.offset,
            )
        if instead := _SPOKEN.get(found.text):
            return ExpressionError(
                "{found} is not part of the rule language.",
                fix="Write {instead}.",
                offset=found.offset,
                found=found.text,
                instead=instead,
            )
        message = "{found} stands where {wanted} should be." if wanted else "{found} is not expected here."
        return ExpressionError(message, offset=found.offset, found=f"'{found.text}'", wanted=wanted)

    # Levels of binding, loosest first

    def _or(self) -> Node:
        self._level += 1
        if self._level > MAX_LEVELS + 1:
            raise too_deep(self._now.offset)
        node = self._joined("or", lambda: self._joined("and", self._not))
        self._level -= 1
        return node

    def _joined(self, word: str, part: Callable[[], Node]) -> Node:
        first = part()
        if not self._is(word):
            return first
        terms = [first]
        while self._accept(word):
            terms.append(part())
        for term in terms:
            self.typed.need(term, "yes_no", word)
        return self.typed.node(word, "yes_no", first.offset, tuple(terms))

    def _not(self) -> Node:
        prefixes = []
        while self._is("not"):
            prefixes.append(self._take())
        node = self._comparison()
        for token in reversed(prefixes):
            self.typed.need(node, "yes_no", "not")
            node = self.typed.node("not", "yes_no", token.offset, (node,))
        return node

    def _comparison(self) -> Node:
        left = self._sum()
        node = self._compared(left)
        if node is not left and (self._is(*_COMPARISONS, "between", "in", "is") or self._not_in()):
            raise ExpressionError(
                "chained comparison.",
                fix="Write `between … and …` or join two comparisons with and; put one in brackets to compare its answer.",
                offset=self._now.offset,
            )
        return node

    def _not_in(self) -> bool:
        after = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        return self._is("not") and after.kind == "word" and after.text.lower() in ("in", "between")

    def _compared(self, left: Node) -> Node:
        sign = self._accept(*_COMPARISONS)
        if sign:
            right = self._sum()
            self.typed.comparable(left, right, sign)
            return self.typed.node("compare", "yes_no", left.offset, (left, right), sign.text)
        if self._accept("is"):
            negated = self._accept("not") is not None
            self._expect("null")
            return self.typed.node("is_null", "yes_no", left.offset, (left,), negated)
        negated = self._not_in() and self._take() is not None
        if word := self._accept("between"):
            low = self._sum()
            self._expect("and")
            high = self._sum()
            for end in (low, high):
                self.typed.comparable(left, end, word)
            return self.typed.node("between", "yes_no", left.offset, (left, low, high), negated)
        if word := self._accept("in"):
            self._expect("(")
            members = self._arguments()
            for member in members:
                self.typed.comparable(left, member, word)
            return self.typed.node("in", "yes_no", left.offset, (left, *members), negated)
        return left

    def _sum(self) -> Node:
        return self._chain("sum", ("+", "-"), lambda: self._chain("product", ("*", "/"), self._unary))

    def _chain(self, op: str, signs: tuple[str, str], part: Callable[[], Node]) -> Node:
        first = part()
        terms, between = [first], []
        while token := self._accept(*signs):
            between.append(token.text)
            terms.append(part())
            if len(terms) > MAX_TERMS:
                raise too_long(token.offset)
        if not between:
            return first
        for term, sign in zip(terms, between[:1] + between, strict=True):
            self.typed.need(term, "number", sign)
        return self.typed.node(op, "number", first.offset, tuple(terms), tuple(between))

    def _unary(self) -> Node:
        minus = self._accept("-")
        if not minus:
            return self._value()
        self._level += 1
        if self._level > MAX_LEVELS + 1:
            raise too_deep(minus.offset)
        inner = self._unary()
        self._level -= 1
        self.typed.need(inner, "number", "-")
        if inner.op == "number":
            return replace(inner, value=-inner.value, offset=minus.offset)
        return self.typed.node("neg", "number", minus.offset, (inner,))

    # Values

    def _value(self) -> Node:
        token = self._now
        if token.kind == "number":
            self._take()
            return Node("number", "number", token.offset, value=float(token.text))
        if token.kind == "text":
            self._take()
            return Node("text", "text", token.offset, value=token.text)
        if self._accept("("):
            node = self._or()
            self._expect(")")
            return node
        if token.kind != "word":
            raise self._unexpected()
        return self._word(self._take())

    def _word(self, token: Token) -> Node:
        word, name = token.text.lower(), canonical(token.text)
        if word == "date" and self._now.kind == "text":
            return self._date(token, self._take())
        if self._is("("):
            if word not in _RESERVED | _PATTERNS:
                return self._call(token)
        elif name in self.names:
            return Node("name", self.names[name], token.offset, value=name)
        if word in ("true", "false"):
            return Node("yes_no", "yes_no", token.offset, value=word == "true")
        if word == "case":
            return self._case(token)
        if word == "null":
            raise ExpressionError(
                "null is not a value.",
                fix="Ask `is null`; a case without else gives a missing value.",
                offset=token.offset,
            )
        if word in _RESERVED | _PATTERNS | {"select"}:
            self._at -= 1
            raise self._unexpected()
        self.problems.append(unknown_name(token, self.names, self.called))
        return Node("name", None, token.offset, value=name)

    def _date(self, token: Token, text: Token) -> Node:
        try:
            day = date.fromisoformat(text.text)
            if day.isoformat() != text.text:  # Python also reads 20250131 and 2025-W05-5
                raise ValueError
        except ValueError:
            self.problems.append(
                ExpressionError(
                    "{found} is not a date.",
                    fix="Write date '2025-01-31'.",
                    offset=text.offset,
                    found=f"'{text.text}'",
                )
            )
            return Node("date", None, token.offset)
        return Node("date", "date", token.offset, value=day)

    def _case(self, token: Token) -> Node:
        if not self._is("when"):
            raise ExpressionError(
                "case is followed by when.", fix="Write case when x = 1 then … end.", offset=token.offset
            )
        args: list[Node] = []
        while self._accept("when"):
            condition = self._or()
            self.typed.need(condition, "yes_no", "when")
            self._expect("then")
            args += [condition, self._or()]
        given = args[1::2]
        if self._accept("else"):
            args.append(self._or())
            given.append(args[-1])
        self._expect("end")
        return self.typed.node("case", self.typed.same(given), token.offset, tuple(args))

    def _call(self, token: Token) -> Node:
        name = token.text.lower()
        function = FUNCTIONS.get(name) or POPULATION.get(name)
        if function is None:
            raise unknown_function(token, self.names, self.population)
        ranking = name in POPULATION
        if ranking and (self._inside_ranking or not self.population):
            raise ExpressionError(
                "{found} looks at all customers and stands only in features, never inside another such function.",
                fix="Make it a feature and use that feature's name here.",
                offset=token.offset,
                found=name,
            )
        self._take()
        self._inside_ranking |= ranking
        args = self._arguments()
        self._inside_ranking &= not ranking
        node = self.typed.call(name, function, token.offset, args)
        return replace(node, args=(*node.args, self._orders(token))) if name == "top_share" else node

    def _orders(self, token: Token) -> Node:
        if self.names.get("orders") != "number":
            raise ExpressionError("top_share needs the feature orders.", offset=token.offset)
        return Node("name", "number", token.offset, value="orders")

    def _arguments(self) -> list[Node]:
        """What stands in brackets after a function or `in`, commas between."""
        if self._is(")"):
            raise ExpressionError("there is nothing in these brackets.", offset=self._now.offset)
        args = [self._or()]
        while self._accept(","):
            args.append(self._or())
        self._expect(")")
        return args
