from pathlib import Path

from tests.support.service import Service

PAGE = (Path(__file__).parents[2] / "docs/reference/api.md").read_text(encoding="utf-8")


def test_every_call_stands_in_the_reference(service: Service) -> None:
    told = service.get("/api/v1/openapi.json").get_json()
    for path, operations in told["paths"].items():
        for method in operations:
            assert f"`{method.upper()} {path}`" in PAGE, (method, path)
