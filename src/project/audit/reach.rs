//! Who reaches what: the policies of projects' roles, evaluated here for what an account has. Nothing is tried.
//!
//! AWS would know more: policies of organizations, conditions on what only a request has, session policies. What is
//! said to be reachable is what the policies of the role (and of the bucket) allow; what is not may still be reachable by
//! a condition that nobody can know beforehand.

use std::collections::BTreeMap;

use crate::sandbox::iam::{
    Context, Decision, Need, Policies, Policy, Principal, PrincipalKind, Request, Session, evaluate,
};

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// The tag that tells the project.
pub const PROJECT: &str = "AmazonDataZoneProject";
/// The tag that tells the domain.
pub const DOMAIN: &str = "AmazonDataZoneDomain";
/// The tag that opens something to every project.
pub const FOR_ALL: &str = "for-use-with-all-datazone-projects";

/// What is asked for each type of resource, by service and type: what would read it, use it, or take it away.
const PROBES: &[(&str, &str, &[&str])] = &[
    ("sagemaker", "endpoint", &["sagemaker:InvokeEndpoint", "sagemaker:UpdateEndpoint", "sagemaker:DeleteEndpoint"]),
    ("sagemaker", "endpoint-config", &["sagemaker:DescribeEndpointConfig", "sagemaker:DeleteEndpointConfig"]),
    ("sagemaker", "model", &["sagemaker:DescribeModel", "sagemaker:DeleteModel"]),
    (
        "sagemaker",
        "model-package-group",
        &["sagemaker:DescribeModelPackageGroup", "sagemaker:CreateModelPackage", "sagemaker:DeleteModelPackageGroup"],
    ),
    (
        "sagemaker",
        "mlflow-tracking-server",
        &["sagemaker:CreatePresignedMlflowTrackingServerUrl", "sagemaker-mlflow:SearchRuns"],
    ),
    ("sagemaker", "training-job", &["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"]),
    ("sagemaker", "pipeline", &["sagemaker:StartPipelineExecution", "sagemaker:UpdatePipeline"]),
    ("sagemaker", "space", &["sagemaker:StartSession", "sagemaker:UpdateSpace"]),
    ("sagemaker", "feature-group", &["sagemaker:GetRecord", "sagemaker:PutRecord"]),
    ("glue", "database", &["glue:GetDatabase", "glue:UpdateDatabase"]),
    ("glue", "job", &["glue:StartJobRun", "glue:UpdateJob"]),
    ("glue", "connection", &["glue:GetConnection"]),
    ("athena", "workgroup", &["athena:StartQueryExecution", "athena:GetQueryResults"]),
    ("secretsmanager", "secret", &["secretsmanager:GetSecretValue"]),
    ("lambda", "function", &["lambda:InvokeFunction", "lambda:UpdateFunctionCode"]),
    ("ecr", "repository", &["ecr:BatchGetImage", "ecr:PutImage"]),
    ("logs", "log-group", &["logs:FilterLogEvents"]),
    ("events", "event-bus", &["events:PutEvents"]),
    ("codeconnections", "connection", &["codeconnections:UseConnection"]),
    ("iam", "role", &["iam:PassRole", "sts:AssumeRole"]),
    ("s3", "", &["s3:GetObject", "s3:PutObject"]),
];

/// Service and type of an ARN: `sagemaker` and `endpoint`.
pub fn kind_of(arn: &str) -> (&str, &str) {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, resource) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    // Objects and buckets have no type in their ARNs.
    let kind = if service == "s3" { "" } else { resource.split(['/', ':']).next().unwrap_or_default() };
    (service, kind)
}

/// What is asked about a resource; nothing where nobody has said what would matter.
pub fn probes(arn: &str) -> &'static [&'static str] {
    let kind = kind_of(arn);
    PROBES.iter().find(|(service, of, _)| (*service, *of) == kind).map_or(&[], |(_, _, actions)| actions)
}

/// The role of a project, with all that decides what it may do.
pub struct ProjectRole {
    /// ARN.
    pub arn: String,
    /// Unique id.
    pub id: String,
    /// Id of the project.
    pub project: String,
    /// Its tags, and those that its sessions have.
    pub tags: Tags,
    /// Its policies, inline and attached.
    pub policies: Vec<Policy>,
    /// Its boundary.
    pub boundary: Option<Policy>,
    /// Who may take it.
    pub trust: Option<Policy>,
}

/// Something that may be reached.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// ARN.
    pub arn: &'a str,
    /// The account that has it.
    pub account: &'a str,
    /// Its tags.
    pub tags: &'a Tags,
    /// The policy on it, as far as one was read.
    pub policy: Option<&'a Policy>,
}

impl ProjectRole {
    /// Those of `actions` that the role's policies allow on the target, each with the statement that does.
    pub fn reaches(&self, target: Target<'_>, actions: &[&'static str]) -> Vec<Allowed> {
        actions.iter().filter_map(|action| self.may(target, action)).collect()
    }

    fn may(&self, target: Target<'_>, action: &'static str) -> Option<Allowed> {
        let account = self.arn.split(':').nth(4).unwrap_or_default();
        let session = Session {
            role_arn: self.arn.clone(),
            role_id: self.id.clone(),
            name: "audit".to_owned(),
            source_identity: None,
            tags: self.tags.clone(),
        };
        let principal = Principal { account: account.to_owned(), kind: PrincipalKind::Session(session) };
        let identity: Vec<&Policy> = self.policies.iter().collect();
        let decision = evaluate(
            &Request {
                principal: &principal,
                action,
                resource: target.arn,
                resource_account: target.account,
                context: &context(&principal, target, action),
            },
            &Policies {
                identity: &identity,
                boundary: self.boundary.as_ref(),
                resource: target.policy,
                // Nobody takes a role that does not trust them, whatever their policies say.
                need: if action == "sts:AssumeRole" { Need::Resource } else { Need::Either },
                ..Policies::default()
            },
        );
        match decision {
            Decision::Allow { sid, .. } => Some(Allowed { action, statement: sid }),
            Decision::ExplicitDeny { .. } | Decision::ImplicitDeny { .. } => None,
        }
    }
}

