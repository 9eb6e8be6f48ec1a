"""What a trained network looks at, and what its filters look for."""
