"""`config/paper.yaml` in miniature: of each of its problem sets some policies, on a hub on loopback."""

import hub_data
import hub_models

# Policies by problem set. Of the first two sets every figure and table of the paper can be drawn: MATH has a pool, two
# encoders and two efforts, LiveCodeBench programs. The others are answered and graded, and human difficulty is compared
# on E2H-AMC. GSM8K and AIME are only read: they have what MATH has.
DRAWN = {
    "math": ["qwen2.5-math-1.5b", "gpt-oss-20b-low", "gpt-oss-20b-high"],
    "livecodebench": ["qwen2.5-coder-1.5b"],
}
ANSWERED = {
    "e2h_amc": ["qwen3-8b-thinking"],
    "gpqa": ["gpt-oss-20b-low-option"],
    "polymath": ["qwen3-8b-direct"],
}
POOLS = ["math"]
SAMPLED = {"samples": 3, "max_tokens": 3}
LANGUAGES = ["ar", "bn", "de", "en", "es", "fr", "id", "it", "ja", "ko", "ms", "pt", "ru", "sw", "te", "th", "vi", "zh"]
SETS = {
    **hub_data.PAPER,
    "DigitalLearningGmbH/MATH-lighteval": lambda: hub_data.math(train=80, test=50),
    "furonghuang-lab/Easy2Hard-Bench": lambda: hub_data.e2h_amc(train=60, test=40),
    "Idavidrein/gpqa": lambda: hub_data.gpqa(main=65, diamond=25),
    "livecodebench/code_generation_lite": lambda: hub_data.livecodebench(60),
    "Qwen/PolyMath": lambda: hub_data.polymath(LANGUAGES, ("low", "medium", "high", "top"), 2),
}
NUMBERS = hub_models.boxed(["x", 1, 2, 3])
LETTERS = hub_models.boxed(["A", "B", "C", "D"])
# One solves what reads standard input, one what is called, one nothing.
PROGRAMS = [
    f"```python\n{program}\n```\n"
    for program in ("print(3)", "class Solution:\n    def add(self, numbers, more):\n        return 6", "print(4)")
]
# By what the name of a model begins with: its architecture, and what it can write.
MODELS = {
    "gpt-oss": ("gpt_oss", [*NUMBERS, *LETTERS]),
    "qwen3": ("qwen3", NUMBERS),
    "qwen2.5-coder": ("qwen2", PROGRAMS),
    "qwen2": ("qwen2", NUMBERS),
}


def reduced(config, asked):
    """The study of some policies alone, without the engine vLLM, which has an environment of its own.

    Args:
        config: of `config/paper.yaml`.
        asked: policies by problem set; the other problem sets are read by nobody.
    """
    pools = {name: {**config["pools"][name], "policies": asked[name]} for name in POOLS}
    sets = {
        name: {key: value for key, value in entry.items() if key != "policies"}
        for name, entry in config["problem_sets"].items()
    }
    for name in asked.keys() - set(POOLS):
        sets[name]["policies"] = asked[name]
    used = {policy for policies in asked.values() for policy in policies}
    policies = {name: {**entry, **SAMPLED} for name, entry in config["policies"].items() if name in used}
    models = {
        name: {key: value for key, value in entry.items() if key != "engine"}
        for name, entry in config["models"].items()
    }
    return {**config, "problem_sets": sets, "pools": pools, "policies": policies, "models": models}


def fill(hub, config):
    """Put the data sets and models of a study on a hub."""
    for entry in config["problem_sets"].values():
        hub.add("dataset", entry["id"], SETS[entry["id"]](), entry["revision"])
    for seed, name in enumerate(sorted({policy["model"] for policy in config["policies"].values()})):
        entry = config["models"][name]
        architecture, texts = next(made for beginning, made in MODELS.items() if name.startswith(beginning))
        hub.add("model", entry["id"], hub_models.checkpoint(architecture, texts, seed), entry["revision"])
