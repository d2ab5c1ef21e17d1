"""Random-weight models of many architectures, each of two small layers."""

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel, set_seed

SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
GROUPED = {**SMALL, "num_key_value_heads": 2, "head_dim": 8}
MAMBA = {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 8, "mamba_n_groups": 1, "mamba_chunk_size": 8}
LINEAR = {
    **{"linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 8, "linear_value_head_dim": 8},
    "layer_types": ["linear_attention", "full_attention"],
}
MOE = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "shared_expert_intermediate_size": 32}
WINDOWED = {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]}
VISION = {**SMALL, "num_attention_heads": 2, "image_size": 28}
# What is run whole at each token.
UNCACHED = {
    "mamba": {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 8},
    "recurrent_gemma": {
        **GROUPED,
        **{"lru_width": 32, "block_types": ["recurrent", "attention"], "attention_window_size": 8},
    },
}
# By model type: what its configuration has beside the vocabulary.
ARCHITECTURES = {
    "llama": GROUPED,
    "qwen2": GROUPED,
    "qwen3": GROUPED,
    "qwen3_5_text": {**GROUPED, **LINEAR},
    "qwen3_5": {
        "text_config": {**GROUPED, **LINEAR},
        "vision_config": {**VISION, "depth": 2, "num_heads": 2, "out_hidden_size": 32},
    },
    "qwen3_moe": {**GROUPED, **MOE},
    "gpt_oss": {**GROUPED, **WINDOWED, "num_local_experts": 4, "num_experts_per_tok": 2},
    "gemma": GROUPED,
    "gemma2": {**GROUPED, **WINDOWED, "query_pre_attn_scalar": 8},
    "gemma3_text": {**GROUPED, **WINDOWED, "query_pre_attn_scalar": 8},
    "gemma3": {
        "text_config": {**GROUPED, **WINDOWED, "query_pre_attn_scalar": 8},
        "vision_config": {**VISION, "patch_size": 14},
        "mm_tokens_per_image": 4,
    },
    "mistral": {**GROUPED, "sliding_window": 8},
    "phi": SMALL,
    "phi3": {**SMALL, "num_key_value_heads": 2},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4},
    "opt": {**SMALL, "ffn_dim": 64, "word_embed_proj_dim": 32},
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "gpt_neox": SMALL,
    "mpt": {"d_model": 32, "n_layers": 2, "n_heads": 4},
    "qwen3_next": {**GROUPED, **LINEAR, **MOE},
    "lfm2": {**GROUPED, "layer_types": ["conv", "full_attention"], "block_auto_adjust_ff_dim": False},
    "bamba": {**GROUPED, **MAMBA, "attn_layer_indices": [1]},
    "granitemoehybrid": {
        **{**GROUPED, **MAMBA, "layer_types": ["mamba", "attention"]},
        **{"num_local_experts": 0, "num_experts_per_tok": 0, "shared_intermediate_size": 64},
    },
    "falcon_h1": {**GROUPED, **MAMBA, "mamba_d_ssm": 64},
}
# Without a residual stream as others have it.
UNREADABLE = {
    "openai-gpt": {"n_embd": 32, "n_layer": 2, "n_head": 4},
    "gemma3n_text": {
        **{**GROUPED, **WINDOWED, "num_kv_shared_layers": 0, "laurel_rank": 4, "hidden_size_per_layer_input": 8},
        **{"vocab_size_per_layer_input": 16, "activation_sparsity_pattern": [0.0, 0.0]},
    },
}
STATES = {"qwen3_5_text", "qwen3_5", "qwen3_next", "lfm2", "bamba", "granitemoehybrid", "falcon_h1"}  # of some blocks


def made(architecture: str, vocabulary: int, end: int, seed: int = 1) -> PreTrainedModel:
    """A model with random weights, large enough that no two tokens are equally likely."""
    set_seed(seed)
    options = {**ARCHITECTURES, **UNCACHED, **UNREADABLE}[architecture]
    common = {"vocab_size": vocabulary, "pad_token_id": end, "eos_token_id": end, "bos_token_id": end}
    common["initializer_range"] = 0.3
    if "text_config" in options:
        options = {**options, "text_config": {**options["text_config"], **common}}
    config = AutoConfig.for_model(architecture, **{**common, **options})
    return AutoModelForCausalLM.from_config(config).to(torch.float32).eval()
