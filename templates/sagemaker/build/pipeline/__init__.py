"""The SageMaker pipeline that builds and registers versions of the model."""
