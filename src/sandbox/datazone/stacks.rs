//! What environments bring about in their accounts. AWS has stacks of CloudFormation for that; here the role of a project
//! is really made, connections are, and the rest are names.
//!
//! A stack fails for what can be seen to be wrong (a permissions boundary or a Git connection that is not there), or by a
//! fault for the step `CreateStack`, `UpdateStack` or `DeleteStack` of the service `cloudformation`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::configurations::Configuration;
use super::connections::{self, Brought};
use super::domain::Domain;
use super::environments::{Environment, Failure, Kind};
use super::projects::Project;
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};
use crate::sandbox::code_connections;
use crate::sandbox::iam::entities::{ManagedPolicy, Role};
use crate::sandbox::iam::support::unique_id;

/// AWS's own policies that the role of a project has.
const POLICIES: [&str; 2] = [
    "arn:aws:iam::aws:policy/SageMakerStudioProjectUserRolePolicy",
    "arn:aws:iam::aws:policy/SageMakerStudioProjectRoleMachineLearningPolicy",
];

/// The services that work with the role of a project.
const USERS: [&str; 7] = ["datazone", "sagemaker", "glue", "lakeformation", "bedrock", "airflow", "emr-serverless"];

/// Where an environment is made, and for whom.
struct Site<'a> {
    call: &'a Call<'a>,
    domain: &'a Domain,
    project: &'a Project,
    /// How the account has the blueprint.
    enabled: &'a Configuration,
}

/// Makes what an environment is to bring about, which is there from the moment `ready` on, or makes it anew.
pub(super) fn make(
    call: &Call<'_>,
    domain: &Domain,
    project: &Project,
    environment: &mut Environment,
    enabled: &Configuration,
    kind: Kind,
    ready: Timestamp,
) -> ApiResult<Result<(), Failure>> {
    let step_name = if kind == Kind::Update { "UpdateStack" } else { "CreateStack" };
    let site = Site { call, domain, project, enabled };
    let made = step(call, step_name, environment).and_then(|()| site.resources(environment));
    let (resources, brought) = match made {
        Ok(made) => made,
        Err(Stop::Failed(failure)) => return Ok(Err(failure)),
        Err(Stop::Broken(error)) => return Err(error),
    };
    environment.resources = resources.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    connections::bring(call, domain, project, environment, brought, ready)?;
    Ok(Ok(()))
}

/// Takes away what an environment has brought about.
pub(super) fn remove(call: &Call<'_>, domain: &Domain, environment: &Environment) -> ApiResult<Result<(), Failure>> {
    match step(call, "DeleteStack", environment) {
        Ok(()) => {}
        Err(Stop::Failed(failure)) => return Ok(Err(failure)),
        Err(Stop::Broken(error)) => return Err(error),
    }
    // A role that the project brought along is not one of its own.
    let name = environment.resource("userRoleArn").and_then(|arn| arn.rsplit('/').next());
    if let Some(role) = name.map(|name| Role::find(&call.store, &environment.account, name)).transpose()?.flatten()
        && role.tags.get("AmazonDataZoneEnvironment") == Some(&environment.id)
    {
        role.delete(&call.store)?;
    }
    connections::remove_of(call, domain, &environment.id)?;
    Ok(Ok(()))
}

/// The tags by which everything that DataZone makes tells whose it is.
pub(super) fn tags(domain: &Domain, project: &Project, environment: &Environment) -> BTreeMap<String, String> {
    let own = [
        ("AmazonDataZoneDomain", &domain.id),
        ("AmazonDataZoneDomainAccount", &domain.account),
        ("AmazonDataZoneDomainRegion", &domain.region),
        ("AmazonDataZoneProject", &project.id),
        ("AmazonDataZoneEnvironment", &environment.id),
    ];
    let of_project = project.resource_tags.iter().map(|tag| (required(tag, "key"), required(tag, "value")));
    let own = own.into_iter().map(|(key, value)| (key, value.as_str()));
    of_project.chain(own).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Why a stack goes no further.
enum Stop {
    /// As it does in AWS.
    Failed(Failure),
    /// The sandbox itself is at fault.
    Broken(ApiError),
}

impl Stop {
    fn failed(code: &str, message: impl Into<String>) -> Self {
        Stop::Failed(Failure { code: code.to_owned(), message: message.into() })
    }
}

impl<E: Into<ApiError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Broken(error.into())
    }
}

fn step(call: &Call<'_>, name: &str, environment: &Environment) -> Result<(), Stop> {
    call.step("cloudformation", name, &environment.account).map_err(|error| Stop::failed(&error.code, error.message))
}

