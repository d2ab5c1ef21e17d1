"""What jobs are told that read activations, train and evaluate probes, and compare difficulty."""

from foretell.probes.families import FAMILIES
from foretell.study.files import Job, Settings
from foretell.study.jobs.answers import run_or_table
from foretell.study.models import ServerModel
from foretell.study.policies import ImportedPolicy
from foretell.study.problem_sets import File
from foretell.study.study import MAJORITY, Study


def cache_activations(study: Study, job: Job) -> Settings:
    """In which dtype a model reads, and which layers and positions are kept."""
    model = study.config.models[study.encoders()[job.encoder].model]
    assert not isinstance(model, ServerModel)
    return {"dtype": model.dtype, **_read(study)}


def import_activations(study: Study, job: Job) -> Settings:
    """Which layers and positions are kept."""
    return _read(study)


def _read(study: Study) -> Settings:
    given = study.config.probes.model_dump(include={"layers", "positions"}, exclude_none=True)
    return {key: sorted(values) for key, values in given.items()}


def cache_untrained_activations(study: Study, job: Job) -> Settings:
    """The same, and the seed of the random weights."""
    return {**cache_activations(study, job), "untrained": study.config.seed}


def train_probes(study: Study, job: Job) -> Settings:
    """Targets, families and their protocol."""
    probes = study.config.probes.model_dump(exclude={"targets", "families", "layers", "positions"})
    targets, trained = study.targets(job.problem_set), study.trained(job.problem_set)
    families = sorted(trained, key=list(FAMILIES).index)  # they are trained in that order, whatever the study's
    settings = {**probes, "targets": targets, "families": families, "seed": study.config.seed}
    if "metadata" in families:
        settings["metadata"] = study.metadata(job.problem_set)
    if study.trained_beside(job.problem_set):
        settings["recalibrate"] = True
    return settings


def train_joint_probes(study: Study, job: Job) -> Settings:
    """Targets, families that are fitted to all policies at once, and their protocol."""
    protocol = study.config.probes.model_dump(include={"folds", "strengths"})
    families = study.trained_jointly(job.problem_set)
    return {**protocol, "targets": study.targets(job.problem_set), "families": families, "seed": study.config.seed}


def compare_encoders(study: Study, job: Job) -> Settings:
    """Protocol of reading every policy's success, by which queries are routed, from one encoder."""
    probes = study.config.probes
    return {"target": MAJORITY, "strengths": probes.strengths, "folds": probes.folds, "seed": study.config.seed}


def cross_fit_predictors(study: Study, job: Job) -> Settings:
    """What is predicted, and the protocol of predicting each problem from the others."""
    name, probes = job.problem_set, study.config.probes
    entry = study.problem_set(name)
    assert isinstance(entry, File) and entry.cross_fit is not None
    predictors = {"targets": study.targets(name), "families": study.families(name)}
    protocol = {"strengths": probes.strengths, "inner_folds": probes.folds}
    return {**predictors, **protocol, **entry.cross_fit.model_dump(), "seed": study.config.seed}


def cross_fit_probes(study: Study, job: Job) -> Settings:
    """The same from activations; labels are permuted too."""
    return {**cross_fit_predictors(study, job), "permutations": study.config.probes.permutations}


def import_predictions(study: Study, job: Job) -> Settings:
    """Which recorded run, or how a policy's file of predictions is read."""
    how, problem_set = run_or_table(study, job, "predictions"), study.problem_set(job.problem_set)
    if isinstance(problem_set, File) and problem_set.recalibrate:
        how["recalibrate"] = True
    entry = study.policy(job.policy)
    return {**how, "missing": entry.missing} if isinstance(entry, ImportedPolicy) else how


def evaluate_probes(study: Study, job: Job) -> Settings:
    """Protocol of the intervals, and which encoder is whose own: the one that reads where its own model does not."""
    compared = study.compared_encoders(job.problem_set)
    own = {
        policy: next(each for each in (study.asked_as(policy), reader) if each in compared)
        for policy, reader in study.readers(job.problem_set).items()
        if compared
    }
    fewest = study.config.statistics.fewest_per_class
    return {**resampling(study), "fewest_per_class": fewest, "own_encoders": own}


def compare_difficulty(study: Study, job: Job) -> Settings:
    """Protocol of the intervals."""
    return resampling(study)


def resampling(study: Study) -> Settings:
    """Protocol of the intervals."""
    return {"resamples": study.config.statistics.resamples, "seed": study.config.seed}
