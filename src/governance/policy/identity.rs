//! What each persona may do in each place.

use super::document::{Statement, document};
use super::{Bucket, MODEL_TAG, Place, Policy, Scope, Workspace, catalog, lifecycle};
use crate::governance::{Persona, Stage};

/// Reading an object and its checksums, of a certain version too.
const READ_OBJECT: [&str; 2] = ["s3:GetObject", "s3:GetObjectVersion"];

/// Reading an object to copy it: S3 may look at its tags.
pub(super) const READ_SOURCE: [&str; 3] = [READ_OBJECT[0], READ_OBJECT[1], "s3:GetObjectTagging"];

/// The policies of the role of `persona` in `place`: what it may read, store and deploy, how it may move versions, and
/// what it may do in the domain's catalog.
///
/// Several documents, because one would be longer than AWS accepts. Attach them inline, or where tenants are so many that
/// [`super::LONGEST_INLINE`] is exceeded, as managed policies. A role in an account of several places gets those of each.
pub fn identity(persona: Persona, place: Place<'_>, scope: &Scope) -> Vec<Policy> {
    let mut access = read(place, scope);
    access.extend(match place {
        Place::Central => in_central(persona, scope),
        Place::Workspace(workspace) if workspace.stage == Stage::Dev => in_dev(persona, workspace, scope),
        Place::Workspace(workspace) => in_test_or_prod(persona, workspace, scope),
    });
    let parts = [("access", access), ("moves", lifecycle::statements(persona, place, scope))];
    let of_place = parts.map(|(part, statements)| (format!("aiops-{place}-{part}"), statements));
    let in_catalog = match place {
        Place::Central => Vec::new(),
        Place::Workspace(_) => catalog::statements(persona, scope),
    };
    // The same in every place: an account of several needs it once.
    let all = of_place.into_iter().chain([("aiops-catalog".to_owned(), in_catalog)]);
    let used = all.filter(|(_, statements)| !statements.is_empty());
    used.map(|(name, statements)| Policy { name, document: document(statements) }).collect()
}

/// Everybody may see how every model stands: in every registry, for test and prod may have one of their own, and at the
/// endpoints. Listing and searching have no resources to name.
fn read(place: Place<'_>, scope: &Scope) -> Vec<Statement> {
    let arn = |resource| scope.sagemaker(place, resource);
    let mut find = vec!["sagemaker:Search", "sagemaker:ListModelPackageGroups", "sagemaker:ListModelPackages"];
    let mut describe = vec![
        "sagemaker:DescribeModelPackageGroup",
        "sagemaker:GetModelPackageGroupPolicy",
        "sagemaker:DescribeModelPackage",
        "sagemaker:BatchDescribeModelPackage",
    ];
    let mut described = vec![arn("model-package-group/*"), arn("model-package/*")];
    if let Place::Workspace(_) = place {
        find.extend(["sagemaker:ListEndpoints", "sagemaker:ListEndpointConfigs", "sagemaker:ListModels"]);
        describe.extend(["sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel"]);
        described.extend([arn("endpoint/*"), arn("endpoint-config/*"), arn("model/*")]);
    }
    describe.push("sagemaker:ListTags");
    vec![
        Statement::allow("Find").actions(find).resources(["*"]),
        Statement::allow("Describe").actions(describe).resources(described),
    ]
}

fn in_central(persona: Persona, scope: &Scope) -> Vec<Statement> {
    let group = scope.sagemaker(Place::Central, "model-package-group/*");
    let create_group = ["sagemaker:CreateModelPackageGroup", "sagemaker:AddTags"];
    match persona {
        Persona::Administrator => vec![
            Statement::allow("OpenGroups")
                .actions(create_group.into_iter().chain(["sagemaker:PutModelPackageGroupPolicy"]))
                .resources([group]),
        ],
        Persona::Engineer | Persona::Ci => {
            let sources = scope.dev_buckets();
            let mut statements = vec![Statement::allow("CreateGroups").actions(create_group).resources([group])];
            if !sources.is_empty() {
                statements.push(
                    Statement::allow("ReadDevArtifacts")
                        .actions(READ_SOURCE)
                        .resources(sources.iter().map(|bucket| scope.objects(bucket, ""))),
                );
            }
            statements.extend([
                Statement::allow("CopyArtifacts")
                    .actions(READ_OBJECT.into_iter().chain(["s3:PutObject", "s3:AbortMultipartUpload"]))
                    .resources([scope.central_artifacts()]),
                list(scope, sources.iter().copied().chain([&scope.central.bucket])),
                // What a copy in parts left when it broke off is found and aborted.
                Statement::allow("FindBrokenUploads")
                    .actions(["s3:ListBucketMultipartUploads"])
                    .resources([scope.bucket(&scope.central.bucket)]),
            ]);
            let decrypt = keys(sources.iter().copied().chain([&scope.central.bucket]));
            statements.extend(use_keys("Decrypt", &["kms:Decrypt"], decrypt));
            statements.extend(use_keys("Encrypt", &["kms:GenerateDataKey"], keys([&scope.central.bucket])));
            statements
        }
        // To decide is to look first: the officer computes the digests of what the approval is for.
        Persona::GovernanceOfficer => {
            let mut statements = vec![
                Statement::allow("ReadArtifacts").actions(READ_OBJECT).resources([scope.central_artifacts()]),
                list(scope, [&scope.central.bucket]),
            ];
            statements.extend(use_keys("Decrypt", &["kms:Decrypt"], keys([&scope.central.bucket])));
            statements
        }
        Persona::DataScientist | Persona::Lead => Vec::new(),
    }
}

