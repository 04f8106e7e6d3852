"""The one script made for other sites: the shop's own pages tell their visits with it."""

from apiflask import APIBlueprint
from flask import Response, current_app

bp = APIBlueprint("embed", __name__, enable_openapi=False)

HOUR_S = 60 * 60


@bp.get("/enlaza.js")
def enlaza_js() -> Response:
    """Give the script; it does nothing until the site says that its visitor agreed."""
    response = current_app.send_static_file("embed/enlaza.js")
    response.headers["Cache-Control"] = f"public, max-age={HOUR_S}"
    return response
