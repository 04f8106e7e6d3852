"""Identifiers, evidence links, persons, consent."""
