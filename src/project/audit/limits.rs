//! What tags cannot keep apart: where AWS lets nobody tag, or where no policy can ask for a tag, and what isolation
//! rests on there instead. The source of each row is beside it; `docs/isolation.md` has the same rows.

use serde::Serialize;

/// How far tags go for a type of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gap {
    /// It cannot have tags.
    Untaggable,
    /// It can, and policies cannot ask for them.
    Unconditional,
    /// Policies can ask for its tags, once somebody has switched that on.
    OffByDefault,
    /// The call has no resource that could have tags.
    NoResource,
    /// Whoever reaches what it is part of reaches all of it.
    Whole,
    /// A tag opens it to every project.
    Shared,
}

impl Gap {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Gap::Untaggable => "cannot be tagged",
            Gap::Unconditional => "has tags that policies cannot ask for",
            Gap::OffByDefault => "has tags that policies see only where that was switched on",
            Gap::NoResource => "is not asked of a resource",
            Gap::Whole => "is as open as what it is part of",
            Gap::Shared => "is opened to all projects by a tag",
        }
    }
}

/// A type of resource that tags do not keep apart.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Limit {
    /// What it is.
    pub what: &'static str,
    /// How far tags go.
    pub gap: Gap,
    /// What is asked of a policy, to see who gets through.
    pub actions: &'static [&'static str],
    /// What it is asked about: something of the kind that another project has.
    #[serde(skip)]
    pub sample: &'static str,
    /// What keeps it apart, if anything does.
    pub instead: &'static str,
}

/// All that is known.
pub const LIMITS: &[Limit] = &[
    Limit {
        what: "names and descriptions in SageMaker's lists and search",
        gap: Gap::NoResource,
        // Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker": these have no
        // resource type, so that a policy has to name `*`.
        actions: &[
            "sagemaker:ListEndpoints",
            "sagemaker:ListModels",
            "sagemaker:ListModelPackageGroups",
            "sagemaker:Search",
        ],
        sample: "*",
        instead: "nothing within an account and a Region: a project that must not be seen needs an account of its own",
    },
    Limit {
        what: "versions of model packages",
        gap: Gap::Whole,
        // SageMaker API Reference, AddTags: versions take no tags, their group does.
        actions: &["sagemaker:DescribeModelPackage"],
        sample: "arn:{partition}:sagemaker:{place}:model-package/another/1",
        instead: "the tags of the model package group",
    },
    Limit {
        what: "objects in a bucket that projects share",
        gap: Gap::Unconditional,
        // Service Authorization Reference, "Amazon S3": objects know `s3:ExistingObjectTag`, and `aws:ResourceTag` is no
        // key of theirs; AWS's policies for projects go by the path `<domain>/<project>/`.
        actions: &["s3:GetObject", "s3:PutObject"],
        sample: "arn:{partition}:s3:::{bucket}/{domain}/another/dev/object",
        instead: "the path <domain>/<project>/ in the policies of the project's role",
    },
    Limit {
        what: "buckets",
        gap: Gap::OffByDefault,
        // Amazon S3 User Guide, "Enabling ABAC in general purpose buckets": disabled unless the owner enables it.
        actions: &["s3:ListBucket"],
        sample: "arn:{partition}:s3:::another",
        instead: "names and prefixes in policies, or ABAC once it is enabled for the bucket",
    },
    Limit {
        what: "roles that are passed to services",
        gap: Gap::Unconditional,
        // IAM User Guide, "Grant a user permissions to pass a role to an AWS service": not to be limited by the tags of the
        // role.
        actions: &["iam:PassRole"],
        sample: "arn:{partition}:iam::{account}:role/datazone_usr_role_another_environment",
        instead: "the name datazone_usr_role_<project>_<environment> in the policies of the project's role",
    },
    Limit {
        what: "experiments, runs and models inside an MLflow tracking server",
        gap: Gap::Whole,
        // Service Authorization Reference, "Amazon SageMaker with MLflow": the one resource type is the tracking server.
        actions: &["sagemaker-mlflow:SearchRuns"],
        sample: "arn:{partition}:sagemaker:{place}:mlflow-tracking-server/another",
        instead: "a tracking server for each project",
    },
    Limit {
        what: "tables of the Glue catalog",
        gap: Gap::Untaggable,
        // AWS Glue Developer Guide, "AWS tags in AWS Glue": databases are in the list, tables are not.
        actions: &["glue:GetTable"],
        sample: "arn:{partition}:glue:{place}:table/another/table",
        instead: "the database's ARN in policies, and grants of Lake Formation",
    },
    Limit {
        what: "log streams of SageMaker's jobs and endpoints",
        gap: Gap::Untaggable,
        // CloudWatch Logs User Guide, "Tag log groups": groups only, and SageMaker's are the account's
        // (/aws/sagemaker/TrainingJobs and others).
        actions: &["logs:GetLogEvents"],
        sample: "arn:{partition}:logs:{place}:log-group:/aws/sagemaker/TrainingJobs:log-stream:another",
        instead: "names of log streams in policies",
    },
    Limit {
        what: "Git connections for all projects",
        gap: Gap::Shared,
        // SageMaker Unified Studio Administrator Guide, Git connections: `for-use-with-all-datazone-projects` gives every
        // project all repositories that the connection sees.
        actions: &["codeconnections:UseConnection"],
        sample: "arn:{partition}:codeconnections:{place}:connection/another",
        instead: "a connection for each line of business, with an installation that sees its repositories only",
    },
];
