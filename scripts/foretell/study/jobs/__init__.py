"""What the jobs of each rule need to know of the configuration: one function per script, named like it.

Each gives just what a job's result depends on, so that nothing else that is edited reruns it. The results are JSON
values; mappings are dumped with sorted keys, so where order matters there are lists.
"""

from foretell.study.jobs.answers import (
    ask_server,
    connection,
    download_model,
    download_problems,
    exclude_duplicates,
    generate_completions,
    generate_completions_with_vllm,
    grade_rollouts,
    import_completions,
    import_outcomes,
    import_rollouts,
    import_weights,
    make_problems,
    render_prompts,
    train_tiny_model,
    write_messages,
)
from foretell.study.jobs.probes import (
    cache_activations,
    cache_untrained_activations,
    compare_difficulty,
    compare_encoders,
    cross_fit_predictors,
    cross_fit_probes,
    evaluate_probes,
    import_activations,
    import_predictions,
    resampling,
    train_probes,
)
from foretell.study.jobs.report import check_claims, efforts, write_front_page, write_report
from foretell.study.jobs.routing import calibrated_on, evaluate_routing, export_router, price_outcomes, route_queries

__all__ = [
    "ask_server",
    "cache_activations",
    "cache_untrained_activations",
    "calibrated_on",
    "check_claims",
    "compare_difficulty",
    "compare_encoders",
    "connection",
    "cross_fit_predictors",
    "cross_fit_probes",
    "download_model",
    "download_problems",
    "efforts",
    "evaluate_probes",
    "evaluate_routing",
    "exclude_duplicates",
    "export_router",
    "generate_completions",
    "generate_completions_with_vllm",
    "grade_rollouts",
    "import_activations",
    "import_completions",
    "import_outcomes",
    "import_predictions",
    "import_rollouts",
    "import_weights",
    "make_problems",
    "price_outcomes",
    "render_prompts",
    "resampling",
    "route_queries",
    "train_probes",
    "train_tiny_model",
    "write_front_page",
    "write_messages",
    "write_report",
]
