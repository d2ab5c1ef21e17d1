"""What a completed configuration means: which jobs it asks for, and what each of them needs to know."""

import json

from foretell.probes.calibrated_columns import ELSEWHERE, OWN, RECORDED
from foretell.study.imports import IMPORTED as IMPORTED_FAMILY
from foretell.study.imports import TEXT_FAMILIES, Imports
from foretell.study.models import Models
from foretell.study.problem_sources import GENERATED

NORM_TARGETS = ["reference_difficulty", "success_rate"]  # what is read of problems with human norms


def as_parameter(value: object) -> str:
    """A configuration value as one rule parameter, in the configuration's order, which figures and tables follow."""
    return json.dumps(value)


class Study:
    """Read access to a configuration that `foretell.study.config.check` has completed.

    Attributes:
        config: the configuration.
        imports: what it says about imports.
        models: what it says about models.
        left_out: problem sets that the study does without, and why; see `foretell.study.left_out`.
        id: of the study.
    """

    def __init__(self, config: dict, left_out: dict[str, str] | None = None):
        self.config = config
        self.imports = Imports(config)
        self.models = Models(config)
        self.left_out = left_out or {}
        self.id = config["study"]

    def pool(self, pool: str) -> dict:
        """A pool's entry; one that is made of parts has what their entries share."""
        entry = self.config["pools"][pool]
        return {**self.config["pools"][entry["parts"][0]], **entry} if "parts" in entry else entry

    def parts(self, pool: str) -> list[str]:
        """The pools that make up a pool: its parts, or itself."""
        return self.config["pools"][pool].get("parts", [pool])

    def pools_on(self, problem_set: str) -> list[str]:
        """Pools that route over a problem set."""
        return [name for name, pool in self.config["pools"].items() if pool["problem_set"] == problem_set]

    def origin(self, problem_set: str) -> str:
        """The problem set whose completions and activations a problem set shares: its own, or that of another split."""
        return self.config["problem_sets"][problem_set].get("of", problem_set)

    def policies(self, problem_set: str) -> list[str]:
        """Policies that are judged on a problem set, in the order of the configuration."""
        origin = self.origin(problem_set)
        wanted = {policy for pool in self.pools_on(origin) for policy in self.pool(pool)["policies"]}
        wanted |= set(self.config["problem_sets"][origin].get("policies", []))
        return [policy for policy in self.config["policies"] if policy in wanted]

    def problem_sets(self) -> list[str]:
        """Problem sets on which some pool is judged."""
        return [name for name in self.config["problem_sets"] if self.policies(name)]

    def generated(self) -> list[str]:
        """Problem sets that the workflow generates."""
        return [name for name, entry in self.config["problem_sets"].items() if entry["source"] in GENERATED]

    def with_models(self) -> list[str]:
        """Problem sets on which the workflow runs models."""
        policies = self.config["policies"]
        return [
            name
            for name in self.config["problem_sets"]
            if any("model" in policies[policy] for policy in self.policies(name))
        ]

    def probed(self) -> list[str]:
        """Problem sets with splits on whose policies' own models probes are trained."""
        return [name for name in self.with_models() if name not in self.imports.cross_fitted]

    def normed(self) -> list[str]:
        """Problem sets whose reference difficulty and success are both read, cross-fitted, from activations."""
        return [name for name in self.with_models() if name in self.imports.cross_fitted]

    def recorded(self) -> list[str]:
        """Problem sets of published records, whose outcomes and scores are recorded too."""
        return self.of_source("records")

    def pooled(self) -> list[str]:
        """Recorded problem sets that are made of the test splits of others."""
        return [name for name in self.recorded() if "parts" in self.config["problem_sets"][name]]

    def answer_kind(self, problem_set: str) -> str:
        """What answers to a problem set are, as far as figures and tables differ by it: code, or something else."""
        entry = self.config["problem_sets"][self.origin(problem_set)]
        if entry["source"] in GENERATED:
            return GENERATED[entry["source"]].answer_kind
        if entry["source"] == "cities":
            return "text"
        return entry.get("answer_kind", "math")

    def shown(self, entry: dict) -> list[str]:
        """Problem sets or pools that a figure or table of the manifest has something to show for."""
        if entry["per"] == "pool":
            pools = self.config["pools"]
            return [name for name in pools if "dearer_source" in pools[name] or not entry.get("needs_dearer_source")]
        return [
            name
            for name in self.problem_sets()
            if (name in self.normed() if entry.get("normed") else name not in self.imports.cross_fitted)
            and self.answer_kind(name) in entry.get("answers", [self.answer_kind(name)])
            and entry.get("family", self.family(name)) in self.trained(name)[1]
            and (self.has_efforts(name) or not entry.get("needs_efforts"))
            and (len(self.encoders_on(name)) > 1 or not entry.get("needs_encoders"))
        ]

    def family(self, problem_set: str) -> str:
        """The family of predictors that routes, and whose calibration is shown: the probe, where there is one."""
        families = self.trained(problem_set)[1]
        return next(family for family in ("linear", IMPORTED_FAMILY, "tfidf", "prompt_length") if family in families)

    def has_efforts(self, problem_set: str) -> bool:
        """Whether some model answers a problem set at more than one effort."""
        efforts = [(entry["model"], entry["effort"]) for entry in self.efforts(problem_set).values()]
        return len(efforts) > len({model for model, _ in efforts})

    def importing(self, problem_set: str) -> dict:
        """What an imported problem set depends on, beside its file."""
        entry = self.config["problem_sets"][problem_set]
        if entry["source"] == "file":
            return self.imports.problems(problem_set)
        return {"records": {"dataset": entry["dataset"], "halves": entry.get("halves")}}

    def file(self, section: str, name: str, key: str) -> str:
        """Path of the file that an entry of `problem_sets` or `policies` names under a key."""
        return self.imports.file(section, name, key)

    def importing_outcomes(self, policy: str, key: str) -> dict:
        """Which recorded run, or how a policy's file of outcomes or predictions is read."""
        entry = self.config["policies"][policy]
        return {"run": entry["run"]} if "run" in entry else {"table": self.imports.table("policies", policy, key)}

    def encoders_on(self, problem_set: str) -> list[str]:
        """Encoders of the policies that are judged on a problem set."""
        policies = [policy for policy in self.policies(problem_set) if "model" in self.config["policies"][policy]]
        return list(dict.fromkeys(map(self.models.encoder, policies)))

    def own_encoders(self, problem_set: str) -> dict[str, str]:
        """The encoder that reads for each policy that is judged on a problem set."""
        return {policy: self.models.encoder(policy) for policy in self.policies(problem_set)}

    def cross_fitting_probes(self, problem_set: str) -> dict:
        """Protocol of a cross-fitted problem set whose models are read."""
        permutations = self.config["probes"]["permutations"]
        return {**self.imports.cross_fitting(problem_set, self.resampling()), "permutations": permutations}

    def comparing(self) -> dict:
        """Protocol of reading every policy's success from one encoder."""
        probes = self.config["probes"]
        return {"strengths": probes["strengths"], "folds": probes["folds"], "seed": self.config["seed"]}

    def shards(self) -> list[str]:
        """Names of the files that completions and activations are split into."""
        return [f"{index:03d}-of-{self.config['shards']:03d}" for index in range(self.config["shards"])]

    def generation(self, problem_set: str) -> dict:
        """What a generated problem set depends on."""
        entry = self.config["problem_sets"][problem_set]
        keys = ("source", "evaluated_operations", "sizes", *GENERATED[entry["source"]].keys)
        return {**{key: entry[key] for key in keys}, "evaluated_shares": entry.get("evaluated_shares")}

    def of_source(self, source: str) -> list[str]:
        """Problem sets with a `source`."""
        return [name for name, entry in self.config["problem_sets"].items() if entry["source"] == source]

    def cities(self, problem_set: str) -> dict:
        """What a set of cities depends on, beside the table of countries."""
        entry = self.config["problem_sets"][problem_set]
        return {key: entry[key] for key in ("package", "inhabitants", "per_country", "sizes")}

    def probing(self, problem_set: str) -> dict:
        """Protocol of the probes on a problem set."""
        return {**self.config["probes"], "families": self.trained(problem_set)[1], **self.resampling()}

    def resampling(self) -> dict:
        """Protocol of the intervals."""
        return {"resamples": self.config["statistics"]["resamples"], "seed": self.config["seed"]}

    def prices(self, pool: str) -> dict:
        """What the policies of a pool cost, and which encoder reads for each."""
        entry = self.pool(pool)
        return {"policies": {policy: self._price(policy, entry["problem_set"]) for policy in entry["policies"]}}

    def _price(self, policy: str, problem_set: str) -> dict:
        entry = self.config["policies"][policy]
        free = {"free_to_predict": self.family(problem_set) in TEXT_FAMILIES}
        if "assumed_cost" in entry:
            return {"encoder": None, "assumed_cost": entry["assumed_cost"], "assumption": entry["assumption"], **free}
        price = entry["price"] if "price" in entry else self.config["models"][entry["model"]]["price"]
        prices = {"input_price": price["input"], "output_price": price["output"]}
        if "model" in entry:
            return {"encoder": self.models.encoder(policy), **prices}
        encoder = policy if "activations" in entry else None  # whoever read the prompts did it with the policy's model
        return {"encoder": encoder, **prices, "estimated": "characters_per_token" in entry, **free}

    def routing(self, pool: str) -> dict:
        """Numbers of operating points of the routers, and which probabilities they read."""
        return {**self.config["routing"], "probabilities": self._calibrated(self.config["pools"][pool]["problem_set"])}

    def _calibrated(self, problem_set: str) -> dict[str, str]:
        if problem_set in self.recorded():
            return RECORDED
        return ELSEWHERE if self.family(problem_set) == IMPORTED_FAMILY else OWN

    def choosing(self, pool: str) -> dict:
        """How operating points of a pool are chosen and reported.

        The project's own probes are calibrated on train, out of fold. Recorded scores are calibrated where operating
        points are chosen, because their train labels may not be exchangeable with test. A cross-fitted pool chooses on
        the problems that are not held out.
        """
        entry = self.pool(pool)
        recorded, calibrated = entry["problem_set"] in self.recorded(), self._calibrated(entry["problem_set"])
        cross_fitted = entry["problem_set"] in self.imports.cross_fitted
        criteria = {"match": None, **{key: entry[key] for key in ("budget", "accuracy") if key in entry}}
        return {
            **self.resampling(),
            "choosers": [
                {"calibrated_on": split if recorded else next(iter(calibrated)), "chosen_on": split}
                for split in (["train"] if cross_fitted else entry["choose_on"])
            ],
            "criteria": criteria,
            "cost_sensitivity": entry.get("cost_sensitivity"),
        }

    def efforts(self, problem_set: str) -> dict[str, dict]:
        """Model and effort of every policy that is judged on a problem set; a recorded policy is its own model."""
        entries = {policy: self.config["policies"][policy] for policy in self.policies(problem_set)}
        return {
            policy: {"model": entry.get("model", policy), "effort": entry.get("effort")}
            for policy, entry in entries.items()
        }

    def trained(self, problem_set: str) -> tuple[list[str], list[str]]:
        """Targets and probe families that there are predictions of; imports have the linear majority probe only."""
        if problem_set in self.recorded():
            return ["majority_correct"], ["linear"]
        if problem_set in self.imports.cross_fitted:
            targets = NORM_TARGETS if problem_set in self.normed() else ["majority_correct"]
            return targets, self.imports.cross_fitting(problem_set, {})["families"]
        if problem_set in self.imports.problem_sets and problem_set not in self.with_models():
            families = self.imports.families(self.policies(problem_set))
            return (
                ["majority_correct"] if families == [IMPORTED_FAMILY] else self.config["probes"]["targets"]
            ), families
        return self.config["probes"]["targets"], self.config["probes"]["families"]
