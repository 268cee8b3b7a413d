//! The policies of resources that other accounts reach: registry groups and buckets.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document::{Statement, document};
use super::identity::READ_SOURCE;
use super::{ARTIFACTS, Bucket, Place, Scope, Workspace};

/// The policy of the central group `group`, by which the tenant's test and prod accounts may read its versions and
/// deploy them. `None` while the tenant has no such account.
///
/// It never grants `UpdateModelPackage`: given to an account, it would let that account's administrators approve.
pub fn central_group_policy(group: &str, tenant: &str, scope: &Scope) -> Option<Value> {
    let consumers: BTreeSet<String> = scope
        .consumers()
        .filter(|workspace| workspace.tenant == tenant)
        .map(|workspace| scope.root(&workspace.account))
        .collect();
    if consumers.is_empty() {
        return None;
    }
    Some(document([
        Statement::allow("ReadGroup")
            .aws(&consumers)
            .actions(["sagemaker:DescribeModelPackageGroup"])
            .resources([scope.sagemaker(Place::Central, &format!("model-package-group/{group}"))]),
        Statement::allow("DeployVersions")
            .aws(&consumers)
            .actions(["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages", "sagemaker:CreateModel"])
            .resources([scope.sagemaker(Place::Central, &format!("model-package/{group}/*"))]),
    ]))
}

/// The policy of the bucket of a dev workspace: the central roles that copy artifacts may read it. `None` if the
/// workspace has no bucket.
pub fn dev_bucket_policy(dev: &Workspace, scope: &Scope) -> Option<Value> {
    let bucket = dev.bucket.as_ref()?;
    let mut statements = vec![encrypted_transport(bucket, scope)];
    if !scope.central.copiers.is_empty() {
        let copiers = |sid| {
            Statement::allow(sid).aws([scope.root(&scope.central.account)]).when(
                "ArnEquals",
                "aws:PrincipalArn",
                &scope.central.copiers,
            )
        };
        statements.extend([
            copiers("CopyArtifacts").actions(READ_SOURCE).resources([scope.objects(bucket, "")]),
            copiers("ListArtifacts").actions(["s3:ListBucket"]).resources([scope.bucket(bucket)]),
        ]);
    }
    Some(document(statements))
}

/// The policy of the central bucket: the execution roles of test and prod may read artifacts. The roles of its own
/// account need no entry here.
pub fn central_bucket_policy(scope: &Scope) -> Value {
    let bucket = &scope.central.bucket;
    let accounts: BTreeSet<String> = scope.consumers().map(|workspace| scope.root(&workspace.account)).collect();
    let roles: BTreeSet<&String> = scope.consumers().map(|workspace| &workspace.execution_role).collect();
    let mut statements = vec![encrypted_transport(bucket, scope)];
    if !accounts.is_empty() {
        let endpoints =
            |sid| Statement::allow(sid).aws(&accounts).when("ArnEquals", "aws:PrincipalArn", roles.iter().copied());
        statements.extend([
            endpoints("ServeArtifacts").actions(["s3:GetObject"]).resources([scope.central_artifacts()]),
            endpoints("ListArtifacts").actions(["s3:ListBucket"]).resources([scope.bucket(bucket)]).when(
                "StringLike",
                "s3:prefix",
                [format!("{ARTIFACTS}*")],
            ),
        ]);
    }
    document(statements)
}

/// The policy of the key that encrypts the central bucket: its own account disposes of it, and the execution roles of
/// test and prod may decrypt what they read from the bucket.
pub fn central_key_policy(scope: &Scope) -> Value {
    let central = &scope.central;
    let accounts: BTreeSet<String> = scope.consumers().map(|workspace| scope.root(&workspace.account)).collect();
    let roles: BTreeSet<&String> = scope.consumers().map(|workspace| &workspace.execution_role).collect();
    let owner = Statement::allow("Administer").aws([scope.root(&central.account)]).actions(["kms:*"]).resources(["*"]);
    let readers = (!accounts.is_empty()).then(|| {
        Statement::allow("ServeArtifacts")
            .aws(&accounts)
            .actions(["kms:Decrypt"])
            .resources(["*"])
            .when("ArnEquals", "aws:PrincipalArn", roles)
            .when("StringEquals", "kms:ViaService", [format!("s3.{}.amazonaws.com", central.region)])
    });
    document([owner].into_iter().chain(readers))
}

/// The policy of the event bus of this ARN: these accounts may tell what happens in them.
pub fn central_bus_policy(bus_arn: &str, accounts: &BTreeSet<String>, scope: &Scope) -> Option<Value> {
    let tellers: Vec<String> = accounts.iter().map(|account| scope.root(account)).collect();
    (!tellers.is_empty()).then(|| {
        let tell = Statement::allow("TellWhatHappens").aws(tellers);
        document([tell.actions(["events:PutEvents"]).resources([bus_arn])])
    })
}

fn encrypted_transport(bucket: &Bucket, scope: &Scope) -> Statement {
    Statement::deny("EncryptedTransport")
        .principal(json!("*"))
        .actions(["s3:*"])
        .resources([scope.bucket(bucket), scope.objects(bucket, "")])
        .when("Bool", "aws:SecureTransport", ["false"])
}
