"""Makes a stage's Glue job, its schedule and its quality rules what their configuration says. Safe to repeat."""

from collections.abc import Iterator
from typing import Any

from .project import Job, Project, Stage
from .release import pack, unpack


def bring(project: Project, stage: Stage, job: Job, release: str, archive: bytes, session: Any) -> Iterator[str]:
    """Brings a release to a stage. Yields a line about each thing, as it is done."""
    glue, s3 = session.client("glue"), session.client("s3")
    files = unpack(archive)
    code = _upload(project, stage, release, files, s3)
    yield f"code at s3://{stage.bucket}/{code}"
    yield f"job {stage.job}: {_job(project, stage, definition(project, stage, job, code), glue)}"
    yield f"schedule {job.schedule or 'none'}: {_schedule(project, stage, job.schedule, glue)}"
    if job.data_quality:
        ruleset = files[job.data_quality.ruleset].decode()
        for table in job.publishes:
            yield f"quality rules of {table}: {_ruleset(project, stage, table, ruleset, glue)}"


def _upload(project: Project, stage: Stage, release: str, files: dict[str, bytes], s3: Any) -> str:
    """Uploads the files; returns the prefix that they are below. Samples are where requests can name them."""
    code = f"code/{project.prefix}/{release}/"
    library = {name.removeprefix("jobs/"): content for name, content in files.items() if name.startswith("jobs/")}
    s3.put_object(Bucket=stage.bucket, Key=f"{code}library.zip", Body=pack(library))
    for name, content in files.items():
        s3.put_object(Bucket=stage.bucket, Key=name if name.startswith("samples/") else code + name, Body=content)
    return code


def definition(project: Project, stage: Stage, job: Job, code: str) -> dict[str, Any]:
    """The job as Glue's API takes it, without name and tags."""
    arguments = {
        "--job-language": "python",
        "--enable-metrics": "true",
        "--enable-continuous-cloudwatch-log": "true",
        "--extra-py-files": f"s3://{stage.bucket}/{code}library.zip",
        "--root": f"s3://{stage.bucket}",
        "--database": stage.database,
        **job.arguments,
    }
    if job.python_modules:
        arguments["--additional-python-modules"] = ",".join(job.python_modules)
    if job.data_quality:
        arguments["--ruleset"] = code + job.data_quality.ruleset
        arguments["--minimum-score"] = str(job.data_quality.minimum_score)
    return {
        "Description": f"Project {project.name}, stage {stage.name}",
        "Role": stage.execution_role,
        "Command": {
            "Name": "glueetl",
            "PythonVersion": "3",
            "ScriptLocation": f"s3://{stage.bucket}/{code}{job.script}",
        },
        "DefaultArguments": arguments,
        "GlueVersion": job.glue_version,
        "WorkerType": job.worker_type,
        "NumberOfWorkers": job.workers,
        "Timeout": job.timeout_minutes,
        "MaxRetries": job.retries,
        "ExecutionProperty": {"MaxConcurrentRuns": job.max_concurrent_runs},
    }


def _job(project: Project, stage: Stage, wanted: dict[str, Any], glue: Any) -> str:
    try:
        actual = glue.get_job(JobName=stage.job)["Job"]
    except glue.exceptions.EntityNotFoundException:
        glue.create_job(Name=stage.job, Tags=project.tags(stage), **wanted)
        return "created"
    if all(actual.get(key) == value for key, value in wanted.items()):
        return "unchanged"
    # Replaces the definition as a whole: what is not wanted any more goes as well.
    glue.update_job(JobName=stage.job, JobUpdate=wanted)
    return "updated"


def _schedule(project: Project, stage: Stage, schedule: str | None, glue: Any) -> str:
    actions = [{"JobName": stage.job}]
    try:
        actual = glue.get_trigger(Name=stage.job)["Trigger"]
    except glue.exceptions.EntityNotFoundException:
        actual = None
    if schedule is None:
        if actual:
            glue.delete_trigger(Name=stage.job)
        return "removed" if actual else "unchanged"
    if actual is None:
        glue.create_trigger(
            Name=stage.job,
            Type="SCHEDULED",
            Schedule=schedule,
            Actions=actions,
            StartOnCreation=True,
            Tags=project.tags(stage),
        )
        return "created"
    if actual.get("Schedule") == schedule and actual.get("Actions") == actions:
        return "unchanged"
    glue.update_trigger(Name=stage.job, TriggerUpdate={"Schedule": schedule, "Actions": actions})
    return "updated"


def ruleset_name(stage: Stage, table: str) -> str:
    """What the rules of a table are called."""
    return f"{stage.job}-{table}"


def _ruleset(project: Project, stage: Stage, table: str, ruleset: str, glue: Any) -> str:
    name = ruleset_name(stage, table)
    try:
        actual = glue.get_data_quality_ruleset(Name=name)
    except glue.exceptions.EntityNotFoundException:
        glue.create_data_quality_ruleset(
            Name=name,
            Ruleset=ruleset,
            TargetTable={"DatabaseName": stage.database, "TableName": table},
            Tags=project.tags(stage),
        )
        return "created"
    if actual.get("Ruleset") == ruleset:
        return "unchanged"
    glue.update_data_quality_ruleset(Name=name, Ruleset=ruleset)
    return "updated"
