//! What the administrator needs to bring up the domain: the rights behind `domain` and `profile`.
//!
//! In DataZone IAM is only the outer door (the owner of a domain unit decides inside), so its actions are granted as a
//! whole where the domain is. Elsewhere the grants name the roles, buckets and keys that aiops makes.

use serde_json::Value;

use super::document::{Statement, document};

/// Where roles that DataZone takes are made, and how they begin.
const ROLES: &str = "service-role/AmazonSageMaker*";
/// How the roles begin that the CI of projects takes.
const CI_ROLES: &str = "aiops-ci-*";
/// How the buckets of projects begin: the policies that AWS has for projects reach no others.
const PROJECT_BUCKETS: &str = "amazon-sagemaker-*";

const MANAGE_ROLES: [&str; 10] = [
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UpdateAssumeRolePolicy",
];

const MANAGE_BUCKETS: [&str; 12] = [
    "s3:CreateBucket",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:ListBucket",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
];

/// The part of the domain that an account holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site<'a> {
    /// The organization.
    Management,
    /// The domain itself.
    Governance,
    /// The central registry, with its bucket of this name.
    SharedServices(&'a str),
    /// Projects.
    Projects,
}

/// What the administrator may do in `account` to bring up the part of the domain that it holds.
pub fn bootstrap(site: Site<'_>, partition: &str, account: &str) -> Value {
    let roles = || {
        [
            // AWS's own policies are all that these roles need besides what is written into them.
            Statement::allow("AttachPolicies")
                .actions(["iam:AttachRolePolicy", "iam:DetachRolePolicy"])
                .resources([format!("arn:{partition}:iam::{account}:role/{ROLES}")])
                .when("ArnLike", "iam:PolicyARN", [format!("arn:{partition}:iam::aws:policy/*")]),
            Statement::allow("MakeRoles")
                .actions(MANAGE_ROLES)
                .resources([format!("arn:{partition}:iam::{account}:role/{ROLES}")]),
            Statement::allow("LookAtRoles")
                .actions(["iam:GetRole", "iam:ListRoleTags"])
                .resources([format!("arn:{partition}:iam::{account}:role/*")]),
        ]
    };
    let buckets = |name: &str| {
        Statement::allow("MakeBuckets").actions(MANAGE_BUCKETS).resources([format!("arn:{partition}:s3:::{name}")])
    };
    let anywhere =
        |sid: &str, actions: &[&str]| Statement::allow(sid).actions(actions.iter().copied()).resources(["*"]);
    document(match site {
        Site::Management => vec![anywhere(
            "LeadTheOrganization",
            &[
                "iam:CreateServiceLinkedRole",
                "organizations:CreateAccount",
                "organizations:CreateOrganizationalUnit",
                "organizations:Describe*",
                "organizations:EnableAWSServiceAccess",
                "organizations:List*",
                "organizations:MoveAccount",
                "organizations:TagResource",
                "ram:EnableSharingWithAwsOrganization",
            ],
        )],
        Site::Governance => roles()
            .into_iter()
            .chain([
                anywhere("OwnTheDomain", &["datazone:*"]),
                anywhere(
                    "ShareTheDomain",
                    &[
                        "ram:AssociateResourceShare",
                        "ram:AssociateResourceSharePermission",
                        "ram:CreateResourceShare",
                        "ram:DeleteResourceShare",
                        "ram:DisassociateResourceShare",
                        "ram:Get*",
                        "ram:List*",
                        "ram:TagResource",
                    ],
                ),
                // For a domain with single sign-on or a key of its own, DataZone acts in the caller's name.
                anywhere(
                    "LetTheDomainIn",
                    &["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant", "sso:*Application*"],
                ),
                anywhere(
                    "LookAround",
                    &[
                        "codeconnections:GetConnection",
                        "codeconnections:ListTagsForResource",
                        "identitystore:List*",
                        "kms:DescribeKey",
                        "organizations:ListAWSServiceAccessForOrganization",
                        "sso:ListInstances",
                    ],
                ),
            ])
            .collect(),
        Site::SharedServices(bucket) => vec![
            buckets(bucket),
            Statement::allow("MakeCiRoles")
                .actions(
                    MANAGE_ROLES
                        .into_iter()
                        .filter(|action| *action != "iam:PassRole")
                        .chain(["iam:GetRole", "iam:ListRoleTags"]),
                )
                .resources([format!("arn:{partition}:iam::{account}:role/{CI_ROLES}")]),
            Statement::allow("TrustCi")
                .actions([
                    "iam:AddClientIDToOpenIDConnectProvider",
                    "iam:CreateOpenIDConnectProvider",
                    "iam:GetOpenIDConnectProvider",
                    "iam:TagOpenIDConnectProvider",
                ])
                .resources([format!("arn:{partition}:iam::{account}:oidc-provider/*")]),
            anywhere(
                "MakeKeys",
                &[
                    "kms:CreateAlias",
                    "kms:CreateKey",
                    "kms:DescribeKey",
                    "kms:EnableKeyRotation",
                    "kms:GetKeyPolicy",
                    "kms:GetKeyRotationStatus",
                    "kms:ListAliases",
                    "kms:ListResourceTags",
                    "kms:PutKeyPolicy",
                    "kms:TagResource",
                ],
            ),
            anywhere(
                "MakeBuses",
                &[
                    "events:CreateEventBus",
                    "events:DeleteEventBus",
                    "events:DescribeEventBus",
                    "events:ListTagsForResource",
                    "events:PutPermission",
                    "events:TagResource",
                ],
            ),
        ],
        Site::Projects => roles()
            .into_iter()
            .chain([
                buckets(PROJECT_BUCKETS),
                anywhere(
                    "JoinTheDomain",
                    &[
                        "datazone:AddPolicyGrant",
                        "datazone:DeleteEnvironmentBlueprintConfiguration",
                        "datazone:Get*",
                        "datazone:List*",
                        "datazone:PutEnvironmentBlueprintConfiguration",
                        "datazone:RemovePolicyGrant",
                        "ram:AcceptResourceShareInvitation",
                        "ram:GetResourceShareInvitations",
                    ],
                ),
                // What `project audit` looks at.
                anywhere(
                    "SeeHowProjectsAreKeptApart",
                    &[
                        "iam:GetPolicy",
                        "iam:GetPolicyVersion",
                        "iam:ListRoles",
                        "s3:ListAllMyBuckets",
                        "sagemaker:ListEndpointConfigs",
                        "sagemaker:ListEndpoints",
                        "sagemaker:ListModelPackageGroups",
                        "sagemaker:ListModels",
                        "tag:GetResources",
                    ],
                ),
                Statement::allow("ReadPoliciesOfProjects")
                    .actions(["iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"])
                    .resources([format!("arn:{partition}:iam::{account}:role/datazone_usr_role_*")]),
            ])
            .collect(),
    })
}
