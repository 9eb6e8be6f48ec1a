"""What a trained network looks at, and what its filters look for."""

from ferflow.explain.explanation import Example, Explanation, choose_examples, explain

__all__ = ["Example", "Explanation", "choose_examples", "explain"]
