//! The role that SageMaker takes to run endpoints.

use serde_json::{Value, json};

use super::document::{Statement, document};
use super::identity::use_keys;
use super::{ARTIFACTS, Scope, Workspace};

/// What endpoints in `workspace` may do: fetch model and image, write logs and metrics, and look at the alarms that
/// decide whether a deployment is rolled back.
pub fn execution_role(workspace: &Workspace, scope: &Scope) -> Value {
    let Workspace { account, region, .. } = workspace;
    let partition = &scope.partition;
    let logs = format!("arn:{partition}:logs:{region}:{account}:log-group:/aws/sagemaker/*");
    let mut statements = vec![
        Statement::allow("ReadArtifacts").actions(["s3:GetObject"]).resources([scope.central_artifacts()]),
        Statement::allow("ListArtifacts")
            .actions(["s3:ListBucket"])
            .resources([scope.bucket(&scope.central.bucket)])
            .when("StringLike", "s3:prefix", [format!("{ARTIFACTS}*")]),
    ];
    let key = scope.central.bucket.key_arn.as_deref();
    statements.extend(use_keys("Decrypt", &["kms:Decrypt"], key.into_iter().collect()));
    statements.extend([
        // AWS's own images lie in accounts of AWS's that differ by Region. Each repository has its own policy.
        Statement::allow("PullImages")
            .actions(["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
            .resources([format!("arn:{partition}:ecr:{region}:*:repository/*")]),
        Statement::allow("LogInToEcr").actions(["ecr:GetAuthorizationToken"]).resources(["*"]),
        Statement::allow("WriteLogs")
            .actions(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"])
            .resources([logs]),
        Statement::allow("WriteMetrics").actions(["cloudwatch:PutMetricData"]).resources(["*"]).when(
            "StringLike",
            "cloudwatch:namespace",
            ["AWS/SageMaker", "/aws/sagemaker/*"],
        ),
        Statement::allow("WatchAlarms")
            .actions(["cloudwatch:DescribeAlarms"])
            .resources([format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:*")]),
    ]);
    document(statements)
}

/// Who may take the execution role: SageMaker. Personas pass it, and never take it.
pub fn execution_trust() -> Value {
    document([Statement::allow("RunEndpoints")
        .principal(json!({ "Service": "sagemaker.amazonaws.com" }))
        .actions(["sts:AssumeRole"])])
}
