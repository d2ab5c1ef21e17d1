"""What jobs are told that price outcomes and route."""

from foretell.probes.calibrated_columns import ELSEWHERE, OWN, RECORDED, SCALED_HERE
from foretell.routing.routers import Sweep, named
from foretell.study.exports import describe_router
from foretell.study.files import Job, Settings
from foretell.study.jobs.probes import resampling
from foretell.study.models import Price
from foretell.study.policies import ImportedPolicy, ModelPolicy
from foretell.study.pools import SinglePool
from foretell.study.problem_sets import Records
from foretell.study.study import Study


def price_outcomes(study: Study, job: Job) -> Settings:
    """What the policies of a pool cost, and which encoder reads for each."""
    pool = study.pool(job.pool)
    prices: Settings = {"policies": {policy: _price(study, pool, policy) for policy in pool.policies}}
    return {**prices, "fewer_samples": True} if pool.fewer_samples else prices


def _price(study: Study, pool: SinglePool, policy: str) -> Settings:
    entry = study.policy(policy)
    if isinstance(entry, ModelPolicy):
        reader = entry.encoder
        read: Settings = {} if reader is None else {"reader_price": _of_model(study, pool, reader.model).input}
        return {"encoder": entry.read_by.id, **read, **_prices(_of_model(study, pool, entry.model))}
    read = {"encoder": None}
    if isinstance(entry, ImportedPolicy) and entry.encoder is not None:
        read = {"encoder": entry.encoder.id, "reader_price": _of_model(study, pool, entry.encoder.model).input}
    elif isinstance(entry, ImportedPolicy) and entry.activations is not None and entry.price is not None:
        read = {"encoder": policy}  # whoever read the prompts did it with the policy's model
    if entry.assumed_cost is not None:
        return {**read, "assumed_cost": entry.assumed_cost}
    assert isinstance(entry, ImportedPolicy)
    if entry.price is None:
        return {**read, "charged": True}
    price = pool.prices.get(policy, entry.price)
    return {**read, **_prices(price), "estimated": entry.characters_per_token is not None}


def _of_model(study: Study, pool: SinglePool, model: str) -> Price:
    return pool.prices.get(model, study.config.models[model].price)


def _prices(price: Price) -> Settings:
    """Prices that the study gives; those of a kind that it does not use are left out."""
    prices = {"input_price": price.input, "output_price": price.output}
    if price.cached_input is not None:
        prices["cached_price"] = price.cached_input
    return {**prices, "request_price": price.request} if price.request else prices


def route_queries(study: Study, job: Job) -> Settings:
    """Which routers, with how many operating points, and which probabilities they read."""
    return {"sweep": _sweep(study), "probabilities": _calibrated(study, study.pool(job.pool).problem_set)}


def _sweep(study: Study) -> Settings:
    routing = study.config.routing
    return {**routing.model_dump(include=set(Sweep.model_fields)), "routers": [*named(routing)]}


def _calibrated(study: Study, problem_set: str) -> dict[str, str]:
    if isinstance(study.problem_set(problem_set), Records):
        return RECORDED
    if study.family(problem_set) != "imported":
        return OWN
    return SCALED_HERE if getattr(study.problem_set(problem_set), "recalibrate", False) else ELSEWHERE


def calibrated_on(study: Study, problem_set: str) -> str:
    """The split on which the probabilities that route were calibrated; AS_GIVEN where they were not."""
    return next(iter(_calibrated(study, problem_set)))


def evaluate_routing(study: Study, job: Job) -> Settings:
    """How operating points of a pool are chosen and reported.

    The project's own probes are calibrated on train, out of fold. Recorded scores are calibrated where operating points
    are chosen, because their train labels may not be exchangeable with test. A cross-fitted pool chooses on the
    problems that are not held out.
    """
    pool = study.pool(job.pool)
    recorded = isinstance(study.problem_set(pool.problem_set), Records)
    calibrated = calibrated_on(study, pool.problem_set)
    chosen_on = ["train"] if study.is_cross_fitted(pool.problem_set) else pool.choose_on
    return {
        **resampling(study),
        "sweep": _sweep(study),
        "families": study.routing_families(pool.problem_set),
        "choosers": [{"calibrated_on": split if recorded else calibrated, "chosen_on": split} for split in chosen_on],
        "criteria": pool.criteria,
        **({"budget_with_probing": True} if pool.budget_with_probing else {}),
        "margin": study.config.routing.margin,
        "cost_sensitivity": pool.cost_sensitivity,
    }


def measure_routing(study: Study, job: Job) -> Settings:
    """How operating points of a pool are chosen, and the intervals."""
    return evaluate_routing(study, job)


def estimate_return(study: Study, job: Job) -> Settings:
    """The same, and what a query costs beside its tokens."""
    investment = study.config.return_on_investment[job.pool]
    return {**evaluate_routing(study, job), "investment": investment.model_dump(exclude_defaults=True)}


def replay_pilot(study: Study, job: Job) -> Settings:
    """The same as of the evaluation, and the pilot."""
    pilot = study.pool(job.pool).pilot
    assert pilot is not None
    return {**evaluate_routing(study, job), "pilot": pilot.model_dump(exclude_defaults=True)}


def write_explorer(study: Study, job: Job) -> Settings:
    """The same, and whose it is."""
    return {**estimate_return(study, job), "pool": job.pool}


def export_router(study: Study, job: Job) -> Settings:
    """What a pool's router is, beside what was measured."""
    return describe_router(study, job.pool, price_outcomes(study, job)["policies"])
