"""Fine-tuning of a language model: what the jobs of the pipeline are made of."""
