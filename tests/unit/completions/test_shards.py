"""Scripts that make shards: their number changes nothing that follows, and another number computes nothing again."""

import json
from pathlib import Path

import pandas as pd
import pytest

import cache_activations
import generate_completions
import grade_rollouts
import summarise_outcomes
from foretell.completions.engines import transformers as engine
from foretell.completions.policy import Prompt, Reading
from foretell.completions.prompts import render
from foretell.probes.inputs import Activations

QUESTIONS = [f"{a}+{b}" for a in range(3) for b in range(6)]  # 5 chunks of 4
DECODING = {"samples": 2, "temperature": 1.0, "max_tokens": 4}


class Study:
    """One policy's completions, rollouts, outcomes and activations, and on how many problems models were run."""

    def __init__(self, folder, model, tokenizer, monkeypatch):
        monkeypatch.chdir(folder)
        self.folder, self.tokenizer = folder, tokenizer
        model.save_pretrained("model")
        tokenizer.save_pretrained("model")
        self.ask(QUESTIONS)
        self.run_on = 0
        for script, module, name in ((generate_completions, engine, "generate"), (cache_activations,) * 2 + ("cache",)):
            monkeypatch.setattr(script, "CHUNK", 4)
            monkeypatch.setattr(module, name, self._counted(getattr(module, name)))

    def ask(self, questions):
        self.questions = questions
        answers = {"answer": [str(eval(question)) for question in questions], "answer_kind": "integer"}  # noqa: S307
        problems = pd.DataFrame({"problem_id": questions, "question": questions, "split": "test", **answers})
        problems = problems.assign(excluded_reason=pd.NA, group=questions, reference_difficulty=0.5)
        problems.to_parquet("problems.parquet")
        render(problems, self.tokenizer, Prompt(), Reading(effort="low")).to_parquet("prompts.parquet")

    def _counted(self, run):
        def counted(*arguments, **options):
            self.run_on += sum(len(each) for each in arguments if isinstance(each, pd.DataFrame))
            return run(*arguments, **options)

        return counted

    def make(self, shards):
        """Content of the outcomes, and activations of one layer."""
        names = [f"{shard:03d}-of-{shards:03d}" for shard in range(shards)]
        read = ["--model", "model", "--prompts", "prompts.parquet"]
        sampled = json.dumps({"policy": "p", "decoding": DECODING, "seed": 1, "dtype": "float32"})
        for name in names:
            rest = ["--settings", sampled, "--shard", name, "--output", f"completions/{name}.parquet"]
            generate_completions.main([*read, *rest])
            graded = ["--completions", f"completions/{name}.parquet", "--output", f"rollouts/{name}.parquet"]
            grade_rollouts.main(["--problems", "problems.parquet", *graded])
            files = ["--activations", f"cache/{name}.safetensors", "--description", f"cache/{name}.json"]
            cache_activations.main([*read, "--settings", '{"dtype": "float32"}', "--shard", name, *files])
        rollouts = [f"rollouts/{name}.parquet" for name in names]
        output = f"{shards}.parquet"
        summarise_outcomes.main(["--problems", "problems.parquet", "--rollouts", *rollouts, "--output", output])
        cache = [Path(f"cache/{name}{suffix}") for name in names for suffix in (".safetensors", ".json")]
        activations = Activations(cache, self.questions, set()).read(1, -1)
        return (self.folder / output).read_bytes(), activations.tobytes()


@pytest.fixture
def study(tmp_path, model, tokenizer, monkeypatch):
    return Study(tmp_path, model, tokenizer, monkeypatch)


def test_another_number_of_shards_even_of_more_than_there_are_chunks_changes_nothing_and_runs_no_model(study):
    first = study.make(2)
    once = study.run_on
    assert once == 2 * len(QUESTIONS)
    assert study.make(1) == first
    assert study.run_on == once
    assert study.make(6) == first
    assert study.run_on == once + 1, "a shard without problems has its layers' shapes from one prompt"


def test_more_problems_are_answered_alone_though_the_results_were_removed(study, tmp_path):
    study.make(1)
    before = pd.read_parquet("completions/000-of-001.parquet")
    Path("completions/000-of-001.parquet").unlink()
    Path("cache/000-of-001.safetensors").unlink()
    study.run_on = 0
    study.ask([*QUESTIONS, "3+0", "3+1", "3+2"])  # the last chunk of four had two
    study.make(1)
    assert study.run_on == 5 + len(study.questions), "answers are kept, activations are not"
    after = pd.read_parquet("completions/000-of-001.parquet")
    pd.testing.assert_frame_equal(after.iloc[: 16 * 3], before.iloc[: 16 * 3])
    assert after.problem_id.drop_duplicates().tolist() == study.questions


def test_long_completions_are_kept_batch_by_batch_and_so_an_interrupted_job_repeats_little(study, monkeypatch):
    monkeypatch.setattr(generate_completions, "CHUNK", len(QUESTIONS))
    monkeypatch.setattr(engine, "fitting_prompts", lambda *_: 1)  # so that a chunk has engine.BATCHES problems
    run, sizes = engine.generate, []

    def interrupted(model, tokenizer, prompts, *arguments, **options):
        sizes.append(len(prompts))
        if len(sizes) == 3:
            raise KeyboardInterrupt
        return run(model, tokenizer, prompts, *arguments, **options)

    monkeypatch.setattr(engine, "generate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        study.make(1)
    study.make(1)
    assert sizes == [4, 4, 4, 4, 4, 2]
    completions = pd.read_parquet("completions/000-of-001.parquet")
    assert completions.problem_id.drop_duplicates().tolist() == QUESTIONS
