"""The pipeline: ingest, evaluate, and package and register what is good enough."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.settings import Settings
from pipeline import registration
from pipeline.parts import Parts, RegisterStep, read, uri, written
from pipeline.project import Project
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, Step

BUILD = Path(__file__).resolve().parents[1]
# Training and inference in the same image family, for the same Python.
PYTORCH = "2.6.0"
PYTHON = "py312"
INSTANCE = "ml.m5.large"


class Steps(Parts):
    """The steps, each made from those before it."""

    def __init__(self, project: Project, settings: Settings, session: PipelineSession) -> None:
        """Settles what the steps share."""
        super().__init__(project, session)
        self.settings = settings

    def step(
        self, name: str, script: str, inputs: dict[str, Any], output: str, report: PropertyFile | None = None
    ) -> ProcessingStep:
        """Runs one of the jobs' scripts."""
        image = self.pytorch(PYTORCH, PYTHON, "training", INSTANCE)
        processor = self.processor(output, image, INSTANCE, volume_gb=30, hours=4)
        arguments = processor.run(
            code=script,
            source_dir=str(BUILD / "jobs"),
            inputs=[read(channel, source) for channel, source in inputs.items()],
            outputs=[written(output, self.location(output))],
        )
        return ProcessingStep(name=name, step_args=arguments, property_files=[report] if report else None)

    def register(self, evaluation: ProcessingStep, package: ProcessingStep, report: PropertyFile) -> RegisterStep:
        """The version."""
        request = registration.request(
            self.project,
            self.settings,
            image=self.pytorch(PYTORCH, PYTHON, "inference", self.settings.serving.instances[0]),
            artifact=Join(on="/", values=[uri(package, "package"), "model.tar.gz"]),
            evaluation=Join(on="/", values=[uri(evaluation, report.output_name), report.path]),
            execution=ExecutionVariables.PIPELINE_EXECUTION_ARN,
            commit=self.commit,
        )
        return RegisterStep("Register", request)

    def good_enough(self, evaluation: ProcessingStep, report: PropertyFile, then: list[Step]) -> ConditionStep:
        """Goes on, or fails with the reason."""
        wanted = {
            "recall": self.settings.evaluation.minimum_recall,
            "mrr": self.settings.evaluation.minimum_mrr,
            "refusals": self.settings.evaluation.minimum_refusals,
        }
        got = {
            name: JsonGet(step_name=evaluation.name, property_file=report, json_path=f"retrieval_metrics.{name}.value")
            for name in wanted
        }
        reason = [part for name, least in wanted.items() for part in (f"{name} of at least {least}, got ", got[name])]
        return ConditionStep(
            name="GoodEnough",
            conditions=[ConditionGreaterThanOrEqualTo(left=got[name], right=least) for name, least in wanted.items()],
            if_steps=then,
            else_steps=[FailStep(name="NotGoodEnough", error_message=Join(on=" ", values=["wanted:", *reason]))],
        )


def build(project: Project, settings: Settings, session: PipelineSession) -> Pipeline:
    """The whole pipeline. Making its definition uploads the jobs' code, the documents and the questions."""
    steps = Steps(project, settings, session)
    report = PropertyFile(name="Report", output_name="evaluation", path="evaluation.json")
    documents = settings.documents.s3_uri or str(BUILD / "documents")
    ingest = steps.step("Ingest", "ingest.py", {"documents": documents}, "index")
    index = {"index": uri(ingest, "index")}
    questions = {"questions": str(BUILD / "evaluation")}
    evaluation = steps.step("Evaluate", "evaluate.py", index | questions, "evaluation", report)
    package = steps.step("Package", "package.py", index, "package")
    register = steps.register(evaluation, package, report)
    return steps.pipeline([ingest, evaluation, steps.good_enough(evaluation, report, [package, register])])
