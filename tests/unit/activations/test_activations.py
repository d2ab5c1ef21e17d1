import copy

import numpy as np
import pandas as pd
import pytest
import torch

from foretell.activations.cache import cache
from foretell.activations.layers import layer_name
from foretell.common.errors import UserError
from foretell.completions.policy import Prompt
from foretell.completions.prompts import render


@pytest.fixture(scope="module")
def prompts(tokenizer):
    questions = ["3+4*2", "1-5", "2*2*2*5", "0+0"]
    return render(pd.DataFrame({"problem_id": questions, "question": questions}), tokenizer, Prompt(), "low")


def test_cached_activations_are_the_hidden_states_of_each_prompt_alone(model, prompts):
    cached = cache(model, prompts, 0, np.dtype("float32"), batch_size=2)
    assert list(cached) == [layer_name(layer) for layer in range(4)]
    last = {}
    hook = model.model.layers[-1].register_forward_hook(lambda _, __, output: last.update(state=output))
    for row, prompt in enumerate(prompts.itertuples()):
        with torch.no_grad():
            states = model(torch.tensor([list(prompt.token_ids)]), output_hidden_states=True).hidden_states
        for layer in range(3):
            expected = states[layer][0, -3:].numpy()
            assert np.allclose(cached[layer_name(layer)][row], expected, atol=1e-4)
        before_norm = last["state"][0] if isinstance(last["state"], tuple) else last["state"]
        assert np.allclose(cached[layer_name(3)][row], before_norm.reshape(-1, 32)[-3:].numpy(), atol=1e-4)
    hook.remove()


def test_batches_do_not_change_the_activations(model, prompts):
    one, many = (cache(model, prompts, 0, np.dtype("float32"), batch_size=size) for size in (1, 4))
    assert all(np.allclose(one[name], many[name], atol=1e-4) for name in one)


def test_an_activation_that_overflows_is_named(model, prompts):
    loud = copy.deepcopy(model)
    with torch.no_grad():
        loud.model.layers[1].mlp.down_proj.weight.mul_(1e9)
    with pytest.raises(UserError, match=r"layer 2, problem .* not finite in float16"):
        cache(loud, prompts, 0, np.dtype("float16"))
