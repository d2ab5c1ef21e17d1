from foretell.study import own_files


def named(section, wildcard, key):
    """From wildcards to the user's own files that an entry of the configuration names."""
    return lambda wildcards: own_files.named(study, section, getattr(wildcards, wildcard), key)


def own(named):
    """Input function: the user's own files; they stay where they are, also where another workflow sets a prefix."""
    return lambda wildcards: [local(file) for file in named(wildcards)]


def answered(wildcards):
    """The user's own files with the answers of policies that leave out problems which they lack."""
    return [file for named in own_files.answered(study, wildcards).values() for file in named]


def mirror(wildcards):
    """The user's own file with the problems of a data set of the hub."""
    return own_files.mirror(study, wildcards.problem_set)


def checkpoint_here(wildcards):
    """Files of a model that lies on this computer."""
    return own_files.checkpoint(study, wildcards.model)


def chat_template(wildcards):
    """The file of a chat template that stands in for a model's own."""
    return own_files.template(study, wildcards.model)


def imported_activations(wildcards):
    """The user's own files with the activations of a policy."""
    return own_files.activations(study, wildcards.policy)


def imported_predictions(wildcards):
    """The user's own files with a policy's predictions."""
    return own_files.predictions(study, wildcards.policy)
