"""The SageMaker pipeline: prepare, fine-tune, evaluate, and register what is good enough."""
