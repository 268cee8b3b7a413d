"""The pipeline in dev, as CI runs it on every push: release, deploy, run, check."""
