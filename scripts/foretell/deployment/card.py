"""The model card of an exported router: what it is, what it was made from, how it did, and where it ends."""

import pandas as pd

from foretell.common.rounded import with_interval
from foretell.deployment.choosing import choose_point
from foretell.deployment.chosen_points import of_router
from foretell.deployment.description import Answering, Chosen, PinnedReader, RouterDescription
from foretell.deployment.export import Export
from foretell.deployment.familiarity import FLAGGED
from foretell.probes.families import FAMILIES
from foretell.routing.matching import NO, SAME_POLICY, UNDERPOWERED, YES, in_words, points
from foretell.routing.pool import TEST, TRAIN

SUCCESS = "majority_correct"
UNKNOWN = "unknown"
PERCENT = 100
POINT = ["router", "chosen as", "setting", "accuracy", "points from the best single policy", "matched"]
POINT += ["saving, %", "saving, %, probing paid", "points above a mixture"]


def write_card(export: Export, summary: pd.DataFrame, metrics: pd.DataFrame) -> str:
    """The card as Markdown.

    Args:
        export: the router.
        summary: of `foretell.routing.evaluation.evaluate_routing`.
        metrics: of `evaluate_probes`, on the pool's problem set.
    """
    router = export.description
    rows = of_router(summary, router)
    n = int(rows.n.iloc[0])
    return "\n".join(
        [
            f"# Router of the pool `{router.pool}`",
            "",
            f"{what_it_does(router)} {_predicted(router)}",
            "",
            f"- Study: `{router.study}`, {router.title}"
            + (" (an analogue of the paper's study, not its reproduction)" if router.evidence == "analogue" else ""),
            f"- Problems: `{router.problem_set}`; probes are trained on train, operating points chosen on "
            f"{router.chosen_on}, all numbers below measured on test ({n} problems), which chose nothing. "
            f"Brackets are 95 % intervals, and hold for the fitted probes.",
            *(f"- Reader `{name}`: {_reader(reader)}" for name, reader in router.readers.items()),
            "",
            "## Policies",
            "",
            *_table(
                ["policy", "right on train", "on test", "USD per prompt", *_read_by(router), "AUROC on test"],
                [_policy(each, router.family, metrics) for each in router.policies],
            ),
            "",
            *(f"`{each.policy}` has no probe: {each.probe.reason}.\n" for each in router.policies if each.probe.reason),
            "## Operating points",
            "",
            *_table(
                POINT,
                [_point(row._asdict(), each) for row, each in zip(rows.itertuples(), router.chosen, strict=True)],
            ),
            "",
            f"The best single policy is `{rows.best_single.iloc[0]}`, at all of its samples. {_reading(rows)} "
            f"Savings are of its cost; a negative one is a loss{_loss(router)}. `operating_points.csv` has every other "
            "setting.",
            "",
            "## Use",
            "",
            *_use(bool(router.readers)),
            "",
            "## Limits",
            "",
            f"- It knows prompts like those of its problem set, asked in the same words. Prompts {_further(router)} "
            f"than all but {FLAGGED:.0%} of the validation prompts' are flagged as unlike them ({export.flagged:.1%} "
            "of test). A prompt that is not flagged may still be foreign.",
            "- A probability is of a right answer by majority vote, with the samples and the decoding of the policy."
            + _votes(router),
            "- Costs are means on train, at the study's prices.",
            _kept(router),
            "",
        ]
    )


def what_it_does(router: RouterDescription) -> str:
    """What becomes of a prompt where no operating point is asked for, in one sentence or two."""
    default = choose_point(router)
    routes = (
        f"a prompt goes to one of {_policies(router)}: to the one whose predicted probability of a right "
        "answer, minus lambda times its mean cost, is highest."
    )
    if default.operating_point is not None:
        return f"{routes[0].upper()}{routes[1:]}"
    return (
        f"**Every prompt goes to `{default.policy}`** unless another operating point is asked for ({default.choice}, "
        f"on {router.chosen_on}). At those with a setting below, {routes}"
    )


def _policies(router: RouterDescription) -> str:
    """How many there are, and at which numbers of samples."""
    asked = len({each.answers for each in router.policies})
    samples = [each.samples for each in router.policies if each.samples is not None]
    if asked == len(router.policies):
        return f"{asked} policies"
    return f"{asked} policies at {min(samples)} to {max(samples)} samples"


def _votes(router: RouterDescription) -> str:
    """What is to be done where fewer samples may be chosen."""
    fewer = [each for each in router.policies if each.answers != each.policy]
    if not fewer:
        return ""
    return (
        f" `{fewer[0].policy}` is `{fewer[0].answers}` with so many samples: ask it for that many answers (`n` of "
        "OpenAI's protocol, which the service sets) and take the most frequent one, of equally frequent ones the first."
    )


