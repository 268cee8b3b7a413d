"""The pipeline in the words of the SageMaker Python SDK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llm.examples import SPLITS
from llm.settings import Settings
from sagemaker.core import image_uris
from sagemaker.core.processing import FrameworkProcessor
from sagemaker.core.shapes import (
    MlflowConfig,
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    StoppingCondition,
    Tag,
)
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo, ConditionLessThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import Properties, PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, Step, StepTypeEnum, TrainingStep
from sagemaker.train import ModelTrainer

from pipeline import registration
from pipeline.project import Project

JOBS = str(Path(__file__).resolve().parent.parent / "jobs")
PYTORCH = "2.9.0"
PYTHON = "py312"
LMI = "0.35.0"
PREPARE_INSTANCE = "ml.m5.large"
INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"


class RegisterStep(Step):
    """Registers a model package by a request of one's own: the SDK's ModelStep knows no uncompressed artifacts."""

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
        self.environment = {"PIPELINE_EXECUTION": ExecutionVariables.PIPELINE_EXECUTION_ID}
        if project.mlflow:
            self.environment |= {"MLFLOW_TRACKING_URI": project.mlflow, "MLFLOW_EXPERIMENT_NAME": project.name}

    def location(self, *parts: Any) -> Join:
        """An address below what this execution writes."""
        root = f"s3://{self.project.bucket}/{self.project.name}/pipeline"
        return Join(on="/", values=[root, ExecutionVariables.PIPELINE_EXECUTION_ID, *parts])

    def pytorch(self, instance: str) -> str:
        """AWS's image with PyTorch, for the kind of instance."""
        return image_uris.retrieve(
            "pytorch", self.project.region, PYTORCH, PYTHON, instance_type=instance, image_scope="training"
        )

    def processor(self, name: str, instance: str) -> FrameworkProcessor:
        """Runs one of the jobs' scripts."""
        return FrameworkProcessor(
            image_uri=self.pytorch(instance),
            role=self.project.execution_role,
            instance_count=1,
            instance_type=instance,
            volume_size_in_gb=self.settings.training.volume_gb,
            max_runtime_in_seconds=self.settings.training.maximum_hours * 3600,
            base_job_name=f"{self.project.name}-{name}",
            sagemaker_session=self.session,
            env=self.environment,
            tags=self.project.tags,
        )

    def prepare(self) -> ProcessingStep:
        """Examples, split."""
        source = self.settings.data.s3_uri
        arguments = self.processor("prepare", PREPARE_INSTANCE).run(
            code="prepare.py",
            source_dir=JOBS,
            arguments=["--source", f"{INPUT}/source"] if source else None,
            inputs=[read("source", source)] if source else None,
            outputs=[written(split, self.location("data", split), f"{OUTPUT}/{split}") for split in SPLITS],
        )
        return ProcessingStep(name="Prepare", step_args=arguments)

    def fine_tune(self, prepare: ProcessingStep) -> TrainingStep:
        """The merged model, uncompressed."""
        training = self.settings.training
        inputs = [InputData(channel_name=name, data_source=uri(prepare, name)) for name in ("train", "validation")]
        if self.settings.model.s3_uri:
            inputs.append(InputData(channel_name="base", data_source=self.settings.model.s3_uri))
        trainer = ModelTrainer(
            training_image=self.pytorch(training.instance),
            source_code=SourceCode(
                source_dir=JOBS, requirements="requirements.txt", command="python finetune.py", ignore_patterns=[]
            ),
            compute=Compute(instance_type=training.instance, instance_count=1, volume_size_in_gb=training.volume_gb),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=training.maximum_hours * 3600),
            output_data_config=OutputDataConfig(s3_output_path=self.location("model"), compression_type="NONE"),
            environment=self.environment,
            role=self.project.execution_role,
            base_job_name=f"{self.project.name}-fine-tune",
            sagemaker_session=self.session,
            tags=[Tag(key=tag["Key"], value=tag["Value"]) for tag in self.project.tags],
        )
        return TrainingStep(name="FineTune", step_args=trainer.train(input_data_config=inputs))

    def artifacts(self, fine_tune: TrainingStep) -> Join:
        """Where SageMaker puts what the training job left, when it does not compress: a prefix, hence the slash."""
        job = fine_tune.properties.TrainingJobName
        return self.location("model", job, "output", "model", "")

    def evaluate(self, prepare: ProcessingStep, fine_tune: TrainingStep, report: PropertyFile) -> ProcessingStep:
        """The report on the test split."""
        arguments = self.processor("evaluate", self.settings.training.instance).run(
            code="evaluate_model.py",
            source_dir=JOBS,
            inputs=[read("model", self.artifacts(fine_tune)), read("test", uri(prepare, "test"))],
            outputs=[written(report.output_name, self.location(report.output_name), OUTPUT)],
        )
        return ProcessingStep(name="Evaluate", step_args=arguments, property_files=[report])

    def register(self, fine_tune: TrainingStep, evaluation: ProcessingStep, report: PropertyFile) -> RegisterStep:
        """The version."""
        request = registration.request(
            self.project,
            self.settings,
            image=image_uris.retrieve("djl-lmi", self.project.region, LMI),
            artifacts=self.artifacts(fine_tune),
            evaluation=Join(on="/", values=[uri(evaluation, report.output_name), report.path]),
            execution=ExecutionVariables.PIPELINE_EXECUTION_ARN,
            commit=self.commit,
        )
        return RegisterStep("Register", request)

    def good_enough(self, evaluation: ProcessingStep, report: PropertyFile, register: RegisterStep) -> ConditionStep:
        """Registers, or fails with the reason."""
        wanted = self.settings.evaluation
        rouge_l, ratio = (
            JsonGet(step_name=evaluation.name, property_file=report, json_path=f"text_generation_metrics.{name}.value")
            for name in ("rouge_l", "perplexity_ratio")
        )
        refusal = FailStep(
            name="NotGoodEnough",
            error_message=Join(
                on="",
                values=[
                    f"wanted: ROUGE-L of at least {wanted.minimum_rouge_l} and a perplexity ratio of at most "
                    f"{wanted.maximum_perplexity_ratio}; got: ",
                    rouge_l,
                    " and ",
                    ratio,
                ],
            ),
        )
        return ConditionStep(
            name="GoodEnough",
            conditions=[
                ConditionGreaterThanOrEqualTo(left=rouge_l, right=wanted.minimum_rouge_l),
                ConditionLessThanOrEqualTo(left=ratio, right=wanted.maximum_perplexity_ratio),
            ],
            if_steps=[register],
            else_steps=[refusal],
        )


