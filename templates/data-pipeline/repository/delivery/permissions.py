"""Prints what the role `ci` of a stage needs beside what aiops gives it: `python -m delivery.permissions test`.

For whoever keeps the accounts; nothing here grants anything.
"""

import json
import sys
from typing import Any

from .project import Project, Stage, load

GLUE_ON_OWN = (
    "glue:CreateJob",
    "glue:GetJob",
    "glue:UpdateJob",
    "glue:StartJobRun",
    "glue:GetJobRun",
    "glue:CreateTrigger",
    "glue:GetTrigger",
    "glue:UpdateTrigger",
    "glue:DeleteTrigger",
    "glue:CreateDataQualityRuleset",
    "glue:GetDataQualityRuleset",
    "glue:UpdateDataQualityRuleset",
    "glue:StartDataQualityRulesetEvaluationRun",
    "glue:TagResource",
)
# Their resources have no names that could be foretold.
GLUE_ON_ALL = ("glue:GetDataQualityRulesetEvaluationRun", "glue:GetDataQualityResult")


def policy(project: Project, stage: Stage) -> dict[str, Any]:
    """The policy, with nothing in it that delivery does not do."""
    glue = f"arn:aws:glue:{stage.region}:{stage.account}"
    prefixes = [
        f"code/{project.prefix}/*",
        "samples/*",
        *([f"releases/{project.prefix}/*"] if stage.name == "dev" else []),
    ]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "KeepJobAndRules",
                "Effect": "Allow",
                "Action": list(GLUE_ON_OWN),
                "Resource": [
                    f"{glue}:job/{stage.job}",
                    f"{glue}:trigger/{stage.job}",
                    f"{glue}:dataQualityRuleset/{stage.job}-*",
                ],
            },
            {"Sid": "ReadVerdicts", "Effect": "Allow", "Action": list(GLUE_ON_ALL), "Resource": "*"},
            {
                "Sid": "WriteCode",
                "Effect": "Allow",
                "Action": ["s3:PutObject"],
                "Resource": [f"arn:aws:s3:::{stage.bucket}/{prefix}" for prefix in prefixes],
            },
            {
                "Sid": "ReadReports",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": [
                    f"arn:aws:s3:::{stage.bucket}/reports/*",
                    *([f"arn:aws:s3:::{stage.bucket}/releases/{project.prefix}/*"] if stage.name == "dev" else []),
                ],
            },
            {
                "Sid": "LetTheJobBeItsRole",
                "Effect": "Allow",
                "Action": ["iam:PassRole"],
                "Resource": [stage.execution_role],
                "Condition": {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}},
            },
        ],
    }


if __name__ == "__main__":
    project = load()
    print(json.dumps(policy(project, project.stages[sys.argv[1]]), indent=2))
