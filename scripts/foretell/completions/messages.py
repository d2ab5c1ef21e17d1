"""What a model on a server is asked: messages, which the server renders."""

import json

import pandas as pd

from foretell.completions.policy import Prompt
from foretell.completions.prompts import filled
from foretell.completions.templates import messages_of


def write_messages(problems: pd.DataFrame, prompt: Prompt) -> pd.DataFrame:
    """The messages of every problem.

    Args:
        problems: problem_id, question, and other fields.
        prompt: the texts, in which `{field}` stands for a field of the problem.

    Returns:
        problem_id, messages (a JSON list of role and content, which ends with the user's).

    Raises:
        UserError: the problems lack a field.
    """
    texts = [messages_of(each) for each in filled(problems, prompt)]
    messages = [json.dumps(each, ensure_ascii=False) for each in texts]
    return pd.DataFrame({"problem_id": problems.problem_id.to_numpy(), "messages": pd.Series(messages, dtype="str")})
