"""Whether an exported router decides as its study did."""


def decides_alike(router, decided, success, problem_ids):
    """Hold its decisions at every operating point against those of the study.

    Args:
        router: an exported one.
        decided: the study's table of decisions, of one family and of these problems.
        success: [problems, policies], the router's probabilities.
        problem_ids: [problems].

    Returns:
        Number of operating points, and the policies that were chosen at any.
    """
    points, seen = 0, set()
    for (name, point), rows in decided.groupby(["router", "operating_point"], observed=True):
        chosen = [router.policies[column] for column in router.at(name, operating_point=point).choose(success)]
        assert chosen == rows.set_index("problem_id").policy.loc[problem_ids].tolist()
        points, seen = points + 1, seen | set(chosen)
    return points, seen
