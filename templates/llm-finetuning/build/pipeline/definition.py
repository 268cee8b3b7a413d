"""The pipeline: prepare, fine-tune, evaluate, and register what is good enough."""

from __future__ import annotations

from pathlib import Path

from llm.examples import SPLITS
from llm.settings import Settings
from pipeline import registration
from pipeline.parts import INPUT, OUTPUT, Parts, RegisterStep, read, uri, written
from pipeline.project import Project
from sagemaker.core import image_uris
from sagemaker.core.shapes import OutputDataConfig, StoppingCondition, Tag
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo, ConditionLessThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep
from sagemaker.train import ModelTrainer

JOBS = str(Path(__file__).resolve().parents[1] / "jobs")
PYTORCH = "2.9.0"
PYTHON = "py312"
LMI = "0.35.0"
PREPARE_INSTANCE = "ml.m5.large"


class Steps(Parts):
    """The steps, each made from those before it."""

    def __init__(self, project: Project, settings: Settings, session: PipelineSession) -> None:
        """Settles what the steps share."""
        super().__init__(project, session)
        self.settings = settings

    def image(self, instance: str) -> str:
        """What the jobs run in."""
        return self.pytorch(PYTORCH, PYTHON, "training", instance)

    def prepare(self) -> ProcessingStep:
        """Examples, split."""
        source = self.settings.data.s3_uri
        image = self.image(PREPARE_INSTANCE)
        arguments = self.processor("prepare", image, PREPARE_INSTANCE, volume_gb=30, hours=1).run(
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
            training_image=self.image(training.instance),
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
        training = self.settings.training
        image = self.image(training.instance)
        processor = self.processor("evaluate", image, training.instance, training.volume_gb, training.maximum_hours)
        arguments = processor.run(
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
    return steps.pipeline([prepare, fine_tune, evaluation, steps.good_enough(evaluation, report, register)])
