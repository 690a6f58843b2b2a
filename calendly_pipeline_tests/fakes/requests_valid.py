"""Holds requests that a fake received against a vendor's API description; works for OpenAPI 3.0 and 3.1."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from jsonschema import FormatChecker
from openapi_schema_validator import OAS30WriteValidator, OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from calendly_pipeline_tests.fakes.gate import Recorded

HOME = "urn:description"
OWN_HEADERS = {"authorization"}  # its value is not recorded
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time")
def _is_instant(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return datetime.fromisoformat(value).tzinfo is not None and "T" in value
    except ValueError:
        return False


@FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(re.match(r"[a-z][a-z0-9+.-]*:[^\s]+$", value, re.IGNORECASE))


@FORMATS.checks("email")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(re.match(r"[^@\s]+@[^@\s]+$", value))


@dataclass
class Description:
    """An API description, ready to be asked about requests and answers."""

    spec: Mapping[str, Any]
    _templates: list[tuple[re.Pattern[str], str]] = field(init=False)

    def __post_init__(self) -> None:
        # a path without parameters goes before one with: /users/me before /users/{uuid}
        paths = sorted(self.spec["paths"], key=lambda path: (path.count("{"), path))
        self._templates = [
            (re.compile(re.sub(r"\\\{[^}]+\\\}", "([^/]+)", re.escape(path)) + "$"), path) for path in paths
        ]

    @cached_property
    def _registry(self) -> Any:
        whole = Resource.from_contents(self.spec, default_specification=DRAFT202012)
        return Registry().with_resource(HOME, whole)

    def template(self, path: str) -> tuple[str, tuple[str, ...]] | None:
        """The described path of a request's path, and the values of its parameters."""
        for pattern, template in self._templates:
            found = pattern.match(path)
            if found:
                return template, tuple(unquote(value) for value in found.groups())
        return None

    def followed(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema itself, or the one it points to."""
        if "$ref" not in schema:
            return schema
        found: Any = self.spec
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found

    def errors(self, value: Any, *pointer: str) -> list[str]:
        """How a value breaks the schema at this place of the description."""
        steps = (step.replace("~", "~0").replace("/", "~1") for step in pointer)
        kind = OAS30WriteValidator if self.spec["openapi"].startswith("3.0") else OAS31Validator
        schema = {"$ref": f"{HOME}#/{'/'.join(steps)}"}
        validator = kind(schema, registry=self._registry, format_checker=FORMATS)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def complaints(
    requests: Iterable[Recorded], spec: Mapping[str, Any], ignore: tuple[str, ...] = ("/oauth/",)
) -> list[str]:
    """What is wrong with these requests, each complaint once, in the order of the requests."""
    description = Description(spec)
    said = {
        f"{request.method} {request.path}: {complaint}": None
        for request in requests
        if not request.path.startswith(ignore)
        for complaint in _about(request, description)
    }
    return list(said)


def _about(request: Recorded, description: Description) -> Iterator[str]:
    found = description.template(request.path)
    if found is None:
        yield "unknown path"
        return
    template, values = found
    method = request.method.lower()
    operation = description.spec["paths"][template].get(method)
    if operation is None:
        yield "unknown method"
        return
    place = ("paths", template, method)
    parameters = list(enumerate(operation.get("parameters", [])))
    yield from _about_query(request, parameters, description, place)
    names = re.findall(r"\{([^}]+)\}", template)
    given = dict(zip(names, values, strict=True))
    for at, parameter in parameters:
        if parameter["in"] == "path":
            value = _typed([given[parameter["name"]]], parameter["schema"])
            yield from _wrong(value, parameter, at, description, place)
        elif parameter["in"] == "header" and parameter["name"].lower() not in OWN_HEADERS:
            value = request.headers.get(parameter["name"].lower())
            if value is None and parameter.get("required"):
                yield f"header {parameter['name']} is missing"
            elif value is not None:
                yield from _wrong(value, parameter, at, description, place)
    yield from _about_body(request, operation, description, place)


def _about_query(
    request: Recorded, parameters: list[tuple[int, dict[str, Any]]], description: Description, place: tuple[str, ...]
) -> Iterator[str]:
    values: dict[str, list[str]] = {}
    for name, value in request.query:
        values.setdefault(name.removesuffix("[]"), []).append(value)
    described = {p["name"].removesuffix("[]"): (at, p) for at, p in parameters if p["in"] == "query"}
    yield from (f"unknown query parameter {name}" for name in values.keys() - described.keys())
    for name, (at, parameter) in described.items():
        if name not in values:
            if parameter.get("required"):
                yield f"query parameter {name} is missing"
            continue
        schema = parameter["schema"]
        if len(values[name]) > 1 and schema.get("type") != "array":
            yield f"query parameter {name} is given {len(values[name])} times"
        yield from _wrong(_typed(values[name], schema), parameter, at, description, place)


def _wrong(
    value: Any, parameter: dict[str, Any], at: int, description: Description, place: tuple[str, ...]
) -> Iterator[str]:
    for error in description.errors(value, *place, "parameters", str(at), "schema"):
        yield f"{parameter['in']} parameter {parameter['name']}: {error}"


def _typed(values: list[str], schema: Mapping[str, Any]) -> Any:
    """The text of a query as the schema's type; text that does not fit stays text and is complained about."""
    kind = schema.get("type")
    if kind == "array":
        parts = values[0].split(",") if len(values) == 1 else values
        return [_typed([part], schema.get("items", {})) for part in parts]
    text = values[0]
    if kind in ("integer", "number") and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "number" and re.fullmatch(r"-?\d+\.\d+", text):
        return float(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _about_body(
    request: Recorded, operation: Mapping[str, Any], description: Description, place: tuple[str, ...]
) -> Iterator[str]:
    described = operation.get("requestBody")
    if described is None:
        if request.body:
            yield "a body where none is described"
        return
    if not request.body:
        if described.get("required"):
            yield "the body is missing"
        return
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind not in described["content"]:
        yield f"content type {kind or 'missing'}"
        return
    try:
        body = json.loads(request.body)
    except ValueError:
        yield "the body is not JSON"
        return
    steps = (*place, "requestBody", "content", kind, "schema")
    yield from (f"body: {error}" for error in description.errors(body, *steps))
    schema = description.followed(described["content"][kind]["schema"])
    if "properties" in schema and isinstance(body, dict):
        yield from (f"unknown key {key} in the body" for key in body.keys() - schema["properties"].keys())
