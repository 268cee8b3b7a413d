//! `cicd-config.json` of a project, from its order and from what its workspaces turned out to be.

use std::collections::BTreeMap;

use super::ground::Ground;
use super::oidc;
use super::order::Order;
use super::repository;
use super::survey;
use super::workspace;
use crate::error::Result;
use crate::governance::{Persona, Stage};
use crate::plan::Facts;
use crate::seed::Holds;
use crate::seed::cicd::{self, CicdConfig, Registries, Registry, Repositories, Repository};

/// What code needs to know of what environments made: AWS's name, and that in the file.
const RESOURCES: [(&str, &str); 4] = [
    ("glueDBName", "glue-database"),
    ("s3BucketPath", "s3-uri"),
    ("userRoleArn", "user-role"),
    ("workgroupName", "athena-workgroup"),
];

/// The configuration of the project that was ordered. The repositories and workspaces must be there.
pub(crate) async fn config(ground: &Ground<'_>, order: &Order<'_>, facts: &Facts) -> Result<CicdConfig> {
    let world = ground.studio.world;
    let git = &world.config.git;
    let (central, dev) = (world.landscape.central(), order.tenant.stage(Stage::Dev));
    let repository = |holds: Holds, folder: &str| -> Result<Repository> {
        let address = repository::address(ground.studio, order, holds);
        let folder = if holds == Holds::Both { folder } else { "." };
        let (name, url) = (facts.need(&address, "name")?, facts.need(&address, "url")?);
        Ok(Repository { name, url, folder: folder.to_owned() })
    };
    let holds = Holds::of(git.layout);
    let (build, deploy) = (holds[0], holds[holds.len() - 1]);
    Ok(CicdConfig {
        version: 1,
        project: cicd::Project {
            name: order.name.to_string(),
            tenant: order.tenant.name.clone(),
            profile: order.profile.name.to_string(),
            domain: ground.domain.id.clone(),
            domain_region: ground.studio.governance().region.to_string(),
        },
        provider: git.provider,
        layout: git.layout,
        default_branch: git.default_branch.clone(),
        repositories: Repositories { build: repository(build, "build")?, deploy: repository(deploy, "deploy")? },
        registries: Registries {
            dev: Registry {
                account: dev.account.to_string(),
                region: dev.region.to_string(),
                model_package_group: order.name.to_string(),
                bucket: order.tenant.dev_bucket().to_owned(),
            },
            central: Registry {
                account: central.account.to_string(),
                region: central.region.to_string(),
                model_package_group: order.tenant.central_group_name(order.name.as_str()),
                bucket: world.landscape.central_bucket().to_owned(),
            },
        },
        stages: cicd::Stages {
            dev: stage(ground, order, facts, Stage::Dev).await?,
            test: stage(ground, order, facts, Stage::Test).await?,
            prod: stage(ground, order, facts, Stage::Prod).await?,
        },
        ci_role: oidc::role_arn(world, order.tenant, order.name.as_str()),
    })
}

async fn stage(ground: &Ground<'_>, order: &Order<'_>, facts: &Facts, stage: Stage) -> Result<cicd::Stage> {
    let place = order.place(stage);
    let name = order.workspace(stage);
    let project = facts.get(&workspace::named(ground, &name), "id");
    let (mut mlflow, mut resources) = (None, BTreeMap::new());
    if let Some(id) = &project {
        let environments = survey::environments(ground, &name, id).await?;
        mlflow = survey::mlflow(&environments, &survey::connections(ground, &name, id).await?);
        for (from, to) in RESOURCES {
            let found = environments.iter().find_map(|environment| environment.resources.get(from));
            resources.extend(found.map(|value| (to.to_owned(), value.clone())));
        }
    }
    Ok(cicd::Stage {
        account: place.account.to_string(),
        region: place.region.to_string(),
        bucket: order.bucket(ground.studio.world, stage),
        execution_role: place.execution_role(),
        ci_role: place.role_arn(Persona::Ci),
        project,
        endpoint: (stage != Stage::Dev && order.has_models())
            .then(|| order.tenant.endpoint_name(order.name.as_str(), stage)),
        mlflow,
        resources,
    })
}
