"""From tokens to the tree of one expression.

A tree is a tuple: ("number", Fraction), ("symbol", name), ("constant", name), or an operation's name and its operands.
"""

from collections.abc import Sequence
from fractions import Fraction

from foretell.grading.numerals import FRACTIONS, NoExpressionError, NumberReader, Tree, decimal
from foretell.grading.spelling import Token

DEEPEST = 60  # nested groups; what is nested deeper is no answer
_TIMES = {"cdot", "times", "ast", "bullet"}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def parse(tokens: Sequence[Token]) -> Tree:
    """The tree of an expression in LaTeX or plain notation.

    Products without a sign bind as those with one. `1 1/2` and `1\\frac12` are mixed numbers; other numbers side by
    side are no expression.

    Raises:
        NoExpressionError: they are none, or hold words or notation that is not known here.
    """
    parser = _Parser(tokens)
    tree = parser.sum(0)
    if parser.peek().kind != "end":
        raise NoExpressionError(f"left over: {parser.peek().text!r}")
    return tree


class _Parser(NumberReader):
    def sum(self, depth: int) -> Tree:
        if depth > DEEPEST:
            raise NoExpressionError("nested too deep")
        terms = [self.product(depth)]
        while self.peek().kind == "mark" and self.peek().text in ("+", "-"):
            sign = self.next().text
            term = self.product(depth)
            terms.append(term if sign == "+" else ("negative", term))
        if self.peek().kind == "macro" and self.peek().text == "over":  # {a \over b}
            self.next()
            return ("divide", ("add", *terms), self.sum(depth + 1))
        return terms[0] if len(terms) == 1 else ("add", *terms)

    def product(self, depth: int) -> Tree:
        negative = False
        while self.peek().kind == "mark" and self.peek().text in ("+", "-"):
            negative ^= self.next().text == "-"
        factors = [self.power(depth)]
        divisions = 0
        while True:
            token = self.peek()
            if (token.kind == "mark" and token.text == "*") or (token.kind == "macro" and token.text in _TIMES):
                self.next()
                if self.peek().text == "*":  # `**` is a power
                    self.next()
                    divisions += 1
                    factors.append(("power", factors.pop(), self.signed(depth)))
                else:
                    factors.append(self.signed(depth))
            elif (token.kind == "mark" and token.text == "/") or (token.kind == "macro" and token.text == "div"):
                self.next()
                divisions += 1
                factors = [("divide", _product(factors), self.signed(depth))]
            elif self.begins_factor():
                if token.kind == "number" and self.peek(-1).kind == "number":
                    raise NoExpressionError("numbers side by side")
                factors.append(self.power(depth))
            else:
                tree = _product(factors)
                return ("negative", tree) if negative else tree
            if divisions > DEEPEST:
                raise NoExpressionError("too many divisions")

    def signed(self, depth: int) -> Tree:
        negative = False
        while self.peek().kind == "mark" and self.peek().text in ("+", "-"):
            negative ^= self.next().text == "-"
        tree = self.power(depth)
        return ("negative", tree) if negative else tree

    def begins_factor(self) -> bool:
        token = self.peek()
        if token.kind in ("number", "symbol", "function"):
            return True
        if token.kind == "mark":
            return token.text in ("(", "[", "{")
        return token.kind == "macro" and token.text in FRACTIONS | {
            "sqrt",
            "pi",
            "binom",
            "dbinom",
            "tbinom",
            "lfloor",
            "lceil",
            "infty",
            "lvert",
        }

    def power(self, depth: int) -> Tree:
        tree = self.postfix(self.atom(depth))
        if self.peek().text == "^":
            self.next()
            if self.peek().kind == "macro" and self.peek().text in ("circ", "degree"):
                self.next()
                tree = ("degrees", tree)
            elif self.peek().text == "{" and self.peek(1).text == "circ" and self.peek(2).text == "}":
                self.position += 3
                tree = ("degrees", tree)
            else:
                tree = ("power", tree, self.exponent(depth))
        elif self.peek().kind == "macro" and self.peek().text == "degree":
            self.next()
            tree = ("degrees", tree)
        return self.postfix(tree)

    def exponent(self, depth: int) -> Tree:
        if self.peek().text == "{":
            return self.group(depth)
        if self.peek().kind == "mark" and self.peek().text in ("+", "-"):
            return ("negative", self.exponent(depth)) if self.next().text == "-" else self.exponent(depth)
        if depth > DEEPEST:
            raise NoExpressionError("nested too deep")
        tree = self.atom(depth + 1)
        if self.peek().text == "^":
            self.next()
            return ("power", tree, self.exponent(depth + 1))
        return tree

    def postfix(self, tree: Tree) -> Tree:
        for _ in range(3):
            if self.peek().kind != "mark" or self.peek().text != "!":
                break
            self.next()
            tree = ("factorial", tree)
        return tree

    def group(self, depth: int) -> Tree:
        self.expect("{")
        tree = self.sum(depth + 1)
        self.expect("}")
        return tree

    def argument(self, depth: int, digits: bool = False) -> Tree:
        r"""A macro's argument: a group, a number (with `digits`, as in `\frac12`, one digit), a letter or macro."""
        token = self.peek()
        if token.text == "{":
            return self.group(depth)
        if digits and token.text.isdigit():
            self.tokens[self.position : self.position + 1] = [Token("number", digit) for digit in token.text]
        if depth > DEEPEST:
            raise NoExpressionError("nested too deep")
        if self.peek().kind == "number":
            return ("number", decimal(self.next().text))
        return self.atom(depth + 1)

    def atom(self, depth: int) -> Tree:
        token = self.next()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "symbol":
            return self.symbol(token)
        if token.kind == "function":
            return self.function(token.text, depth)
        if token.kind == "mark":
            return self.bracket(token.text, depth)
        if token.kind != "macro":
            raise NoExpressionError(f"{token.text!r} is no part of an expression")
        return self.macro(token.text, depth)

    def macro(self, name: str, depth: int) -> Tree:
        if name in FRACTIONS:
            return ("divide", self.argument(depth, digits=True), self.argument(depth, digits=True))
        if name in ("binom", "dbinom", "tbinom", "choose"):
            return ("binomial", self.argument(depth, digits=True), self.argument(depth, digits=True))
        if name == "sqrt":
            return self.root(depth)
        if name in ("pi", "infty"):
            return ("constant", name)
        if name in ("lfloor", "lceil"):
            tree = self.sum(depth + 1)
            self.expect("rfloor" if name == "lfloor" else "rceil")
            return ("floor" if name == "lfloor" else "ceiling", tree)
        if name in ("lvert", "vert", "mid", "|"):
            return self.bracket("|", depth)
        raise NoExpressionError(f"\\{name} is not known here")

    def root(self, depth: int) -> Tree:
        index: Tree = ("number", Fraction(2))
        if self.peek().text == "[":
            self.next()
            index = self.sum(depth + 1)
            self.expect("]")
        radicand = self.atom(depth + 1) if self.peek().text == "(" else self.argument(depth)
        return ("root", radicand, index)

    def bracket(self, text: str, depth: int) -> Tree:
        if text in ("(", "[", "{"):
            tree = self.sum(depth + 1)
            self.expect(_CLOSING[text])
            return tree
        if text == "|":
            tree = self.sum(depth + 1)
            if self.next().text not in ("|", "rvert", "vert", "mid"):
                raise NoExpressionError("| is missing")
            return ("absolute", tree)
        raise NoExpressionError(f"{text!r} begins no expression")

    def symbol(self, token: Token) -> Tree:
        name = token.text
        while self.peek().text == "'":
            name += self.next().text
        if self.peek().text == "_":
            self.next()
            return ("symbol", f"{name}_{self.subscript()}")
        if name in ("e", "i"):
            return ("constant", name)
        return ("symbol", name)

    def subscript(self) -> str:
        if self.peek().text != "{":
            return self.next().text
        parts: list[str] = []
        depth = 0
        while True:
            token = self.next()
            depth += (token.text == "{") - (token.text == "}")
            if token.kind == "end":
                raise NoExpressionError("an open subscript")
            if depth == 0:
                return "".join(parts)
            if token.text != "{":
                parts.append(token.text)

    def function(self, name: str, depth: int) -> Tree:
        """A function with its argument: what stands in brackets, else the product that follows."""
        if depth > DEEPEST:
            raise NoExpressionError("nested too deep")
        base: Tree | None = None
        exponent: Tree | None = None
        for _ in range(2):
            if self.peek().text == "_":
                self.next()
                base = self.group(depth + 1) if self.peek().text == "{" else self.argument(depth + 1)
            elif self.peek().text == "^":
                self.next()
                exponent = self.exponent(depth + 1)
        if self.peek().text == "(":
            self.next()
            arguments = [self.sum(depth + 1)]
            while self.peek().text == ",":
                self.next()
                arguments.append(self.sum(depth + 1))
            self.expect(")")
        else:
            arguments = [self.bare_argument(depth + 1)]
        tree: Tree = ("function", name, *arguments, *([base] if base is not None else []))
        if exponent is None:
            return tree
        if exponent == ("negative", ("number", Fraction(1))) and name in ("sin", "cos", "tan"):
            return ("function", f"arc{name}", *arguments)
        return ("power", tree, exponent)

    def bare_argument(self, depth: int) -> Tree:
        factors = [self.signed(depth)]
        while self.begins_factor() and self.peek().kind != "function" and self.peek().text not in ("(", "["):
            factors.append(self.power(depth))
        return _product(factors)


def _product(factors: list[Tree]) -> Tree:
    return factors[0] if len(factors) == 1 else ("multiply", *factors)


def symbols(tree: Tree) -> set[str]:
    """Names of the variables in a tree."""
    if tree[0] == "symbol":
        return {tree[1]}
    return set().union(*(symbols(part) for part in tree[1:] if isinstance(part, tuple)))