/// An action that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The action.
    pub action: &'static str,
    /// Id of the statement, if it has one.
    pub statement: Option<String>,
}

fn context(principal: &Principal, target: Target<'_>, action: &str) -> Context {
    let mut context = Context::default();
    principal.describe(&mut context);
    context.set("aws:SecureTransport", "true");
    context.set("aws:ResourceAccount", target.account);
    let (service, _) = kind_of(target.arn);
    match action {
        // No policy can go by the tags of a role that is passed.
        "iam:PassRole" => context.set("iam:PassedToService", "sagemaker.amazonaws.com"),
        // Tags of buckets do not count unless that was switched on, and those of objects have a key of their own.
        _ if service == "s3" => {}
        _ => {
            for (key, value) in target.tags {
                context.set(&format!("aws:ResourceTag/{key}"), value);
                context.set(&format!("{service}:ResourceTag/{key}"), value);
            }
        }
    }
    context
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sandbox::iam::DocumentKind;

    const A: &str = "111111111111";

    fn policy(statement: Value) -> Policy {
        let document = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        Policy::parse(&document, DocumentKind::Identity).unwrap()
    }

    fn role(statement: Value) -> ProjectRole {
        ProjectRole {
            arn: format!("arn:aws:iam::{A}:role/datazone_usr_role_one_env"),
            id: "AROA1".to_owned(),
            project: "one".to_owned(),
            tags: Tags::from([(PROJECT.to_owned(), "one".to_owned())]),
            policies: vec![policy(statement)],
            boundary: None,
            trust: None,
        }
    }

    fn reached(role: &ProjectRole, arn: &str, owner: Option<&str>) -> Vec<&'static str> {
        let tags: Tags = owner.into_iter().map(|owner| (PROJECT.to_owned(), owner.to_owned())).collect();
        let target = Target { arn, account: A, tags: &tags, policy: None };
        role.reaches(target, probes(arn)).into_iter().map(|allowed| allowed.action).collect()
    }

    #[test]
    fn a_condition_on_the_project_s_tag_keeps_projects_apart_and_leaves_out_what_has_none() {
        let careful = role(json!({"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*", "Condition": {
            "StringEquals": {format!("aws:ResourceTag/{PROJECT}"): format!("${{aws:PrincipalTag/{PROJECT}}}")}}}));
        let endpoint = format!("arn:aws:sagemaker:eu-west-1:{A}:endpoint/e");
        assert_eq!(reached(&careful, &endpoint, Some("one")).len(), 3);
        assert_eq!(reached(&careful, &endpoint, Some("two")), Vec::<&str>::new());
        assert_eq!(reached(&careful, &endpoint, None), Vec::<&str>::new());
        let careless = role(json!({"Effect": "Allow", "Action": "sagemaker:Invoke*", "Resource": "*"}));
        assert_eq!(reached(&careless, &endpoint, Some("two")), ["sagemaker:InvokeEndpoint"]);
    }

    #[test]
    fn tags_do_not_count_where_aws_does_not_count_them() {
        let condition = |key: &str| json!({"StringEquals": {format!("{key}/{PROJECT}"): "two"}});
        let by_tag = json!([
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": condition("iam:ResourceTag")},
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition("aws:ResourceTag")},
        ]);
        let role = role(by_tag);
        assert!(reached(&role, &format!("arn:aws:iam::{A}:role/r"), Some("two")).is_empty());
        assert!(reached(&role, "arn:aws:s3:::bucket/key", Some("two")).is_empty());
    }

    #[test]
    fn a_boundary_limits_and_a_bucket_s_policy_opens() {
        let mut role = role(json!({"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}));
        let bus = format!("arn:aws:events:eu-west-1:{A}:event-bus/b");
        assert_eq!(reached(&role, &bus, Some("two")), ["events:PutEvents"]);
        role.boundary = Some(policy(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})));
        assert_eq!(reached(&role, &bus, Some("two")), Vec::<&str>::new());
        let open = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Principal": "*", "Resource": "arn:aws:s3:::bucket/*"}});
        let open = Policy::parse(&open.to_string(), DocumentKind::Resource).unwrap();
        let target = Target { arn: "arn:aws:s3:::bucket/key", account: A, tags: &Tags::new(), policy: Some(&open) };
        assert_eq!(role.reaches(target, probes(target.arn)), [Allowed { action: "s3:GetObject", statement: None }]);
    }

    #[test]
    fn arns_tell_what_to_ask() {
        let kinds = [
            "arn:aws:sagemaker:r:1:model-package-group/g",
            "arn:aws:secretsmanager:r:1:secret:name-x",
            "arn:aws:s3:::bucket",
            "arn:aws:sqs:r:1:queue",
        ]
        .map(|arn| (kind_of(arn), !probes(arn).is_empty()));
        assert_eq!(
            kinds,
            [
                (("sagemaker", "model-package-group"), true),
                (("secretsmanager", "secret"), true),
                (("s3", ""), true),
                (("sqs", "queue"), false),
            ]
        );
    }
}
