"""The pipeline in the words of the SageMaker Python SDK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.settings import Settings
from sagemaker.core import image_uris
from sagemaker.core.processing import FrameworkProcessor
from sagemaker.core.shapes import (
    MlflowConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import Properties, PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, Step, StepTypeEnum

from pipeline import registration
from pipeline.project import Project

BUILD = Path(__file__).resolve().parent.parent
PYTORCH = "2.6.0"
PYTHON = "py312"
INSTANCE = "ml.m5.large"
INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
LONGEST_SECONDS = 4 * 3600


class RegisterStep(Step):
    """Registers a model package by a request of one's own: the SDK's ModelStep would repack what is packed."""

    def __init__(self, name: str, request: dict[str, Any]) -> None:
        """Keeps the request."""
        super().__init__(name, step_type=StepTypeEnum.REGISTER_MODEL)
        self._request = request
        self._properties = Properties(step_name=name, step=self, shape_name="DescribeModelPackageOutput")

    @property
    def arguments(self) -> dict[str, Any]:
        """The request."""
        return self._request

    @property
    def properties(self) -> Properties:
        """What DescribeModelPackage says of the version."""
        return self._properties


class Steps:
    """The steps, each made from those before it."""

    def __init__(self, project: Project, settings: Settings, session: PipelineSession) -> None:
        """Settles what the steps share."""
        self.project = project
        self.settings = settings
        self.session = session
        self.commit = ParameterString(name="Commit", default_value="unknown")
        self.environment = {
            "AWS_DEFAULT_REGION": project.region,
            "PIPELINE_EXECUTION": ExecutionVariables.PIPELINE_EXECUTION_ID,
        }
        if project.mlflow:
            self.environment |= {"MLFLOW_TRACKING_URI": project.mlflow, "MLFLOW_EXPERIMENT_NAME": project.name}

    def location(self, *parts: Any) -> Join:
        """An address below what this execution writes."""
        root = f"s3://{self.project.bucket}/{self.project.name}/pipeline"
        return Join(on="/", values=[root, ExecutionVariables.PIPELINE_EXECUTION_ID, *parts])

    def image(self, scope: str, instance: str) -> str:
        """AWS's image with PyTorch for CPUs. Training and inference have the same Python."""
        return image_uris.retrieve(
            "pytorch", self.project.region, PYTORCH, PYTHON, instance_type=instance, image_scope=scope
        )

    def step(
        self, name: str, script: str, inputs: dict[str, Any], output: str, report: PropertyFile | None = None
    ) -> ProcessingStep:
        """Runs one of the jobs' scripts."""
        processor = FrameworkProcessor(
            image_uri=self.image("training", INSTANCE),
            role=self.project.execution_role,
            instance_count=1,
            instance_type=INSTANCE,
            max_runtime_in_seconds=LONGEST_SECONDS,
            base_job_name=f"{self.project.name}-{output}",
            sagemaker_session=self.session,
            env=self.environment,
            tags=self.project.tags,
        )
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
            image=self.image("inference", self.settings.serving.instances[0]),
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
    tracking = MlflowConfig(mlflow_resource_arn=project.mlflow, mlflow_experiment_name=project.name)
    return Pipeline(
        name=project.name,
        parameters=[steps.commit],
        mlflow_config=tracking if project.mlflow else None,
        steps=[ingest, evaluation, steps.good_enough(evaluation, report, [package, register])],
        sagemaker_session=session,
    )


def uri(step: ProcessingStep, output: str) -> Properties:
    """Where a processing step wrote an output."""
    return step.properties.ProcessingOutputConfig.Outputs[output].S3Output.S3Uri


def read(name: str, source: Any) -> ProcessingInput:
    """An input, downloaded before the job starts. A directory of this machine is uploaded."""
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=source, local_path=f"{INPUT}/{name}", s3_data_type="S3Prefix", s3_input_mode="File"
        ),
    )


def written(name: str, target: Any) -> ProcessingOutput:
    """An output, uploaded once the job is done."""
    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(s3_uri=target, local_path=OUTPUT, s3_upload_mode="EndOfJob"),
    )
