rule price_outcomes:
    input:
        outcomes=of_each_policy("outcomes/{problem_set}/{policy}.parquet"),
        rollouts=rollouts_of_pool,
    output:
        costs="results/{study}/routing/{pool}/costs.parquet",
        fewer_samples="results/{study}/routing/{pool}/fewer_samples.parquet",
    log:
        "logs/{study}/routing/{pool}/price_outcomes.log",
    conda:
        "../../environment.yml"
    params:
        script=script("price_outcomes"),
        code=code("price_outcomes"),
        settings=lambda wildcards: as_parameter(study.prices(wildcards.pool)),
        outcomes=option_per_policy("--outcomes", "outcomes/{problem_set}/{policy}.parquet"),
        rollouts=rollouts_option,
    shell:
        "python {params.script:q} {params.outcomes} {params.rollouts} --settings {params.settings:q}"
        " --costs {output.costs:q} --fewer-samples {output.fewer_samples:q} > {log:q} 2>&1"


rule route_queries:
    input:
        costs="results/{study}/routing/{pool}/costs.parquet",
        predictions=of_each_policy(PREDICTIONS),
    output:
        probabilities="results/{study}/routing/{pool}/probabilities.parquet",
        decisions="results/{study}/routing/{pool}/decisions.parquet",
    log:
        "logs/{study}/routing/{pool}/route_queries.log",
    conda:
        "../../environment.yml"
    params:
        script=script("route_queries"),
        code=code("route_queries"),
        predictions=option_per_policy("--predictions", PREDICTIONS),
        settings=lambda wildcards: as_parameter(study.routing(wildcards.pool)),
    shell:
        "python {params.script:q} --costs {input.costs:q} {params.predictions} --settings {params.settings:q}"
        " --probabilities {output.probabilities:q} --decisions {output.decisions:q} > {log:q} 2>&1"


rule evaluate_routing:
    input:
        costs=of_parts("costs.parquet"),
        fewer_samples=of_parts("fewer_samples.parquet"),
        probabilities=of_parts("probabilities.parquet"),
        decisions=of_parts("decisions.parquet"),
    output:
        curves="results/{study}/routing/{pool}/curves.parquet",
        shares="results/{study}/routing/{pool}/shares.parquet",
        summary="results/{study}/routing/{pool}/summary.parquet",
    log:
        "logs/{study}/routing/{pool}/evaluate_routing.log",
    conda:
        "../../environment.yml"
    params:
        script=script("evaluate_routing"),
        code=code("evaluate_routing"),
        settings=lambda wildcards: as_parameter(study.choosing(wildcards.pool)),
    shell:
        "python {params.script:q} --costs {input.costs:q} --fewer-samples {input.fewer_samples:q}"
        " --probabilities {input.probabilities:q} --decisions {input.decisions:q} --settings {params.settings:q}"
        " --curves {output.curves:q} --shares {output.shares:q} --summary {output.summary:q} > {log:q} 2>&1"
