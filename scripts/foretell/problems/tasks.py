"""The kinds of problems that the workflow generates, by the `source` of a problem set.

Each module has alphabet(settings), training_examples(rng, n, operations, settings) and generate_problems(settings,
seed).
"""

from foretell.problems import expressions, stack_programs

TASKS = {"expressions": expressions, "stack_programs": stack_programs}
