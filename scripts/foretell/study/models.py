"""What a configuration says about models: where they come from, what they are asked, and what reads for whom."""

from foretell.study.problem_sources import GENERATED


class Models:
    """Read access to the models, prompts and policies with a model.

    Attributes:
        config: the checked configuration.
    """

    def __init__(self, config: dict):
        self.config = config

    def trained_here(self) -> list[str]:
        """Models that the workflow trains."""
        return [name for name, entry in self.config["models"].items() if entry["source"] == "tiny"]

    def from_elsewhere(self) -> list[str]:
        """Models that come as checkpoints."""
        return [name for name, entry in self.config["models"].items() if entry["source"] != "tiny"]

    def training(self, model: str) -> dict:
        """What a tiny model's weights depend on; not its price."""
        entry = self.config["models"][model]
        keys = ("layers", "width", "steps", "learning_rate", "curriculum", "high_effort_share", "batch", "examples")
        task = self.config["problem_sets"][entry["problem_set"]]
        return {
            "model": {key: entry[key] for key in keys},
            "task": {key: task[key] for key in ("source", "trained_operations", *GENERATED[task["source"]].keys)},
            "seed": [self.config["seed"], entry["seed"]],
        }

    def source(self, model: str) -> dict:
        """Where a model that is not trained here comes from."""
        return {key: value for key, value in self.config["models"][model].items() if key not in ("price", "dtype")}

    def described(self) -> dict[str, str]:
        """Where each model that is not trained here comes from, for readers."""
        return {name: _describe(self.config["models"][name]) for name in self.from_elsewhere()}

    def dtype(self, model: str) -> str:
        """In which a model is run."""
        return self.config["models"][model].get("dtype", "float32")

    def decoding(self, policy: str) -> dict:
        """How a policy samples: what its completions depend on beside model and prompts."""
        entry = self.config["policies"][policy]
        keys = ("samples", "temperature", "top_p", "max_tokens", "stop")
        return {**{key: entry[key] for key in keys}, "top_k": entry.get("top_k")}

    def encoder(self, policy: str) -> str:
        """The encoder that reads for a policy: its model with its effort and its prompt."""
        entry = self.config["policies"][policy]
        return "-".join(filter(None, [entry["model"], entry.get("effort"), entry.get("prompt")]))

    def encoders(self) -> dict[str, dict]:
        """Model, effort and prompt of every encoder, by its id."""
        entries = {name: entry for name, entry in self.config["policies"].items() if "model" in entry}
        return {
            self.encoder(name): {key: entry.get(key) for key in ("model", "effort", "prompt")}
            for name, entry in entries.items()
        }

    def prompt(self, encoder: str) -> dict:
        """What an encoder reads: user, turns, answer_start; see `foretell.completions.prompts.render`."""
        name = self.encoders()[encoder]["prompt"]
        given = {"user": "{question}", "turns": []} if name is None else self.config["prompts"][name]
        return {"answer_start": None, **given}


def _describe(model: dict) -> str:
    if model["source"] == "hub":
        return f"{model['id']} at {model['revision']}, from the Hugging Face hub"
    if model["source"] == "path":
        return f"from {model['path']}"
    packages = ", ".join(f"{package['name']} {package['version']}" for package in model["packages"])
    return f"from the package index: {packages} (licence: {model['licence']}), de-quantised"
