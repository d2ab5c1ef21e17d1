"""The difficulty of problems for people, or for many models, from who solved which: item response theory."""

import warnings
from typing import Any, Literal

import mirt
import numpy as np
import pandas as pd
from scipy.sparse import block_array, csr_array
from scipy.sparse.csgraph import connected_components

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.frames import TRUTH, require
from foretell.common.tables import Format

Model = Literal["1pl", "2pl"]

ALL_ALIKE = "all who were asked it {}"
DISCRIMINATIONS, DIFFICULTY = (0.1, 5.0), 6.0  # between these, and up to this from 0, the library estimates
TOO_FAR = f"its difficulty lies more than {DIFFICULTY:g} standard deviations of the ability from their mean"
UNDETERMINED = "its responses do not determine it"
FEWEST = 2  # respondents and problems
_NODES = 201  # of the quadrature: of a respondent with hundreds of responses the ability is known to a tenth
_STEPS = 2000
_NEAR = 1e-3  # a limit


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
        UserError: a column is missing, a row has no respondent or problem, a value is neither, or a respondent has two
            responses to one problem.
    """
    where = "the file under 'responses', whose columns its key 'columns' maps"
    require(frame, ["respondent", "problem_id", "correct"], where)
    given = frame[frame.correct.notna()]
    nothing = given.problem_id.isna()
    if nothing.any():
        raise UserError(
            f"responses: {nothing.sum()} rows have no problem_id, such as one of {given.respondent[nothing].iloc[0]!r}"
        )
    nobody = given.respondent.isna()
    if nobody.any():
        raise UserError(
            f"responses: {nobody.sum()} rows have no respondent, such as one to {given.problem_id[nobody].iloc[0]!r}"
        )
    truth = given.correct.astype("string").str.lower().map(TRUTH)
    if truth.isna().any():
        raise UserError(
            f"responses: 'correct' must be true or false, 1 or 0, not {str(given.correct[truth.isna()].iloc[0])!r}"
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
    all problems (it is Rasch's model, with abilities in units of their spread), `2pl` one each. Problems whose
    estimates end at a limit of the library, DISCRIMINATIONS and DIFFICULTY, are left out and the others estimated anew.

    Args:
        responses: as `read_responses` gives them.
        model: of a response.

    Returns:
        - One row per problem, in the order of the columns: problem_id, n (responses), share_correct, difficulty,
          difficulty_se (of the observed information of the marginal likelihood, Oakes 1999), discrimination,
          discrimination_se, infit, outfit (mean squares at the respondents' weighted likelihood estimates: 1 is as the
          model says, above it less orderly; with fewer than some twenty responses each they lie below 1),
          group (0, 1, ...: between problems of two groups there is no chain of respondents, so that their difficulties
          are on one scale only as far as both were asked of equally able ones), excluded_reason (why these are null:
          all solved the problem, or none, an estimate is at a limit, or its error is unknown).
        - One row per respondent: respondent, n, share_correct, ability, ability_se (expected a posteriori), both null
          of one who was asked nothing that tells.

    Raises:
        UserError: fewer than two respondents or problems tell, the estimation does not converge, or the discrimination
            that all problems share is at a limit.
    """
    share = responses.mean()
    reasons = share.map({0.0: ALL_ALIKE.format("failed"), 1.0: ALL_ALIKE.format("solved it")}).astype("string")
    while True:
        known = responses.loc[:, reasons.isna()].dropna(how="all")
        if min(known.shape) < FEWEST:
            found = "; ".join(f"{count} {reason}" for reason, count in reasons.value_counts().items())
            raise UserError(
                f"responses: {known.shape[0]} respondents and {known.shape[1]} problems are left that tell "
                f"difficulties, and at least {FEWEST} of each are needed ({found or 'there are no more'})"
            )
        result = _estimate(known, model)
        estimated = result.coef_with_se().set_axis(known.columns)
        ended = _at_limits(estimated, model)
        if ended.empty:
            break
        reasons.update(ended)
    undetermined = estimated.index[estimated.difficulty_se.isna()]
    reasons[undetermined] = UNDETERMINED
    estimated.loc[undetermined, ["difficulty", "difficulty_se"]] = np.nan
    named = ["difficulty", "difficulty_se", "discrimination", "discrimination_se"]
    items = pd.DataFrame({"n": responses.notna().sum(), "share_correct": share})
    items = items.join(estimated[named].astype(float)).join(_mean_squares(result, known)).join(_groups(known))
    people = pd.DataFrame({"n": responses.notna().sum(axis=1), "share_correct": responses.mean(axis=1)})
    people = people.join(_abilities(result, known))
    items = items.assign(excluded_reason=reasons)
    return items.rename_axis("problem_id").reset_index(), people.rename_axis("respondent").reset_index()


