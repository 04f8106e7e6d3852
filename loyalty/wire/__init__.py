"""What a till and the service both speak; standard library and cryptography only."""