type Resources = Vec<(&'static str, String)>;

impl Site<'_> {
    fn resources(&self, environment: &Environment) -> Result<(Resources, Vec<Brought>), Stop> {
        let (project, id) = (&self.project.id, &environment.id);
        let parameter = |name: &str| environment.parameters.get(name).filter(|value| !value.is_empty());
        let named = |name: &str, default: &str| parameter(name).map_or(default, String::as_str).to_owned();
        let blueprint = super::blueprints::existing(&self.domain.region, &environment.blueprint)?;
        Ok(match blueprint.name {
            "Tooling" => self.tooling(environment)?,
            "ToolingLite" => {
                let role = self.project.execution_role.clone().unwrap_or_default();
                let path = named("s3BucketLocation", "");
                let brought = Brought::of_tooling(environment, &path);
                (vec![("userRoleArn", role), ("s3BucketPath", path)], brought)
            }
            // DataZone adds what keeps the databases of an account apart.
            "DataLake" => (vec![("glueDBName", format!("{}_{id}", named("glueDbName", "glue_db")))], Vec::new()),
            "MLExperiments" => {
                let name = named("mlflowTrackingServerName", &format!("tracking-server-{project}-{id}"));
                let arn = format!(
                    "arn:aws:sagemaker:{}:{}:mlflow-tracking-server/{name}",
                    environment.region, environment.account
                );
                let properties = json!({"mlflowProperties": {"trackingServerArn": arn}});
                let brought = Brought { name: "project.mlflow", kind: "MLFLOW", properties };
                (vec![("mlflowTrackingServerArn", arn)], vec![brought])
            }
            "RedshiftServerless" => {
                let workgroup = named("redshiftWorkgroupName", &format!("redshift-serverless-workgroup-{id}"));
                let properties = json!({"redshiftProperties": {
                    "databaseName": named("redshiftDbName", "dev"), "storage": {"workgroupName": workgroup},
                }});
                (Vec::new(), vec![Brought { name: "project.redshift", kind: "REDSHIFT", properties }])
            }
            "Workflows" => {
                let name = format!("DataZoneMWAAEnv-{}-{project}-dev", self.domain.id);
                let properties = json!({"workflowsMwaaProperties": {"mwaaEnvironmentName": name}});
                (Vec::new(), vec![Brought { name: "default.workflow_mwaa", kind: "WORKFLOWS_MWAA", properties }])
            }
            // What the others tell of themselves has not been seen.
            _ => (Vec::new(), Vec::new()),
        })
    }

    fn tooling(&self, environment: &Environment) -> Result<(Resources, Vec<Brought>), Stop> {
        let given = |name: &str| environment.parameters.get(name).filter(|value| !value.is_empty()).cloned();
        if let Some(connection) = given("gitConnectionArn") {
            code_connections::usable_in_projects(self.call, &connection)?
                .map_err(|why| Stop::failed("InvalidRequest", why))?;
        }
        let regional = self.enabled.regional(&environment.region);
        let role = match &self.project.execution_role {
            Some(role) => role.clone(),
            None => self.role(environment, regional)?,
        };
        let bucket = required(regional, "S3Location").trim_end_matches('/');
        let path = format!("{bucket}/{}/{}", self.domain.id, self.project.id);
        let number = environment.id.get(..12).unwrap_or_default();
        let mut resources = vec![
            ("userRoleArn", role),
            ("s3BucketPath", format!("{path}/dev")),
            ("vpcId", required(regional, "VpcId").to_owned()),
            ("privateSubnets", required(regional, "Subnets").to_owned()),
            ("securityGroup", format!("sg-00000{number}")),
            ("enableS3AccessGrantsForTools", "false".to_owned()),
        ];
        if let Some(key) = text(regional, "KmsKeyArn") {
            resources.push(("kmsKeyArn", key.to_owned()));
        }
        for name in ["gitConnectionArn", "gitFullRepositoryId", "gitBranchName"] {
            resources.extend(given(name).map(|value| (name, value)));
        }
        Ok((resources, Brought::of_tooling(environment, &format!("{path}/shared/"))))
    }

    /// The ARN of the project's own role, which is there afterwards.
    fn role(&self, environment: &Environment, regional: &Value) -> Result<String, Stop> {
        let store = &self.call.store;
        let boundary = text(&self.enabled.settings, "environmentRolePermissionBoundary")
            .or_else(|| text(regional, "PermissionsBoundaryArn"))
            .filter(|arn| !arn.is_empty());
        if let Some(arn) = boundary
            && ManagedPolicy::find(store, arn)?.is_none()
        {
            return Err(Stop::failed("NoSuchEntity", format!("Scope ARN: {arn} does not exist or is not attachable.")));
        }
        let name = format!("datazone_usr_role_{}_{}", self.project.id, environment.id);
        let mut role = match Role::find(store, &environment.account, &name)? {
            Some(role) => role,
            None => {
                let id = unique_id(self.call, "AROA")?;
                Role::new(&environment.account, "/", &name, id, self.trust(environment), self.call.now)
            }
        };
        role.boundary = boundary.map(str::to_owned);
        role.attached = POLICIES.map(str::to_owned).to_vec();
        role.tags = tags(self.domain, self.project, environment);
        role.tags.insert("AmazonDataZoneBlueprint".to_owned(), "Tooling".to_owned());
        // AWS sets these in the sessions of the role; the sandbox opens none.
        let bucket = required(regional, "S3Location").trim_start_matches("s3://");
        role.tags.insert("DomainBucketName".to_owned(), bucket.split('/').next().unwrap_or_default().to_owned());
        role.save(store)?;
        Ok(role.arn)
    }

    fn trust(&self, environment: &Environment) -> String {
        let services = USERS.map(|service| format!("{service}.amazonaws.com"));
        json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": services},
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetContext", "sts:SetSourceIdentity"],
            "Condition": {"StringEquals": {"aws:SourceAccount": [self.domain.account, environment.account]}},
        }})
        .to_string()
    }
}
