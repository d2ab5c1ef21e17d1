"""A study's configuration: read strictly, completed with defaults, and checked before any job runs."""

from collections.abc import Callable, Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveInt, StringConstraints, ValidationError

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.completions.policy import Prompt
from foretell.probes.families import FAMILIES, IMPORTED, Family
from foretell.probes.targets import TARGETS, Target
from foretell.routing.routers import ROUTERS, Router, Sweep
from foretell.routing.settings import Investment
from foretell.study.models import AnyModel
from foretell.study.policies import AnyPolicy
from foretell.study.pools import AnyPool
from foretell.study.problem_sets import AnyProblemSet
from foretell.study.types import Distinct, Id, Positive, Seed, Text


def _of(known: list[str]) -> Callable[[str], str]:
    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"{name!r} is none of {', '.join(known)}")
        return name

    return check


def _with_a_probe(families: list[str]) -> list[str]:
    if "linear" not in families:
        raise ValueError("'linear', the probe, must be among them")
    return families


def _with_majority(targets: list[str]) -> list[str]:
    if "majority_correct" not in targets:
        raise ValueError("'majority_correct', by which queries are routed, must be among them")
    return targets


def _in_one_line(text: str) -> str:
    if len(text.splitlines()) > 1 or text != text.strip():
        raise ValueError(f"{text!r} must be one line, without blanks around it")
    return text


def _with_the_papers(routers: list[str]) -> list[str]:
    for name in ("utility", "cascade"):
        if name not in routers:
            raise ValueError(f"{name!r}, of which the paper's claims are, must be among them")
    return routers


def _listed(entries: Iterable[Target | Family | Router]) -> str:
    return "; ".join(f"`{entry.name}`: {entry.description}" for entry in entries)


TRAINED = {name: family for name, family in FAMILIES.items() if name != IMPORTED}
TargetName = Annotated[str, AfterValidator(_of(list(TARGETS))), Field(json_schema_extra={"enum": [*TARGETS]})]
FamilyName = Annotated[str, AfterValidator(_of(list(TRAINED))), Field(json_schema_extra={"enum": [*TRAINED]})]
RouterName = Annotated[str, AfterValidator(_of(list(ROUTERS))), Field(json_schema_extra={"enum": [*ROUTERS]})]
Label = Annotated[str, StringConstraints(pattern=r"^[TF][0-9]+$")]


class Probes(Settings):
    """What is predicted, from what, and over which grid."""

    targets: Annotated[Distinct[TargetName], AfterValidator(_with_majority)] = Field(
        default=["success_rate", "majority_correct", "greedy_correct"],
        description=f"What the probes predict. {_listed(TARGETS.values())}.",
    )
    families: Annotated[Distinct[FamilyName], AfterValidator(_with_a_probe)] = Field(
        default=["linear", "prompt_length", "tfidf", "token_gbm", "permuted_labels"],
        description=f"The probe, its baselines and controls. {_listed(TRAINED.values())}.",
    )
    layers: Distinct[int] | None = None
    """Layers whose activations are cached and probed: 0 is the embedding, i the output of block i, -1 the last. Of
    these a model's are taken; all without this key."""
    positions: Distinct[Annotated[int, Field(lt=0)]] | None = None
    """Tokens at which activations are cached and probed, counted from the prompt's end: -1 is the last. Of these a
    prompt's end-of-instruction tokens are taken; all without this key."""
    folds: Annotated[int, Field(ge=2)] = 5
    """Folds of the cross-validation on train."""
    strengths: Distinct[Positive] = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0]
    """L2 strengths to choose from."""
    permutations: Annotated[int, Field(ge=2)] = 20
    """Permutations of the train labels that the control `permuted_labels` averages over."""


class Routing(Sweep):
    """Which routers there are, how they are swept, and when they match the best single policy."""

    routers: Annotated[Distinct[RouterName], AfterValidator(_with_the_papers)] = Field(
        default=["utility", "cascade"],
        description="The routers, each of which the tables of a pool show; F6 to F8 are of `utility` and `cascade`. "
        f"{_listed(ROUTERS.values())}.",
    )
    margin: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """Share of problems that a strategy may get right less than the best single policy does and still match it: the
    lower end of a paired 95 % score interval must lie above minus this."""


class Statistics(Settings):
    """How uncertainty is computed."""

    resamples: Annotated[int, Field(ge=100)] = 2000
    """Bootstrap resamples behind every interval."""
    fewest_per_class: PositiveInt = 50
    """Fewest failures, and fewest successes, among a split's problems for which an AUROC is reported. Whatever it is, a
    probe needs 10 of each among train's."""


class StudyConfig(Settings):
    """A study."""

    study: Id
    """Id of the study; its results stand under `results/{study}/`."""
    title: Annotated[Text, AfterValidator(_in_one_line)]
    """One line that says what was studied; it heads the report."""
    evidence: Literal["original", "analogue"]
    """`original` for the paper's own data and policies, whose claims may be called reproduced; `analogue` for anything
    else, whose claims may only point in the same direction."""
    seed: Seed = 1
    """Seed of everything random in the study."""
    shards: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of files, and so of jobs, that a policy's completions and an encoder's activations are split into, in
    chunks of 250 problems. It changes no result; with another number no model is run again."""
    records: str = "../shared/data"
    """Folder of recorded data, from which the files of `problem_sets` and `policies` are named."""
    recorded_rollouts: Text | None = None
    """Folder, from the project's, of graded rollouts that were recorded (`make rollouts`): policies whose model the
    workflow would run or ask are not sampled. Where they were made by other settings, prompts or models than the
    study's they are refused; `--config recorded_rollouts=` samples anew."""
    problem_sets: dict[Id, AnyProblemSet]
    """The problem sets, by id."""
    models: dict[Id, AnyModel] = {}
    """The models, by id. A study that imports all its outcomes has none."""
    prompts: dict[Id, Prompt] = {}
    """Prompts, by id, where a policy's is not just the question."""
    policies: dict[Id, AnyPolicy]
    """The policies, by id."""
    probes: Probes = Probes()
    """What is predicted, from what, and over which grid."""
    pools: dict[Id, AnyPool] = {}
    """The pools of policies to route over, by id."""
    return_on_investment: dict[Id, Investment] = {}
    """Pools for which it is estimated what a router is worth in a year, by id (T11, F12)."""
    routing: Routing = Routing()
    """Which routers there are, how they are swept, and when they match the best single policy."""
    statistics: Statistics = Statistics()
    """How uncertainty is computed."""
    claims: bool | Distinct[Text] = True
    """Which claims of the paper are checked on the study: `true` for all, `false` for none, or a list of their ids in
    `config/claims.yaml`."""
    figures: Distinct[Label]
    """Labels of the figures and tables to make, from `config/figures.yaml`."""


def complete(config: dict, files: str) -> StudyConfig:
    """A configuration with its defaults, in which every key is known and every value of the right kind.

    Args:
        config: the merged configuration.
        files: names of the files that it was read from, for messages.

    Raises:
        UserError: with every mistake found, one line each, naming file, key and remedy.
    """
    from foretell.study.mistakes import describe

    try:
        return StudyConfig.model_validate(config)
    except ValidationError as error:
        raise UserError("\n".join(f"{files}: {text}" for text in describe(error, config, StudyConfig))) from None
