"""Matrices, vectors and systems: what stands in the rows of an environment of LaTeX."""

from collections.abc import Sequence as Tokens
from fractions import Fraction

from foretell.grading.numerals import Tree
from foretell.grading.relations import Reader
from foretell.grading.spelling import Token
from foretell.grading.splitting import environment, split, tree_of, unwrapped
from foretell.grading.values import Matrix, Scalar, Sequence, Value

_MATRICES = {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array"}
_SYSTEMS = {"cases", "aligned", "align", "align*", "gathered", "split"}


def matrix(given: Tokens[Token], value_of: Reader) -> Value | None:
    """A matrix, perhaps with a factor in front; one column, unless between bars, is a tuple."""
    if len(given) > 2 and (given[0].text, given[1].text, given[-1].text) == ("(", "begin", ")"):
        given = given[1:-1]
    begin = next((index for index, token in enumerate(given) if token.kind == "macro" and token.text == "begin"), None)
    if begin:
        return _multiple(given[:begin], matrix(given[begin:], value_of))
    found = environment(given)
    if found is None or found[0] not in _MATRICES:
        return None
    rows = found[1]
    cells = [tuple(value_of(cell) for cell in split(row, lambda token: token.text == "&")) for row in rows]
    if len(cells) > 1 and all(len(row) == 1 for row in cells) and found[0].lower() != "vmatrix":
        return Sequence("()", tuple(row[0] for row in cells))  # a vector
    return Matrix(tuple(cells)) if cells and len({len(row) for row in cells}) == 1 else None


def _multiple(factor: Tokens[Token], matrix: Value | None) -> Value | None:
    """A matrix or a vector of numbers times a number."""
    tree = ("negative", ("number", Fraction(1))) if [token.text for token in factor] == ["-"] else tree_of(factor)
    if tree is None or not isinstance(matrix, Matrix | Sequence):
        return None
    rows = matrix.rows if isinstance(matrix, Matrix) else (matrix.items,)
    cells = tuple(tuple(_times(tree, cell) for cell in row) for row in rows)
    return Matrix(cells) if isinstance(matrix, Matrix) else Sequence(matrix.brackets, cells[0])


def _times(tree: Tree, cell: Value) -> Value:
    return Scalar(("multiply", tree, cell.tree)) if isinstance(cell, Scalar) else cell


def system(given: Tokens[Token], value_of: Reader) -> Value | None:
    """What stands in rows, as a list; a case with its condition is none."""
    found = environment(given)
    if found is None:
        return None
    equations = found[0] == "array" and all(any(token.text == "=" for token in row) for row in found[1])
    conditions = found[0] == "cases" and any(token.text == "&" for token in given)
    if conditions or not (equations or found[0] in _SYSTEMS):
        return None
    rows = [[token for token in row if token.text != "&"] for row in found[1]]
    comma = Token("mark", ",")
    return value_of([token for row in rows for token in (*unwrapped(row), comma)][:-1])
