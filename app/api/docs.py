"""The API's own description: for programs as OpenAPI 3.1, for people as a page without scripts."""

from typing import Any, cast

from apiflask import APIBlueprint, APIFlask
from flask import current_app, render_template

from app.api.reference import read_reference

bp = APIBlueprint("api_docs", __name__, url_prefix="/api", enable_openapi=False)


@bp.get("/v1/openapi.json")
def openapi() -> dict[str, Any]:
    """Give the OpenAPI document."""
    return document()


@bp.get("/docs")
def docs() -> str:
    """Show the reference page."""
    return render_template("api_docs.html", page=read_reference(document()))


def document() -> dict[str, Any]:
    """Give the OpenAPI document of this service."""
    return cast("dict[str, Any]", cast("APIFlask", current_app).spec)
