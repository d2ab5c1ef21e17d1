# Which files a job reads, where that takes more than a pattern.
import shlex

CHECKPOINT = [
    "model.safetensors",
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
]


def checkpoint_of(model):
    """Files of a checkpoint that a job depends on; the record of one from elsewhere has the sums of all others."""
    return results(
        "models/{model}/{file}", model=model, file=CHECKPOINT if model in study.models.trained_here() else "source.json"
    )


def local_checkpoint(model):
    """Files of a model that lies on this computer, so that it is taken anew when they change."""
    entry = study.config["models"][model]
    if entry["source"] != "path":
        return []
    path = Path(entry["path"])
    files = path.iterdir() if path.is_dir() else [path]
    return sorted(str(file) for file in files if file.is_file() and not file.name.startswith("."))


def effort_option(encoder):
    effort = study.models.encoders()[encoder]["effort"]
    return f"--effort {effort}" if effort else ""


def of_encoder(pattern, **ids):
    """Input function: files of the encoder that reads for a job's policy, on the problems that its set shares."""
    return lambda wildcards: results(
        pattern, problem_set=study.origin(wildcards.problem_set), encoder=study.models.encoder(wildcards.policy), **ids
    )


def of_origin(pattern, **ids):
    """Input function: files of a job's policy, on the problems that its set shares."""
    return lambda wildcards: results(
        pattern, problem_set=study.origin(wildcards.problem_set), policy=wildcards.policy, **ids
    )


def read_by_encoder(wildcards):
    """Prompts and activations of the encoder that reads for a job's policy, with untrained weights too if asked for."""
    shards = "{problem_set}/{encoder}/{shard}.safetensors"
    named = {
        "prompts": of_encoder("prompts/{problem_set}/{encoder}.parquet"),
        "activations": of_encoder(f"activations/{shards}", shard=study.shards()),
    }
    if "untrained" in study.config["probes"]["families"]:
        named["untrained"] = of_encoder(f"untrained/{shards}", shard=study.shards())
    return {name: files(wildcards) for name, files in named.items()}


COMPLETIONS = study.imports.policies_with("completions")
ROLLOUTS = study.imports.policies_with("rollouts")
MODELS = [policy for policy, entry in study.config["policies"].items() if "model" in entry]
WITH_ROLLOUTS = [*MODELS, *COMPLETIONS, *ROLLOUTS]
OF_FILES = sorted({policy for name in study.imports.problem_sets for policy in study.policies(name)})


def pattern_option(problem_set):
    """Option that says where answers stand in completions; without a pattern, the kind of answer says it."""
    pattern = study.config["problem_sets"][problem_set].get("answer_pattern")
    return f"--answer-pattern {shlex.quote(pattern)}" if pattern else ""


PREDICTIONS = "probes/{problem_set}/{policy}/majority_correct/{family}/predictions.parquet"


def rollouts_of_pool(wildcards):
    """Rollouts of a pool's policies, from which majorities over fewer samples follow; imported outcomes have none."""
    problem_set, policies = judged(wildcards)
    with_rollouts = [policy for policy in policies if policy in WITH_ROLLOUTS]
    pattern = "rollouts/{problem_set}/{policy}/{shard}.parquet"
    return results(pattern, problem_set=problem_set, policy=with_rollouts, shard=study.shards())


def probe_inputs(_, input):
    """Options that name prompts and activations, where a job has them."""
    named = {name: input.get(name) for name in ("prompts", "activations", "untrained")}
    return " ".join(f"--{name} {shlex.join(as_list(files))}" for name, files in named.items() if files)


def as_list(files):
    return [files] if isinstance(files, str) else list(files)


def families_of(problem_sets):
    """Families of predictors on problem sets that have the same ones; any, where there is no such problem set."""
    return study.trained(problem_sets[0])[1] if problem_sets else ["tfidf"]


def difficulty_options(problem_set):
    """Options that name what people and models find hard on a problem set."""
    folder, (targets, families) = f"results/{study.id}", study.trained(problem_set)
    lists = {"policies": study.policies(problem_set), "targets": targets, "families": families}
    named = " ".join(f"--{name} {' '.join(values)}" for name, values in lists.items())
    return f"--outcomes {folder}/outcomes/{problem_set} --probes {folder}/probes/{problem_set} {named}"


def of_parts(file):
    """Input function: a file of the routing stage for each pool that makes up a job's pool."""
    return lambda wildcards: results(f"routing/{{part}}/{file}", part=study.parts(wildcards.pool))


def predictions_of_parts(wildcards):
    """Predictions of one policy on each problem set that makes up a pooled one."""
    parts = study.config["problem_sets"][wildcards.problem_set]["parts"]
    return results(PREDICTIONS, problem_set=parts, policy=wildcards.policy, family="linear")


def rollouts_option(wildcards, input):
    return " ".join(f"--rollouts {Path(path).parent.name}={path}" for path in input.rollouts)


def predictions_of_study(_):
    """Every family's predictions on every problem set."""
    return [
        path
        for problem_set in study.problem_sets()
        for path in results(
            "probes/{problem_set}/{policy}/{target}/{family}/predictions.parquet",
            problem_set=problem_set,
            policy=study.policies(problem_set),
            target=study.trained(problem_set)[0],
            family=study.trained(problem_set)[1],
        )
    ]


def outcomes_of_study(_):
    return [
        path
        for problem_set in study.problem_sets()
        for path in results(
            "outcomes/{problem_set}/{policy}.parquet", problem_set=problem_set, policy=study.policies(problem_set)
        )
    ]
