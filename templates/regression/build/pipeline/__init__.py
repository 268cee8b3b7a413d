"""The SageMaker pipeline: preprocess, train, evaluate, and register what is good enough."""
