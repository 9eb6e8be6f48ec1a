"""The JSON schema of ``params.yaml``, with which editors complete and check it."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from ferflow.params.whole import Params


class _Generator(GenerateJsonSchema):
    """Writes no titles, which only repeat the keys, and refuses names that no pattern allows."""

    def generate(self, schema: Any, mode: Any = "validation") -> JsonSchemaValue:
        return {
            "$schema": self.schema_dialect,
            **super().generate(schema, mode),
            "title": "params.yaml of ferflow",
        }

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def dict_schema(self, schema: Any) -> JsonSchemaValue:
        mapping = super().dict_schema(schema)
        return mapping | {"additionalProperties": False} if "patternProperties" in mapping else mapping


def params_schema() -> dict[str, Any]:
    """Describe what ``params.yaml`` may hold, including the models and remedies of other packages.

    What holds between sections (``run`` names experiments, ``explain`` networks) no JSON schema can say.

    Returns
    -------
    dict
        A JSON schema of draft 2020-12.
    """
    return Params.model_json_schema(schema_generator=_Generator)


def schema_text() -> str:
    """Write the schema as JSON.

    Returns
    -------
    str
    """
    return json.dumps(params_schema(), indent=1) + "\n"
