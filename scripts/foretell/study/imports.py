"""What a configuration says about imports: which files, and which jobs they make possible."""

from pathlib import Path

TEXT_FAMILIES = ("prompt_length", "tfidf")  # need the questions alone
READERS = ("linear",)  # read activations
IMPORTED = "imported"  # family of predictions that were made elsewhere


class Imports:
    """Read access to the problem sets with source `file`, and the policies that are judged on them.

    Attributes:
        config: the checked configuration.
        problem_sets: names of the problem sets.
    """

    def __init__(self, config: dict):
        self.config = config
        self.problem_sets = [name for name, entry in config["problem_sets"].items() if entry["source"] == "file"]

    @property
    def cross_fitted(self) -> list[str]:
        """Problem sets in which every problem is predicted from the others."""
        return [name for name in self.problem_sets if "cross_fit" in self.config["problem_sets"][name]]

    def policies_with(self, key: str) -> list[str]:
        """Policies that import something: completions, rollouts, outcomes, activations or predictions."""
        return [name for name, entry in self.config["policies"].items() if key in entry and "run" not in entry]

    def file(self, section: str, name: str, key: str) -> str:
        """Path of the file that an entry of `problem_sets` or `policies` names under a key."""
        named = self.config[section][name][key]
        return str(Path(self.config["records"]) / (named if isinstance(named, str) else named["file"]))

    def table(self, section: str, name: str, key: str) -> dict:
        """How that file is read; the arguments of `foretell.common.tables.read` beside its path."""
        named = self.config[section][name][key]
        return {"form": named["format"], "columns": named["columns"], "where": named["where"]}

    def problems(self, problem_set: str) -> dict:
        """What an imported problem set depends on, beside its file."""
        entry = self.config["problem_sets"][problem_set]
        return {
            "table": self.table("problem_sets", problem_set, "problems"),
            "answer_kind": entry["answer_kind"],
            "cross_fitted": "cross_fit" in entry,
        }

    def completions(self, policy: str, key: str) -> dict:
        """What a policy's imported completions or rollouts depend on, beside their file."""
        estimate = self.config["policies"][policy].get("characters_per_token")
        return {"table": self.table("policies", policy, key), "characters_per_token": estimate}

    def families(self, policies: list[str]) -> list[str]:
        """Families of predictors that there are on a problem set, from what its policies import."""
        if all("predictions" in self.config["policies"][policy] for policy in policies):
            return [IMPORTED]
        families = self.config["probes"]["families"]
        if all("activations" in self.config["policies"][policy] for policy in policies):
            return [family for family in families if family != "token_gbm"]  # there are no token ids
        return [family for family in families if family in TEXT_FAMILIES]

    def cross_fitting(self, problem_set: str, resampling: dict) -> dict:
        """Protocol of a cross-fitted problem set."""
        probes, cut = self.config["probes"], self.config["problem_sets"][problem_set]["cross_fit"]
        families = [family for family in probes["families"] if family in TEXT_FAMILIES]
        if self._has_models(problem_set):
            families = [family for family in probes["families"] if family in (*READERS, *TEXT_FAMILIES)]
        protocol = {"families": families, "strengths": probes["strengths"], "inner_folds": probes["folds"]}
        return {**protocol, "folds": cut["folds"], "partitions": cut["partitions"], **resampling}

    def _has_models(self, problem_set: str) -> bool:
        """Whether the policies that are judged on a problem set are run here, so that their models can be read."""
        policies = self.config["problem_sets"][problem_set].get("policies", [])
        return any("model" in self.config["policies"][policy] for policy in policies)