def _reading(rows: pd.DataFrame) -> str:
    """What each verdict of the table means, in sentences."""
    row = rows.iloc[0]
    within = points(row.margin)
    meanings = {
        YES: f"its accuracy is shown to lie less than {within} below that policy's (95 % interval)",
        NO: f"its accuracy is shown to lie more than {within} below, or {row.n} problems would have shown a router as "
        "accurate as that policy to match it (80 % power)",
        UNDERPOWERED: f"{row.n} problems do not tell, for differences of {within} are too small for them",
        SAME_POLICY: "every test problem went to the best single policy, so there is nothing to compare",
    }
    present = {each if isinstance(each, str) else SAME_POLICY for each in rows.matched}
    said = [f"*{in_words(each)}*: {meaning}" for each, meaning in meanings.items() if each in present]
    return f"Does it match that policy within {within}? {'; '.join(said)}."


def _reader(reader: PinnedReader) -> str:
    origin = ", ".join(f"{key} {value}" for key, value in reader.origin.items() if isinstance(value, str))
    told = f", at {reader.reading}" if reader.reading.passed() else ""
    return f"model `{reader.model}` ({origin}) in {reader.dtype}{told}"


def _predicted(router: RouterDescription) -> str:
    """What probabilities are made of."""
    if router.readers:
        return (
            "Probabilities come from linear probes on activations of a model that has read the prompt and written "
            "nothing yet."
        )
    return (
        f"Probabilities come from linear models on the question's text alone ({FAMILIES[router.family].label}): no "
        "model reads it, and no weights but those in this folder are needed."
    )


def _use(reads: bool) -> list[str]:
    """How it is asked; a router whose probes read activations is told where the models lie."""
    option, argument = (" --models MODELS", ', "MODELS"') if reads else ("", "")
    return [
        "With foretell, which it comes from, in a shell or in Python:",
        "",
        "```sh",
        f"""echo '"a question"' | python scripts/route.py --router FOLDER{option}""",
        f"python scripts/serve_router.py --router FOLDER{option} --config serving.yaml --log decisions.jsonl",
        "```",
        "",
        "```python",
        "from foretell.deployment.router import Router",
        "",
        f'print(Router.load("FOLDER"{argument}).route(["a question"])[0].policy)',
        "```",
    ]


def _read_by(router: RouterDescription) -> list[str]:
    return ["reader", "layer, position"] if router.readers else ["n-grams"]


def _loss(router: RouterDescription) -> str:
    return ": probing several models for a short answer may cost more than it saves" if router.readers else ""


def _further(router: RouterDescription) -> str:
    if router.readers:
        return "whose activations are further from those of train"
    return "of which a larger share of n-grams does not occur in train"


def _kept(router: RouterDescription) -> str:
    if router.readers:
        return "- Readers' weights are not in this folder. `router.json` says where they come from and has their sums."
    return "- `probes.safetensors` holds the n-grams of the questions of train: parts of their texts can be read there."


def _policy(each: Answering, family: str, metrics: pd.DataFrame) -> list[str]:
    probe = each.probe
    if each.reader is None:
        read = [UNKNOWN if probe.unit is None else f"{probe.ngram_min} to {probe.ngram_max} {probe.unit}"]
    else:
        read = [f"`{each.reader}`", UNKNOWN if probe.layer is None else f"{probe.layer}, {probe.position}"]
    return [
        f"`{each.policy}`",
        f"{each.accuracy[TRAIN]:.1%}",
        f"{each.accuracy[TEST]:.1%}",
        f"{each.mean_cost:.3g}",
        *(read if probe.reason is None else [*read[:-1], "none"]),
        _auroc(each.policy, family, metrics) if each.policy == each.answers else "not measured",
    ]


def _auroc(policy: str, family: str, metrics: pd.DataFrame) -> str:
    found = metrics[
        (metrics.policy == policy)
        & (metrics.target == SUCCESS)
        & (metrics.family == family)
        & (metrics.split == TEST)
        & (metrics.metric == "auroc")
    ]
    if found.empty:
        return UNKNOWN
    value, low, high, reason = found.iloc[0][["value", "low", "high", "reason"]]
    return with_interval(value, low, high, 2) or f"{UNKNOWN}: {reason}"


def _point(values: dict, chosen: Chosen) -> list[str]:
    return [
        chosen.router,
        chosen.choice,
        f"`{chosen.policy}` alone" if chosen.operating_point is None else f"{chosen.operating_point:.4g}",
        _of(values, "accuracy", 1) + " %",
        _of(values, "accuracy_difference", 1, signed=True),
        in_words(values["matched"]),
        _of(values, "saving", 0),
        _of(values, "saving_with_probing", 0),
        _of(values, "gain_over_hull", 1, signed=True),
    ]


def _of(values: dict, name: str, digits: int, signed: bool = False) -> str:
    """A share as percent or points, with its interval."""
    value, low, high = (values[f"{name}{end}"] for end in ("", "_low", "_high"))
    return with_interval(value, low, high, digits, PERCENT, signed) or UNKNOWN


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]]
