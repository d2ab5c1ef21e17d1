"""What clients send: chats, and lists of prompts."""

import json
from typing import Any

import anyio
from starlette.requests import Request


class RefusedError(Exception):
    """A request that cannot be answered: status, and what is wrong with it."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


async def read_object(request: Request, most_bytes: int, seconds: float) -> dict[str, Any]:
    """The JSON object that a request has as its body.

    Raises:
        RefusedError: it is too large, takes too long, or is no JSON object.
    """
    content = bytearray()
    try:
        with anyio.fail_after(seconds):
            async for part in request.stream():
                content += part
                if len(content) > most_bytes:
                    raise RefusedError(413, f"the request is larger than {most_bytes} bytes")
    except TimeoutError:
        raise RefusedError(408, f"the request was not complete after {seconds:g} seconds") from None
    try:
        body = json.loads(content)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()  # it can be sent on
    except (ValueError, RecursionError):
        raise RefusedError(400, "the request is no JSON") from None
    if not isinstance(body, dict):
        raise RefusedError(400, "the request is no JSON object")
    return body


def prompts_of(body: dict[str, Any]) -> list[str | dict[str, Any]]:
    """The prompts of a request to /route.

    Raises:
        RefusedError: there are none, or they are neither texts nor objects.
    """
    prompts = body.get("prompts")
    if not isinstance(prompts, list) or not prompts or not all(isinstance(each, str | dict) for each in prompts):
        raise RefusedError(400, "key 'prompts' must be a list of texts, or of objects with the fields of a prompt")
    return prompts


def question_of(body: dict[str, Any]) -> str | None:
    """What the user said last in a chat; None where that is not text alone.

    Raises:
        RefusedError: it is no chat.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
        raise RefusedError(400, "key 'messages' must be a list of objects with role and content")
    said = [each.get("content") for each in messages if each.get("role") == "user"]
    if not said:
        return None
    if isinstance(said[-1], str):
        return said[-1]
    parts = said[-1] if isinstance(said[-1], list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    whole = [text for text in texts if isinstance(text, str)]
    return "\n".join(whole) if whole and len(whole) == len(parts) else None
