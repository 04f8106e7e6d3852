"""The top of the house holds what the plan says and nothing else."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_domain_package_says_nothing_at_import() -> None:
    assert (ROOT / "loyalty" / "__init__.py").read_text() == ""
