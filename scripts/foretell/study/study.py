"""What a completed configuration means: which rule makes what of each entry."""

from typing import Literal

from foretell.common.remembered import remembered
from foretell.probes import families as reads
from foretell.probes.families import FAMILIES, LINEAR, ROUTING_FAMILIES, jointly_fitted
from foretell.study.entries import Entries
from foretell.study.models import ServerModel
from foretell.study.policies import Encoder, ImportedPolicy, ModelPolicy
from foretell.study.problem_sets import File, Records

CROSS_FITTED_TARGETS = ["reference_difficulty", "success_rate"]  # what is read of problems that come with norms
FIELD_METRICS = {"T12", "T13"}  # what shows them
ON_DIFFICULTY = ("T1", "T8", "F1")  # what is made of the comparison
COMPLETIONS_BY = {  # engine to rule
    "transformers": "generate_completions",
    "vllm": "generate_completions_with_vllm",
    "openai": "ask_server",
}
MAJORITY = "majority_correct"  # by which queries are routed


class Study(Entries):
    """A study: its entries, and what the workflow makes of them."""

    def is_graded(self, problem_set: str) -> bool:
        """Whether every policy's answers to a problem set are imported with their grades."""
        policies = self.policies(problem_set)
        by = {self.made_by(stage, policy) for policy in policies for stage in ("completions", "rollouts")}
        return bool(policies) and by <= {None, "import_rollouts"}

    def runs_encoders(self, problem_set: str) -> bool:
        """Whether the workflow has models read the prompts of a problem set, for every policy."""
        encoders = list(map(self.encoder, self.policies(problem_set)))
        return bool(encoders) and all(encoders)

    def compares_difficulty(self, problem_set: str) -> bool:
        """Whether human difficulty is compared with what the models find difficult."""
        if self.predictions_by(problem_set) != "train_probes":
            return self.predictions_by(problem_set) == "cross_fit_probes"
        asked = any(label in self.config.figures for label in ON_DIFFICULTY)
        entry = self.problem_set(self.origin(problem_set))
        tested = self.problem_set(getattr(entry, "test_of", None) or self.origin(problem_set))
        has = entry.has_norms and tested.has_norms and LINEAR in self.families(problem_set)
        return asked and has and set(CROSS_FITTED_TARGETS) <= set(self.targets(problem_set))

    # Which rule makes what

    def problems_by(self, rule: str) -> list[str]:
        """Problem sets that a rule makes."""
        return [name for name, entry in self.config.problem_sets.items() if entry.made_by == rule]

    def models_by(self, rule: str) -> list[str]:
        """Models that a rule makes."""
        return [name for name, entry in self.config.models.items() if entry.made_by == rule]

    def sampled(self) -> list[tuple[str, str]]:
        """Problem sets and policies whose model the workflow runs or asks, or whose rollouts stand in for that."""
        return [
            (name, policy)
            for name in self.config.problem_sets
            if self.origin(name) == name
            for policy in self.policies(name)
            if isinstance(self.policy(policy), ModelPolicy)
        ]

    def policies_by(self, stage: Literal["completions", "rollouts", "outcomes"], rule: str) -> list[str]:
        """Policies whose files of a stage a rule makes."""
        return [name for name in self.config.policies if self.made_by(stage, name) == rule]

    def made_by(self, stage: Literal["completions", "rollouts", "outcomes"], policy: str) -> str | None:
        """The rule that makes a policy's files of a stage; None where it has none."""
        entry = self.policy(policy)
        if isinstance(entry, ModelPolicy) and stage != "outcomes":
            recorded = self.config.recorded_rollouts is not None
            if stage == "rollouts":
                return "import_recorded_rollouts" if recorded else entry.rollouts_by
            return None if recorded else COMPLETIONS_BY[self.config.models[entry.model].engine]
        by_stage = {"completions": entry.completions_by, "rollouts": entry.rollouts_by, "outcomes": entry.outcomes_by}
        return by_stage[stage]

    def asked_in_messages(self, policy: str) -> bool:
        """Whether a policy's model is sent messages, which a server's template renders."""
        entry = self.policy(policy)
        model = self.config.models[entry.model] if isinstance(entry, ModelPolicy) else None
        return isinstance(model, ServerModel) and model.endpoint == "chat"

    @remembered
    def predictions_by(self, problem_set: str) -> str:
        """The rule that makes the predictions on a problem set, but for `trained_beside` and `trained_jointly`."""
        entry = self.problem_set(problem_set)
        if isinstance(entry, Records):
            return "pool_predictions" if entry.folds else "import_predictions"
        if self.is_cross_fitted(problem_set):
            return "cross_fit_probes" if self.runs_encoders(problem_set) else "cross_fit_predictors"
        imported = [getattr(self.policy(policy), "predictions", None) for policy in self.policies(problem_set)]
        return "import_predictions" if imported and all(imported) else "train_probes"

    def predicted_by(self, rule: str) -> list[str]:
        """Problem sets whose predictions a rule makes."""
        return [name for name in self.problem_sets() if self.predictions_by(name) == rule]

    def trained_beside(self, problem_set: str) -> list[str]:
        """Families that are trained here beside a recorded probe."""
        if not isinstance(self.problem_set(problem_set), Records):
            return []
        return self._families_that_read(reads.QUESTIONS, *([reads.METADATA] if self.metadata(problem_set) else []))

    def imports_activations(self, problem_set: str, policy: str) -> bool:
        """Whether a policy's probes on a problem set are trained on activations from a file."""
        entry = self.policy(policy)
        given = isinstance(entry, ImportedPolicy) and entry.activations is not None
        return given and self.predictions_by(problem_set) == "train_probes"

    def measured(self) -> list[str]:
        """Pools whose routers are measured as the field does: those that are no fold of another one."""
        if FIELD_METRICS.isdisjoint(self.config.figures):
            return []
        folds = {fold for name in self.config.pools for fold in self.folds(name) if fold != name}
        return [name for name in self.config.pools if name not in folds]

    def piloted(self) -> list[str]:
        """Pools with a pilot; of folds none, though they share their folds' other keys."""
        return [name for name, pool in self.config.pools.items() if getattr(pool, "pilot", None) is not None]

    # Targets and families

    def targets(self, problem_set: str) -> list[str]:
        """Targets that there are predictions of."""
        match self.predictions_by(problem_set):
            case "train_probes":
                return self.config.probes.targets
            case "cross_fit_probes":
                return CROSS_FITTED_TARGETS
        return [MAJORITY]

    @remembered
    def families(self, problem_set: str) -> list[str]:
        """Families of predictors that there are predictions of."""
        match self.predictions_by(problem_set):
            case "import_predictions" if isinstance(self.problem_set(problem_set), File):
                return ["imported"]
            case "import_predictions" | "pool_predictions":
                return ["linear", *self.trained_beside(problem_set)]
            case "cross_fit_probes":
                return self._families_that_read(reads.ACTIVATIONS, reads.QUESTIONS, controls=False)
            case "cross_fit_predictors":
                return self._families_that_read(reads.QUESTIONS)
        given = [reads.QUESTIONS, *([reads.METADATA] if self.metadata(problem_set) else [])]
        policies = self.policies(problem_set)
        if all(self.encoder(policy) or self.imports_activations(problem_set, policy) for policy in policies):
            given += [reads.ACTIVATIONS, reads.DIFFICULTY, reads.GROUPS]
        if self.runs_encoders(problem_set):  # without the model: no token ids and no untrained weights
            given += [reads.UNTRAINED, reads.TOKENS]
        return self._families_that_read(*given, jointly=True)

    def _families_that_read(self, *sources: str, controls: bool = True, jointly: bool = False) -> list[str]:
        named = [reads.METADATA] if reads.METADATA in sources else []  # by the problem set, where it has columns for it
        configured = [FAMILIES[name] for name in dict.fromkeys([*self.config.probes.families, *named])]
        left_out = {each.name for each in configured if each.control and not controls}
        left_out |= set() if jointly else {each.name for each in jointly_fitted(FAMILIES)}
        return [each.name for each in configured if each.reads in sources and each.name not in left_out]

    def family(self, problem_set: str) -> str:
        """The family of predictors that routes, and whose calibration is shown: the probe, where there is one."""
        families = self.families(problem_set)
        return next(family for family in ROUTING_FAMILIES if family in families)

    def trained(self, problem_set: str) -> list[str]:
        """Families of predictors that `train_probes` trains."""
        if self.predictions_by(problem_set) == "train_probes":
            return [name for name in self.families(problem_set) if name not in self.trained_jointly(problem_set)]
        return self.trained_beside(problem_set) if self.predictions_by(problem_set) == "import_predictions" else []

    def trained_jointly(self, problem_set: str) -> list[str]:
        """Families of predictors that `train_joint_probes` fits to all policies at once."""
        return [family.name for family in jointly_fitted(self.families(problem_set))]

    def joint(self) -> dict[str, str]:
        """Problem sets with such families, by the name of the rule that fits them."""
        return {f"train_joint_probes_{name}": name for name in self.problem_sets() if self.trained_jointly(name)}

    def routing_families(self, problem_set: str) -> list[str]:
        """Families whose probabilities route, controls left out; the one that counts where there is one first."""
        first = self.family(problem_set)
        return [first, *(n for n in self.families(problem_set) if n != first and not FAMILIES[n].control)]

    @remembered
    def trained_alike(self) -> dict[str, list[str]]:
        """Problem sets on which the same probes are trained, by the name of the rule that does it."""
        groups: dict[tuple[tuple[str, ...], ...], list[str]] = {}
        for name in filter(self.trained, self.problem_sets()):
            groups.setdefault((tuple(self.trained(name)), tuple(self.targets(name))), []).append(name)
        return {
            "train_probes" if place == 0 else f"train_probes_on_{names[0]}": names
            for place, names in enumerate(groups.values())
        }

    def trained_by(self, problem_set: str) -> str:
        """The rule that trains probes on a problem set."""
        return next(rule for rule, names in self.trained_alike().items() if problem_set in names)

    def targets_by(self, rule: str) -> list[str]:
        """Targets of the problem sets whose predictions a rule makes; the same for all of them."""
        return next((self.targets(name) for name in self.predicted_by(rule)), [])

    def families_by(self, rule: str) -> list[str]:
        """Families of the problem sets whose predictions a rule makes; the same for all of them."""
        return next((self.families(name) for name in self.predicted_by(rule)), [])

    # Encoders

    @remembered
    def encoders(self) -> dict[str, Encoder]:
        """Every encoder by its id: those that read, and those as which models that are run here are asked."""
        named = [(self.policy(policy).read_by, self._asked_as(policy)) for policy in self.config.policies]
        return {encoder.id: encoder for both in named for encoder in both if encoder is not None}

    def _asked_as(self, policy: str) -> Encoder | None:
        """The encoder whose prompts a policy's model goes on from; None where it is sent messages, or none is asked."""
        entry = self.policy(policy)
        if not isinstance(entry, ModelPolicy) or self.asked_in_messages(policy):
            return None
        return entry.read_by if isinstance(self.config.models[entry.model], ServerModel) else entry.own_encoder

    def asked_as(self, policy: str) -> str | None:
        """The id of the encoder whose prompts a policy's model goes on from; None where there is none."""
        encoder = self._asked_as(policy)
        return None if encoder is None else encoder.id

    @remembered
    def encoder(self, policy: str) -> str | None:
        """The encoder that reads for a policy; None where no model is run for that."""
        read_by = self.policy(policy).read_by
        return None if read_by is None else read_by.id

    def has_effort_by_prompt(self, model: str) -> bool:
        """Whether a model reads at several efforts, each of which has prompts of its own."""
        prompts: dict[str | None, set[str | None]] = {}
        for encoder in self.encoders().values():
            if encoder.model == model and encoder.effort is not None:
                prompts.setdefault(encoder.effort, set()).add(encoder.prompt)
        return len(prompts) > 1 and len(set.union(*prompts.values())) == sum(map(len, prompts.values()))

    def readers(self, problem_set: str) -> dict[str, str]:
        """The encoder that reads for each policy on a problem set."""
        readers = {policy: self.encoder(policy) for policy in self.policies(problem_set)}
        return {policy: encoder for policy, encoder in readers.items() if encoder is not None}

    @remembered
    def compared_encoders(self, problem_set: str) -> list[str]:
        """Encoders from each of which every policy's success is read; none where there is one, or T7 is not made."""
        encoders = list(dict.fromkeys(self.readers(problem_set).values()))
        asked = "T7" in self.config.figures and self.predictions_by(problem_set) == "train_probes"
        return encoders if asked and len(encoders) > 1 else []
