"""Files of the same problems are joined by problem; anything else is one clear message."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import probe_data
from foretell.common.errors import UserError
from foretell.common.storage import write_json, write_parquet
from foretell.probes.inputs import read_inputs


@pytest.fixture
def study():
    return probe_data.make_study()


def read(folder, study, shards=2):
    probe_data.write_study(folder, study, shards)
    frames = [folder / f"{name}.parquet" for name in ("outcomes", "problems", "prompts")]
    return read_inputs(*frames, probe_data.activation_files(folder, shards))


def exclude(study, rows):
    """The study as it is when `rows` are excluded: they stay in every file but the outcomes."""
    problems = study["problems"].copy()
    problems["excluded_reason"] = problems.excluded_reason.astype("string")
    problems.loc[rows, "excluded_reason"] = "duplicate of a test question"
    return {**study, "problems": problems, "outcomes": study["outcomes"].drop(index=rows)}


@pytest.mark.parametrize("shards", [1, 3])
def test_rows_are_in_the_order_of_the_outcomes_whatever_the_shards(tmp_path, study, shards):
    order = np.random.default_rng(0).permutation(len(study["outcomes"]))
    shuffled = {**study, "outcomes": study["outcomes"].iloc[order], "problems": study["problems"].iloc[::-1]}
    inputs = read(tmp_path, shuffled, shards)
    for layer, position in inputs.activations.slices:
        expected = study["activations"][layer][order, probe_data.POSITIONS.index(position)].astype(np.float32)
        np.testing.assert_array_equal(inputs.activations.read(layer, position), expected)
    assert list(inputs.questions) == list(study["problems"].question.iloc[order])
    assert list(inputs.token_ids[0]) == study["prompts"].token_ids.iloc[order[0]]
    assert inputs.prompt_lengths[0] == len(study["prompts"].token_ids.iloc[order[0]])


def test_excluded_problems_may_be_cached(tmp_path, study):
    inputs = read(tmp_path, exclude(study, [0, 5]))
    expected = np.delete(study["activations"][1][:, 0], [0, 5], axis=0).astype(np.float32)
    np.testing.assert_array_equal(inputs.activations.read(1, -2), expected)


def test_a_cached_problem_without_outcome_is_an_error(tmp_path, study):
    study["outcomes"] = study["outcomes"].drop(index=3)
    with pytest.raises(UserError, match="1 problems have no outcome and are not excluded, such as 'p0003'"):
        read(tmp_path, study)


@pytest.mark.parametrize("name", ["problems", "prompts"])
def test_an_outcome_without_its_problem_is_an_error(tmp_path, study, name):
    study["activations"] = (
        study["activations"][:, : len(study["prompts"]) - 1] if name == "prompts" else study["activations"]
    )
    study[name] = study[name].iloc[:-1]
    with pytest.raises(UserError, match=rf"{name}.parquet: 1 problems of the outcomes are not there, .* 'p0429'"):
        read(tmp_path, study)


def test_a_missing_shard_is_an_error(tmp_path, study):
    probe_data.write_study(tmp_path, study, 2)
    frames = [tmp_path / f"{name}.parquet" for name in ("outcomes", "problems", "prompts")]
    with pytest.raises(UserError, match="215 problems of the outcomes are not there"):
        read_inputs(*frames, probe_data.activation_files(tmp_path, 1))
    with pytest.raises(UserError, match="more than once"):
        read_inputs(*frames, probe_data.activation_files(tmp_path, 1) * 2)


def test_a_shard_without_its_description_is_an_error(tmp_path, study):
    probe_data.write_study(tmp_path, study, 2)
    frames = [tmp_path / f"{name}.parquet" for name in ("outcomes", "problems", "prompts")]
    for files in (probe_data.activation_files(tmp_path, 2)[:-1], [tmp_path / "0.safetensors", tmp_path / "1.json"]):
        with pytest.raises(UserError, match=r"give each \.safetensors with the \.json that describes it"):
            read_inputs(*frames, files)


def test_shards_of_different_layers_are_an_error(tmp_path, study):
    read(tmp_path, study)
    described = pd.read_json(tmp_path / "1.json", typ="series").to_dict()
    write_json({**described, "layers": [0, 1]}, tmp_path / "1.json")
    frames = [tmp_path / f"{name}.parquet" for name in ("outcomes", "problems", "prompts")]
    with pytest.raises(UserError, match=r"1\.safetensors: 'layers' differs"):
        read_inputs(*frames, probe_data.activation_files(tmp_path, 2))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(("row", "shard"), [(429, 0), (215, 0), (214, 1), (0, 1)])
def test_an_activation_that_is_not_finite_names_file_layer_and_problem(tmp_path, study, value, row, shard):
    study["activations"][2, row, 1, 3] = value
    inputs = read(tmp_path, study)
    with pytest.raises(UserError, match=rf"{shard}.safetensors: layer 2, problem 'p{row:04d}'"):
        inputs.activations.read(2, -2)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_missing_split_is_an_error(tmp_path, study, split):
    study = exclude(study, study["outcomes"].index[study["outcomes"].split == split])
    with pytest.raises(UserError, match=f"no problem is in split '{split}'"):
        read(tmp_path, study)


def test_a_problem_without_group_is_its_own(tmp_path: Path, study):
    study["outcomes"]["group"] = pd.Series([None, "g"] + ["g"] * (len(study["outcomes"]) - 2), dtype="string")
    write_parquet(study["outcomes"], tmp_path / "outcomes.parquet")
    assert list(read(tmp_path, study).outcomes.group[:2]) == ["p0000", "g"]
