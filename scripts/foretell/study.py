"""What a completed configuration means: which jobs it asks for, and what each of them needs to know."""

import json
from pathlib import Path

from foretell.calibrated_columns import IMPORTED, OWN


def as_parameter(value: object) -> str:
    """A configuration value as one rule parameter, in the configuration's order, which figures and tables follow."""
    return json.dumps(value)


class Study:
    """Read access to a configuration that `foretell.config.check` has completed."""

    def __init__(self, config: dict):
        self.config = config
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

    def policies(self, problem_set: str) -> list[str]:
        """Policies that are judged on a problem set, in the order of the configuration."""
        wanted = {policy for pool in self.pools_on(problem_set) for policy in self.pool(pool)["policies"]}
        return [policy for policy in self.config["policies"] if policy in wanted]

    def problem_sets(self) -> list[str]:
        """Problem sets on which some pool is judged."""
        return [name for name in self.config["problem_sets"] if self.policies(name)]

    def generated(self) -> list[str]:
        """Problem sets that the workflow generates, and on which it runs models."""
        return [name for name, entry in self.config["problem_sets"].items() if entry["source"] != "records"]

    def imported(self) -> list[str]:
        """Problem sets whose outcomes are imported, so that no model is run on them."""
        return [name for name, entry in self.config["problem_sets"].items() if entry["source"] == "records"]

    def pooled(self) -> list[str]:
        """Imported problem sets that are made of the test splits of others."""
        return [name for name in self.imported() if "parts" in self.config["problem_sets"][name]]

    def recorded_file(self, section: str, name: str) -> str:
        """Path of the recorded file that an entry of `problem_sets` or `policies` names."""
        entry = self.config[section][name]
        return str(Path(self.config["records"]) / entry["problems" if section == "problem_sets" else "outcomes"])

    def importing(self, problem_set: str) -> dict:
        """What an imported problem set depends on, beside its file."""
        entry = self.config["problem_sets"][problem_set]
        return {"dataset": entry["dataset"], "halves": entry.get("halves")}

    def encoder(self, policy: str) -> str:
        """The encoder that reads for a policy: its model with its effort."""
        entry = self.config["policies"][policy]
        return "-".join(filter(None, [entry["model"], entry.get("effort")]))

    def encoders(self) -> dict[str, dict]:
        """Model and effort of every encoder, by its id."""
        generated = {name: entry for name, entry in self.config["policies"].items() if "model" in entry}
        return {
            self.encoder(name): {"model": entry["model"], "effort": entry.get("effort")}
            for name, entry in generated.items()
        }

    def shards(self) -> list[str]:
        """Names of the files that completions and activations are split into."""
        return [f"{index:03d}-of-{self.config['shards']:03d}" for index in range(self.config["shards"])]

    def decoding(self, policy: str) -> dict:
        """How a policy samples: what its completions depend on beside model and prompts."""
        entry = self.config["policies"][policy]
        return {key: entry[key] for key in ("samples", "temperature", "top_p", "max_tokens")}

    def training(self, model: str) -> dict:
        """What a tiny model's weights depend on; not its price."""
        entry = self.config["models"][model]
        keys = ("layers", "width", "steps", "learning_rate", "curriculum", "high_effort_share", "batch", "examples")
        task = self.config["problem_sets"][entry["problem_set"]]
        return {
            "model": {key: entry[key] for key in keys},
            "task": {key: task[key] for key in ("operators", "modulus", "trained_operations")},
            "seed": [self.config["seed"], entry["seed"]],
        }

    def generation(self, problem_set: str) -> dict:
        """What a generated problem set depends on."""
        entry = self.config["problem_sets"][problem_set]
        keys = ("operators", "modulus", "evaluated_operations", "sizes")
        return {**{key: entry[key] for key in keys}, "evaluated_shares": entry.get("evaluated_shares")}

    def probing(self) -> dict:
        """Protocol of the probes."""
        return {**self.config["probes"], **self.resampling()}

    def resampling(self) -> dict:
        """Protocol of the intervals."""
        return {"resamples": self.config["statistics"]["resamples"], "seed": self.config["seed"]}

    def prices(self, pool: str) -> dict:
        """What the policies of a pool cost, and which encoder reads for each."""
        return {"policies": {policy: self._price(policy) for policy in self.pool(pool)["policies"]}}

    def _price(self, policy: str) -> dict:
        entry = self.config["policies"][policy]
        if "assumed_cost" in entry:
            return {"encoder": None, "assumed_cost": entry["assumed_cost"], "assumption": entry["assumption"]}
        price = self.config["models"][entry["model"]]["price"]
        return {"encoder": self.encoder(policy), "input_price": price["input"], "output_price": price["output"]}

    def routing(self, pool: str) -> dict:
        """Numbers of operating points of the routers, and which probabilities they read."""
        imported = self.config["pools"][pool]["problem_set"] in self.imported()
        return {**self.config["routing"], "probabilities": IMPORTED if imported else OWN}

    def choosing(self, pool: str) -> dict:
        """How operating points of a pool are chosen and reported.

        The project's own probes are calibrated on train, out of fold. Imported scores are calibrated where operating
        points are chosen, because their train labels may not be exchangeable with test.
        """
        entry = self.pool(pool)
        imported = entry["problem_set"] in self.imported()
        criteria = {"match": None, **{key: entry[key] for key in ("budget", "accuracy") if key in entry}}
        return {
            **self.resampling(),
            "choosers": [
                {"calibrated_on": split if imported else "train", "chosen_on": split} for split in entry["choose_on"]
            ],
            "criteria": criteria,
            "cost_sensitivity": entry.get("cost_sensitivity"),
        }

    def claims(self) -> dict:
        """What the claims are checked on."""
        return {
            "title": self.config["title"],
            "evidence": self.config["evidence"],
            "subjects": {problem_set: self._subject(problem_set) for problem_set in self.subjects()},
        }

    def subjects(self) -> list[str]:
        """Problem sets on which claims are judged: those that are not part of another one."""
        parts = {part for entry in self.config["problem_sets"].values() for part in entry.get("parts", [])}
        return [name for name in self.problem_sets() if name not in parts]

    def _subject(self, problem_set: str) -> dict:
        targets, families = self.trained(problem_set)
        return {
            **self.resampling(),
            "policies": self.efforts(problem_set),
            "pools": self.pools_on(problem_set),
            "targets": targets,
            "families": families,
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
        if problem_set in self.imported():
            return ["majority_correct"], ["linear"]
        return self.config["probes"]["targets"], self.config["probes"]["families"]

    def front_page(self) -> dict:
        """What the report's front page says was run."""
        keys = ("model", "effort", "samples", "temperature", "top_p", "max_tokens", "run", "assumption")
        return {
            "title": self.config["title"],
            "evidence": self.config["evidence"],
            "pools": {
                pool: {
                    "problem_set": self.pool(pool)["problem_set"],
                    "policies": {
                        policy: {key: self.config["policies"][policy].get(key) for key in keys}
                        for policy in self.pool(pool)["policies"]
                    },
                }
                for problem_set in self.subjects()
                for pool in self.pools_on(problem_set)
            },
        }
