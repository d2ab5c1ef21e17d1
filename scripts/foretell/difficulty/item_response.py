"""The difficulty of problems for people, or for many models, from who solved which: item response theory."""

import warnings
from typing import Any, Literal

import mirt
import numpy as np
import pandas as pd

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.frames import TRUTH, require
from foretell.common.tables import Format

Model = Literal["1pl", "2pl"]

ALL_ALIKE = "all who were asked it {}"
UNDETERMINED = "its responses do not determine it"
FEWEST = 2  # respondents and problems
_NODES = 201  # of the quadrature: of a respondent with hundreds of responses the ability is known to a tenth
_STEPS = 2000


class ResponseSettings(Settings):
    """How difficulties are estimated."""

    table: Format = Format()
    """How the table of responses is read."""
    model: Model = "1pl"
    """The model of a response."""


def read_responses(frame: pd.DataFrame) -> pd.DataFrame:
    """Responses as a table of respondents by problems.

    Args:
        frame: respondent, problem_id, correct (true or false, 1 or 0); a pair that is not there, or is null, was not
            asked.

    Returns:
        float: 1 right, 0 wrong, NaN not asked; a row per respondent, a column per problem, both in the file's order.

    Raises:
        UserError: a column is missing, a value is neither, or a respondent has two responses to one problem.
    """
    where = "the file under 'responses', whose columns its key 'columns' maps"
    require(frame, ["respondent", "problem_id", "correct"], where)
    given = frame[frame.correct.notna()]
    nobody = given.respondent.isna()
    if nobody.any():
        raise UserError(
            f"responses: {nobody.sum()} rows have no respondent, such as one to {given.problem_id[nobody].iloc[0]!r}"
        )
    truth = given.correct.astype("string").str.lower().map(TRUTH)
    if truth.isna().any():
        raise UserError(
            f"responses: 'correct' must be true or false, 1 or 0, not {given.correct[truth.isna()].iloc[0]!r}"
        )
    rows = given.assign(correct=truth.astype(float), respondent=given.respondent.astype(str))
    twice = rows[rows.duplicated(["respondent", "problem_id"])]
    if len(twice):
        who, what = twice.iloc[0][["respondent", "problem_id"]]
        raise UserError(f"responses: {who!r} answers {what!r} twice; keep one response, such as the first")
    order = {name: list(dict.fromkeys(rows[name])) for name in ("respondent", "problem_id")}
    wide = rows.pivot(index="respondent", columns="problem_id", values="correct")
    return wide.loc[order["respondent"], order["problem_id"]]


def fit(responses: pd.DataFrame, model: Model) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Difficulties of problems and abilities of respondents by marginal maximum likelihood (Bock and Aitkin, 1981).

    P(right) = 1 / (1 + exp(-a (ability - difficulty))), abilities standard normal; `1pl` has one discrimination `a` for
    all problems (it is Rasch's model, with abilities in units of their spread), `2pl` one each.

    Args:
        responses: as `read_responses` gives them.
        model: of a response.

    Returns:
        - One row per problem, in the order of the columns: problem_id, n (responses), share_correct, difficulty,
          difficulty_se (of the observed information of the marginal likelihood, Oakes 1999), discrimination,
          discrimination_se, infit, outfit (mean squares at the respondents' weighted likelihood estimates: 1 is as the
          model says, above it less orderly; with fewer than some twenty responses each they lie below 1),
          excluded_reason (why the difficulty is null: all solved the problem, or none, or its error is unknown).
        - One row per respondent: respondent, n, share_correct, ability, ability_se (expected a posteriori), both null
          of one who was asked nothing that tells.

    Raises:
        UserError: fewer than two respondents or problems tell, or the estimation does not converge.
    """
    share = responses.mean()
    known = responses.loc[:, (share > 0) & (share < 1)].dropna(how="all")
    if min(known.shape) < FEWEST:
        raise UserError(
            f"responses: {known.shape[0]} respondents were asked {known.shape[1]} problems that some solved and some "
            f"did not; difficulties need at least {FEWEST} of each"
        )
    result = _estimate(known, model)
    estimated = result.coef_with_se()
    items = pd.DataFrame({"n": responses.notna().sum(), "share_correct": share})
    for name in ("difficulty", "difficulty_se", "discrimination", "discrimination_se"):
        items[name] = pd.Series(estimated[name].to_numpy(float), index=known.columns)
    mean_squares = mirt.itemfit(result, known.to_numpy(float), ["infit", "outfit"], theta=_unshrunken(result, known))
    for name in ("infit", "outfit"):
        items[name] = pd.Series(mean_squares[name].to_numpy(float), index=known.columns)
    reasons = share.map({0.0: ALL_ALIKE.format("failed"), 1.0: ALL_ALIKE.format("solved it")}).astype("string")
    undetermined = items.difficulty.notna() & items.difficulty_se.isna()
    items["excluded_reason"] = reasons.mask(undetermined, UNDETERMINED)
    items.loc[undetermined, "difficulty"] = np.nan
    people = pd.DataFrame({"n": responses.notna().sum(axis=1), "share_correct": responses.mean(axis=1)})
    scored = mirt.fscores(result, known.to_numpy(float), method="EAP")
    people["ability"] = pd.Series(np.ravel(scored.theta), index=known.index)
    people["ability_se"] = pd.Series(np.ravel(scored.standard_error), index=known.index)
    return items.rename_axis("problem_id").reset_index(), people.rename_axis("respondent").reset_index()


def _estimate(known: pd.DataFrame, model: Model) -> Any:
    """The fitted model.

    `1PL` of the library has the discrimination 1, which fits abilities of one spread only: one that is common to all
    problems is estimated.
    """
    common = [("discrimination", list(range(known.shape[1])))] if model == "1pl" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is checked below
        result = mirt.fit_mirt(
            known.to_numpy(float),
            model="2PL",
            n_quadpts=_NODES,
            max_iter=_STEPS,
            accelerate="squarem",
            constraints=common,
        )
    if not result.converged:
        raise UserError(
            f"responses: the model {model!r} has not converged after {_STEPS} steps"
            + ("; 'model: 1pl' asks less of the data" if model == "2pl" else "")
        )
    return result


def _unshrunken(result: Any, known: pd.DataFrame) -> np.ndarray:
    """[respondents] weighted likelihood estimates of the abilities (Warm, 1989), which posterior means shrink."""
    return np.ravel(mirt.fscores(result, known.to_numpy(float), method="WLE").theta)
