import copy

import numpy as np
import pandas as pd
import pytest
import torch

import import_activations
from foretell.activations.cache import cache
from foretell.activations.layers import layer_name
from foretell.common.errors import UserError
from foretell.completions.policy import Prompt, Reading
from foretell.completions.prompts import render
from foretell.probes.inputs import Activations


@pytest.fixture(scope="module")
def prompts(tokenizer):
    questions = ["3+4*2", "1-5", "2*2*2*5", "0+0"]
    return render(
        pd.DataFrame({"problem_id": questions, "question": questions}), tokenizer, Prompt(), Reading(effort="low")
    )


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


def test_only_the_layers_and_positions_that_are_wanted_are_kept(model, prompts):
    whole = cache(model, prompts, 0, np.dtype("float32"))
    first = prompts.assign(eoi_positions=[[-3]] * len(prompts))
    chosen = cache(model, first, 0, np.dtype("float32"), layers=[-1, 0, 7])
    assert list(chosen) == [layer_name(0), layer_name(3)]
    for name, states in chosen.items():
        assert states.shape == (4, 1, 32) and np.allclose(states[:, 0], whole[name][:, 0], atol=1e-4)
    with pytest.raises(UserError, match=r"key 'probes.layers': none of 4, -5 is there; there are 0, 1, 2, 3"):
        cache(model, prompts, 0, np.dtype("float32"), layers=[4, -5])


def test_imported_activations_are_cut_to_what_is_wanted(tmp_path):
    layers = {layer_name(layer): layer + np.array([[[-3], [-2], [-1]]] * 2).repeat(4, axis=2) for layer in (5, 6, 7)}
    np.savez(tmp_path / "a.npz", problem_ids=np.array(["a", "b"]), **layers)
    files = [f"--activations={tmp_path / 'a.npz'}", f"--cache={tmp_path / 'b.safetensors'}"]
    files += [f"--description={tmp_path / 'b.json'}"]
    import_activations.main([*files, "--settings", '{"layers": [-1, 5], "positions": [-4, -1]}'])
    inputs = Activations([tmp_path / "b.safetensors", tmp_path / "b.json"], ["b", "a"], set())
    assert inputs.slices == [(5, -1), (7, -1)]
    assert np.array_equal(inputs.read(7, -1), np.full((2, 4), 6.0))
    with pytest.raises(UserError, match=r"key 'probes.positions': none of -4 is there; there are -3, -2, -1"):
        import_activations.main([*files, "--settings", '{"positions": [-4]}'])


def test_batches_do_not_change_the_activations(model, prompts):
    one, many = (cache(model, prompts, 0, np.dtype("float32"), batch_size=size) for size in (1, 4))
    assert all(np.allclose(one[name], many[name], atol=1e-4) for name in one)


def test_an_activation_that_overflows_is_named(model, prompts):
    loud = copy.deepcopy(model)
    with torch.no_grad():
        loud.model.layers[1].mlp.down_proj.weight.mul_(1e9)
    with pytest.raises(UserError, match=r"layer 2, problem .* not finite in float16"):
        cache(loud, prompts, 0, np.dtype("float16"))
