//! Amazon SageMaker.

mod predictor;
