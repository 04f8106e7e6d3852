"""The service: HTTP in, one journey or one query, HTTP out."""
