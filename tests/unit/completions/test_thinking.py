import pytest

from chat_templates import HARMONY, QWEN, tokenizer_with
from foretell.completions.thinking import Thinking
from foretell.grading.places import after_thinking

ANALYSIS = "<|channel|>analysis<|message|>4?"
FINAL = "<|start|>assistant<|channel|>final<|message|>It is 4."
ASKED = "<|start|>user<|message|>2+2 <think><|end|><|start|>assistant"
OF_QWEN = "<|im_start|>user\n2+2 <think><|im_end|>\n<|im_start|>assistant\n"
MAGISTRAL = "[THINK][/THINK]"
# Template, what the prompt ends with and the completion; then its text, and what of it is thinking.
COMPLETIONS = {
    "harmony": (HARMONY, ASKED, f"{ANALYSIS}<|end|>{FINAL}", "<think>4?</think>It is 4.", f"{ANALYSIS}<|end|>"),
    "harmony, no thinking": (HARMONY, ASKED, FINAL.removeprefix("<|start|>assistant"), "It is 4.", ""),
    "harmony, no channels": (HARMONY, ASKED, "It is 4.", "It is 4.", ""),
    "harmony, cut off": (HARMONY, ASKED, ANALYSIS, "<think>4?", ANALYSIS),
    "harmony, cut off in the header": (HARMONY, ASKED, "<|channel|>anal", "<think>", "<|channel|>anal"),
    "harmony, cut off before the answer": (
        HARMONY,
        ASKED,
        f"{ANALYSIS}<|end|>",
        "<think>4?</think>",
        f"{ANALYSIS}<|end|>",
    ),
    "harmony, twice": (
        *(HARMONY, ASKED, f"{ANALYSIS}<|end|><|start|>assistant<|channel|>commentary<|message|>Hm<|end|>{FINAL}"),
        *(
            "<think>4?</think><think>Hm</think>It is 4.",
            f"{ANALYSIS}<|end|><|start|>assistant<|channel|>commentary<|message|>Hm<|end|>",
        ),
    ),
    "harmony, opened": (
        HARMONY,
        f"{ASKED}{ANALYSIS}",
        f" Yes.<|end|>{FINAL}",
        "<think> Yes.</think>It is 4.",
        " Yes.<|end|>",
    ),
    "harmony, answer opened": (HARMONY, f"{ASKED}{FINAL.removeprefix('<|start|>assistant')}", " Yes.", " Yes.", ""),
    "tokens": (QWEN, OF_QWEN, "<think>\n4?\n</think>\n\n4", "<think>\n4?\n</think>\n\n4", "<think>\n4?\n</think>"),
    "tokens, opened": (QWEN, f"{OF_QWEN}<think>\n", "4?\n</think>\n\n4", "<think>4?\n</think>\n\n4", "4?\n</think>"),
    "tokens, opened and cut off": (QWEN, f"{OF_QWEN}<think>\n", "4? It is 4", "<think>4? It is 4", "4? It is 4"),
    "tokens, opened by the answer's start": (QWEN, f"{OF_QWEN}<think>\nOkay", ", 4", "<think>, 4", ", 4"),
    "tokens, opened and closed": (QWEN, f"{OF_QWEN}<think>\n\n</think>\n\n", "4", "4", ""),
    "tokens, never opened": (QWEN, OF_QWEN, "4?</think>4", "<think>4?</think>4", "4?</think>"),
    "special tokens": (MAGISTRAL, "2+2", "[THINK]4?[/THINK]4", "<think>4?</think>4", "[THINK]4?[/THINK]"),
    "text": (None, "2+2", "<think>4?</think>4", "<think>4?</think>4", "<think>4?</think>"),
    "text, cut off": (None, "2+2", "So: <think>4?", "So: <think>4?", "<think>4?"),
    "text, opened": (None, "2+2 <think>", "4?</think>4", "<think>4?</think>4", "4?</think>"),
    "text, without thinking": (None, "2+2", "It is 4.", "It is 4.", ""),
}


@pytest.mark.parametrize("case", COMPLETIONS)
def test_thinking_is_told_from_the_answer(case):
    template, prompt, completion, text, thinking = COMPLETIONS[case]
    tokenizer = tokenizer_with(template)
    ids, asked, thought = (
        tokenizer(each, add_special_tokens=False).input_ids for each in (completion, prompt, thinking)
    )
    written = Thinking(tokenizer).read(ids, asked)
    assert written.text == text
    assert written.thinking_tokens == len(thought)


@pytest.mark.parametrize("case", COMPLETIONS)
def test_thinking_that_never_ends_has_no_answer_and_other_answers_are_found(case):
    template, prompt, completion, _, _ = COMPLETIONS[case]
    tokenizer = tokenizer_with(template)
    ids, asked = (tokenizer(each, add_special_tokens=False).input_ids for each in (completion, prompt))
    answer = after_thinking(Thinking(tokenizer).read(ids, asked).text)
    if "cut off before" in case:
        assert answer == ""
    else:
        assert (answer is None) == ("cut off" in case or "start" in case)
        assert answer is None or "4" in answer or "Yes" in answer


def test_marks_that_a_study_gives():
    tokenizer = tokenizer_with(QWEN)
    written = Thinking(tokenizer, ("<reason>", "</reason>")).read(tokenizer("a<reason>b</reason>c").input_ids, [])
    assert written == ("a<think>b</think>c", len("<reason>b</reason>"))


def test_a_text_that_mentions_the_mark_opens_no_thinking():
    tokenizer = tokenizer_with(None)
    asked, ids = (tokenizer(text, add_special_tokens=False).input_ids for text in ("Use <think> tags: 2+2=", "4"))
    assert Thinking(tokenizer).read(ids, asked).text == "4"
