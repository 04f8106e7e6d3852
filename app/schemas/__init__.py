"""What comes in and goes out as JSON, in pydantic."""
