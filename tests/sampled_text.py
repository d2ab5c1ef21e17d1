"""What sampled completions are held against: transformers' unbatched generation, and the model's own probabilities."""

import pandas as pd
import torch
from scipy.stats import chisquare

from foretell.completions.generation import generate
from foretell.completions.policy import Decoding
from foretell.completions.samples import GREEDY


def greedy_without_batches(model, tokenizer, prompts, max_tokens):
    """One text per prompt, each generated alone."""
    texts = []
    for token_ids in prompts.token_ids:
        ids = torch.tensor([list(token_ids)])
        written = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=max_tokens, pad_token_id=0
        )
        texts.append(tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True))
    return texts


def first_tokens_p_value(model, tokenizer, prompts, samples, top_k=None, temperature=0.7):
    """Pearson's chi-squared test of first tokens against the model's probabilities; rare texts count together.

    The prompt is the one that the model is least sure of.
    """
    with torch.inference_mode():
        logits = torch.stack([model(torch.tensor([list(ids)])).logits[0, -1] for ids in prompts.token_ids]).double()
    likeliest = logits.topk(top_k or logits.shape[-1])
    probabilities = torch.softmax(likeliest.values / temperature, -1)
    row = int(torch.special.entr(probabilities).sum(dim=-1).argmax())
    texts = [tokenizer.decode([token], skip_special_tokens=True) for token in likeliest.indices[row]]
    expected = samples * pd.Series(probabilities[row].numpy()).groupby(texts).sum()

    decoding = Decoding(samples=samples, temperature=temperature, top_k=top_k, max_tokens=1)
    drawn = generate(model, tokenizer, prompts.iloc[[row]], decoding, "p", seed=1)
    counted = drawn[drawn["sample"] != GREEDY].completion.value_counts()
    assert set(counted.index) <= set(expected.index)
    cells = pd.DataFrame({"expected": expected, "observed": counted.reindex(expected.index, fill_value=0)})
    cells = cells.groupby(expected.index.where(expected > 5, "rare")).sum()
    cells = cells[cells.expected > 1]
    assert len(cells) > 3, "the model is too sure of these prompts to test anything"
    return chisquare(cells.observed, cells.expected, sum_check=False).pvalue