fn in_dev(persona: Persona, dev: &Workspace, scope: &Scope) -> Vec<Statement> {
    if !matches!(persona, Persona::Administrator | Persona::DataScientist | Persona::Ci) {
        return Vec::new();
    }
    let mut statements = vec![
        Statement::allow("CreateGroups")
            .actions(["sagemaker:CreateModelPackageGroup", "sagemaker:AddTags"])
            .resources([scope.sagemaker(Place::Workspace(dev), "model-package-group/*")]),
    ];
    if let Some(bucket) = dev.bucket.as_ref().filter(|_| persona != Persona::Administrator) {
        statements.extend([
            Statement::allow("StoreArtifacts")
                .actions(READ_OBJECT.into_iter().chain(["s3:PutObject", "s3:AbortMultipartUpload"]))
                .resources([scope.objects(bucket, "")]),
            list(scope, [bucket]),
        ]);
        statements.extend(use_keys("UseKey", &["kms:Decrypt", "kms:GenerateDataKey"], keys([bucket])));
    }
    statements
}

fn in_test_or_prod(persona: Persona, workspace: &Workspace, scope: &Scope) -> Vec<Statement> {
    if !matches!(persona, Persona::Engineer | Persona::Ci) {
        return Vec::new();
    }
    let arn = |resource| scope.sagemaker(Place::Workspace(workspace), resource);
    vec![
        // The version is another account's: both its group's policy and this statement must allow its use.
        Statement::allow("UseCentralVersions")
            .actions(["sagemaker:DescribeModelPackage", "sagemaker:CreateModel"])
            .resources([scope.sagemaker(Place::Central, "model-package/*")]),
        Statement::allow("Deploy")
            .actions([
                "sagemaker:CreateModel",
                "sagemaker:CreateEndpointConfig",
                "sagemaker:CreateEndpoint",
                "sagemaker:UpdateEndpoint",
                "sagemaker:UpdateEndpointWeightsAndCapacities",
                "sagemaker:InvokeEndpoint",
                "sagemaker:AddTags",
            ])
            .resources([arn("model/*"), arn("endpoint-config/*"), arn("endpoint/*")]),
        // An endpoint that never came up can only be deleted. The tag keeps those that aiops did not make out of reach.
        Statement::allow("ReplaceFailedEndpoints")
            .actions(["sagemaker:DeleteEndpoint"])
            .resources([arn("endpoint/*")])
            .present(format!("aws:ResourceTag/{MODEL_TAG}")),
        Statement::allow("PassExecutionRole")
            .actions(["iam:PassRole"])
            .resources([workspace.execution_role.as_str()])
            .when("StringEquals", "iam:PassedToService", ["sagemaker.amazonaws.com"]),
    ]
}

fn list<'a>(scope: &Scope, buckets: impl IntoIterator<Item = &'a Bucket>) -> Statement {
    Statement::allow("ListBuckets")
        .actions(["s3:ListBucket"])
        .resources(buckets.into_iter().map(|bucket| scope.bucket(bucket)))
}

fn keys<'a>(buckets: impl IntoIterator<Item = &'a Bucket>) -> Vec<&'a str> {
    buckets.into_iter().filter_map(|bucket| bucket.key_arn.as_deref()).collect()
}

/// Nothing where AWS keeps the keys. IAM has no aliases among the resources: a key that is named by one is any key of its
/// account that has the alias.
pub(super) fn use_keys(sid: &str, actions: &[&str], keys: Vec<&str>) -> Vec<Statement> {
    let allow = |sid: &str| Statement::allow(sid).actions(actions.iter().copied());
    let (aliases, keys): (Vec<&str>, Vec<&str>) = keys.into_iter().partition(|key| key.contains(":alias/"));
    let by_arn = (!keys.is_empty()).then(|| allow(sid).resources(keys));
    let by_alias = aliases.into_iter().enumerate().filter_map(|(number, arn)| {
        let (account, alias) = arn.split_once(":alias/")?;
        let sid = format!("{sid}ByAlias{}", number + 1);
        let resource = allow(&sid).resources([format!("{account}:key/*")]);
        Some(resource.when("ForAnyValue:StringEquals", "kms:ResourceAliases", [format!("alias/{alias}")]))
    });
    by_arn.into_iter().chain(by_alias).collect()
}
