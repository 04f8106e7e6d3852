"""The till side: imports `loyalty.wire` and nothing else of ours."""
