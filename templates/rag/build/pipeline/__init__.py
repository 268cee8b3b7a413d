"""The SageMaker pipeline: ingest, evaluate, and package and register what is good enough."""
