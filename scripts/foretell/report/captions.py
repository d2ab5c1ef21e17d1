"""Captions, which are written for Snakemake's report as reStructuredText within a Jinja template, as HTML."""

import re
from types import SimpleNamespace
from typing import Any

import jinja2
from docutils.core import publish_parts
from docutils.utils import SystemMessage
from markupsafe import Markup

from foretell.common.errors import UserError

_PERCENT = re.compile(r"(?<=\d) (?=%)")
_SETTINGS = {"report_level": 2, "halt_level": 2, "file_insertion_enabled": False, "raw_enabled": False}


def to_html(caption: str, config: dict[str, Any], name: str) -> Markup:
    """A caption as paragraphs of HTML.

    Args:
        caption: its text; what it asks of the study stands under `snakemake.config`, as in Snakemake's report.
        config: the study's configuration.
        name: of the file, for messages.

    Raises:
        UserError: it is no such text.
    """
    try:
        written = jinja2.Template(caption).render(snakemake=SimpleNamespace(config=config))
        body = publish_parts(_PERCENT.sub("\N{NO-BREAK SPACE}", written), writer="html5", settings_overrides=_SETTINGS)[
            "body"
        ]
        return Markup(body)
    except (jinja2.TemplateError, SystemMessage) as error:
        raise UserError(f"{name}: the caption cannot be read: {error}; correct it") from None