def _estimate(known: pd.DataFrame, model: Model) -> Any:
    """The fitted model.

    `1PL` of the library has the discrimination 1, which fits abilities of one spread only: one that is common to all
    problems is estimated.
    """
    common = [("discrimination", list(range(known.shape[1])))] if model == "1pl" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is checked below
        try:
            result = mirt.fit_mirt(
                known.to_numpy(float),
                model="2PL",
                n_quadpts=_NODES,
                max_iter=_STEPS,
                accelerate="squarem",
                constraints=common,
            )
        except MemoryError as error:
            number = known.shape[1]
            raise UserError(
                f"responses: standard errors of {number} difficulties take {8e-9 * _NODES * number**2:.0f} GB of "
                "memory, those of half as many a quarter of that: give the job more, or estimate parts of the problems"
            ) from error
    if not result.converged:
        raise UserError(
            f"responses: the model {model!r} has not converged after {_STEPS} steps"
            + ("; 'model: 1pl' asks less of the data" if model == "2pl" else "; leave out those with few responses")
        )
    return result


def _at_limits(estimated: pd.DataFrame, model: Model) -> pd.Series:
    """By problem, which of its estimates is at a limit, and so is no maximum of the likelihood."""
    low, high = DISCRIMINATIONS
    slope = estimated.discrimination
    ended = (slope < low + _NEAR) | (slope > high - _NEAR)
    if model == "1pl" and ended.any():
        raise UserError(
            f"responses: the discrimination of all problems ends at {slope.iloc[0]:g}, a limit of what is estimated: "
            + ("respondents hardly differ" if slope.iloc[0] < 1 else "who solves a problem solves all easier ones")
            + ", which one ability with errors does not describe"
        )
    reasons = pd.Series(pd.NA, index=estimated.index, dtype="string")
    reasons[ended] = [f"its discrimination ends at {value:g}, a limit of what is estimated" for value in slope[ended]]
    reasons[estimated.difficulty.abs() > DIFFICULTY - _NEAR] = TOO_FAR
    return reasons.dropna()


def _groups(known: pd.DataFrame) -> pd.Series:
    """By problem, the component of the graph in which respondents and the problems that they were asked are joined."""
    asked = csr_array(known.notna().to_numpy())
    _, component = connected_components(block_array([[None, asked], [asked.T, None]]), directed=False)
    of_problems = pd.factorize(component[len(known) :])[0]
    return pd.Series(of_problems, index=known.columns, name="group", dtype="Int64")


def _mean_squares(result: Any, known: pd.DataFrame) -> pd.DataFrame:
    """Infit and outfit, at abilities by weighted likelihood (Warm, 1989), which posterior means shrink."""
    ability = np.ravel(mirt.fscores(result, known.to_numpy(float), method="WLE").theta)
    found = mirt.itemfit(result, known.to_numpy(float), ["infit", "outfit"], theta=ability)
    return found[["infit", "outfit"]].astype(float).set_axis(known.columns)


def _abilities(result: Any, known: pd.DataFrame) -> pd.DataFrame:
    """Expected abilities of respondents, a posteriori."""
    scored = mirt.fscores(result, known.to_numpy(float), method="EAP")
    values = {"ability": np.ravel(scored.theta), "ability_se": np.ravel(scored.standard_error)}
    return pd.DataFrame(values, index=known.index)