def build(project: Project, settings: Settings, session: PipelineSession) -> Pipeline:
    """The whole pipeline. Making its definition uploads the jobs' code."""
    steps = Steps(project, settings, session)
    report = PropertyFile(name="Report", output_name="evaluation", path="evaluation.json")
    prepare = steps.prepare()
    fine_tune = steps.fine_tune(prepare)
    evaluation = steps.evaluate(prepare, fine_tune, report)
    register = steps.register(fine_tune, evaluation, report)
    tracking = MlflowConfig(mlflow_resource_arn=project.mlflow, mlflow_experiment_name=project.name)
    return Pipeline(
        name=project.name,
        parameters=[steps.commit],
        mlflow_config=tracking if project.mlflow else None,
        steps=[prepare, fine_tune, evaluation, steps.good_enough(evaluation, report, register)],
        sagemaker_session=session,
    )


def uri(step: ProcessingStep, output: str) -> Properties:
    """Where a processing step wrote an output."""
    return step.properties.ProcessingOutputConfig.Outputs[output].S3Output.S3Uri


def read(name: str, source: Any) -> ProcessingInput:
    """An input, downloaded before the job starts."""
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=source, local_path=f"{INPUT}/{name}", s3_data_type="S3Prefix", s3_input_mode="File"
        ),
    )


def written(name: str, target: Any, path: str) -> ProcessingOutput:
    """An output, uploaded once the job is done."""
    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(s3_uri=target, local_path=path, s3_upload_mode="EndOfJob"),
    )
