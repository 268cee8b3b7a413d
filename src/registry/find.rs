//! Which model a person means: a name, perhaps a version, perhaps an ARN.
//!
//! `VERSION` always is the number in the tenant's dev registry, in every command: it is the number that the people who
//! made the model know. The central registry counts for itself; its versions name their source in their metadata.

use futures::future::join_all;

use super::{Version, groups, versions_with_metadata};
use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::governance::{Persona, Registry, Stage, metadata, policy};
use crate::landscape::{Place, Tenant};
use crate::model_ref::{ModelRef, numbered};
use crate::nearest::nearest_name;
use crate::world::World;

/// A model of a tenant.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    /// Whose it is.
    pub tenant: &'a Tenant,
    /// Its name: that of its group in dev.
    pub name: String,
}

impl Model<'_> {
    /// Name of its group in the central registry.
    pub fn central_group(&self) -> String {
        self.tenant.central_group_name(&self.name)
    }

    /// `tenant/model`, for messages.
    pub fn title(&self) -> String {
        format!("{}/{}", self.tenant.name, self.name)
    }
}

/// The model that `reference` means, looked up in the registry where the command will work, in dev or in central, by the
/// persona who will work there: nobody needs another's role to be understood.
pub async fn model<'a>(
    world: &World<'a>,
    reference: &ModelRef,
    tenant: Option<&str>,
    registry: Registry,
    persona: Persona,
) -> Result<Model<'a>> {
    let wanted: Vec<&'a Tenant> = match tenant {
        Some(name) => vec![world.landscape.tenant(name)?],
        None => world.landscape.tenants().iter().collect(),
    };
    let known = match registry {
        Registry::Dev => in_dev(world, &wanted, persona).await?,
        Registry::Central => in_central(world, &wanted, reference, persona).await?,
    };
    let matches: Vec<&Model<'a>> = known.iter().filter(|model| is_meant(world, model, reference)).collect();
    match matches.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(unknown(reference, registry, &known)),
        several => {
            let tenants: Vec<&str> = several.iter().map(|model| model.tenant.name.as_str()).collect();
            Err(Error::usage(format!("several tenants have a model {}: {}", reference.name, tenants.join(", ")))
                .hint(format!("say whose: --tenant {}", tenants.first().copied().unwrap_or_default())))
        }
    }
}

/// A name means the model of that name; an ARN means the model whose group it names, in dev or in central.
fn is_meant(world: &World<'_>, model: &Model<'_>, reference: &ModelRef) -> bool {
    let Some(registry) = &reference.registry else { return model.name == reference.name };
    let is = |place: &Place| registry.account == place.account.as_str() && registry.region == place.region.as_str();
    (is(world.landscape.central()) && model.central_group() == reference.name)
        || (is(model.tenant.stage(Stage::Dev)) && model.name == reference.name)
}

fn unknown(reference: &ModelRef, registry: Registry, known: &[Model<'_>]) -> Error {
    if reference.registry.is_some() {
        return Error::failed(format!("no model of the {registry} registry is {reference}")).hint(
            "account and Region of the ARN must be those of the central or of a dev registry in aiops.yaml; \
             `aiops status --output json` has the ARN of every version",
        );
    }
    let name = &reference.name;
    let error = Error::failed(format!("there is no model {name} in the {registry} registry"));
    let error = match nearest_name(name, known.iter().map(|model| model.name.as_str())) {
        Some(nearest) => error.hint(format!("did you mean {nearest}?")),
        None => error,
    };
    match registry {
        Registry::Dev => error.hint("`aiops status` lists every model; `--tenant` says where to look"),
        Registry::Central => error.hint(format!("bring it there first: `aiops promote {name} --to central`")),
    }
}

async fn in_dev<'a>(world: &World<'a>, tenants: &[&'a Tenant], persona: Persona) -> Result<Vec<Model<'a>>> {
    let asked = tenants.iter().map(|&tenant| async move {
        let session = world.session(tenant.stage(Stage::Dev), persona).await?;
        let names = groups(&session).await.map_err(|error| reading(error, tenant.stage(Stage::Dev)))?;
        Ok(names.into_iter().filter(|name| tenant.owns(name)).map(|name| Model { tenant, name }).collect::<Vec<_>>())
    });
    let mut found = Vec::new();
    let mut failures: Vec<Error> = Vec::new();
    for answer in join_all(asked).await {
        match answer {
            Ok(models) => found.extend(models),
            Err(error) => failures.push(error),
        }
    }
    // One tenant that cannot be reached does not keep the others from working.
    match failures.pop() {
        Some(error) if found.is_empty() => Err(error),
        Some(error) => {
            world.progress.warn(&format!("not every tenant could be asked: {error}"));
            Ok(found)
        }
        None => Ok(found),
    }
}

/// Names of groups are derived from tenant and model; long ones are shortened, which cannot be undone. So the group that
/// the name would have is looked for too, and where an ARN has a shortened name, the tags of the group tell the whole.
async fn in_central<'a>(
    world: &World<'a>,
    tenants: &[&'a Tenant],
    reference: &ModelRef,
    persona: Persona,
) -> Result<Vec<Model<'a>>> {
    let place = world.landscape.central();
    let session = world.session(place, persona).await?;
    let groups = groups(&session).await.map_err(|error| reading(error, place))?;
    let mut found: Vec<Model<'a>> = groups
        .iter()
        .filter_map(|group| world.landscape.model_of_central_group(group))
        .filter(|(owner, _)| tenants.iter().any(|tenant| tenant.name == owner.name))
        .map(|(tenant, name)| Model { tenant, name: name.to_owned() })
        .collect();
    let name = &reference.name;
    let of_arn = reference.registry.is_some() && groups.contains(name);
    let whole = match of_arn && !found.iter().any(|model| model.central_group() == *name) {
        true => tagged_model(&session, name).await.map_err(|error| reading(error, place))?,
        false => None,
    };
    let name = whole.as_ref().unwrap_or(name);
    for &tenant in tenants {
        let listed = found.iter().any(|model| model.tenant.name == tenant.name && model.name == *name);
        if !listed && groups.contains(&tenant.central_group_name(name)) {
            found.push(Model { tenant, name: name.to_owned() });
        }
    }
    Ok(found)
}

/// The model that the tags of a group of the central registry name. Nobody has to trust them: the group's name is derived
/// from the model's.
async fn tagged_model(session: &Session, group: &str) -> Result<Option<String>, AwsError> {
    let arn = session.sagemaker_arn(&format!("model-package-group/{group}"));
    let output = session.sagemaker().list_tags().resource_arn(arn).send().await?;
    let tag = output.tags().iter().find(|tag| tag.key() == Some(policy::MODEL_TAG));
    Ok(tag.and_then(|tag| tag.value()).map(str::to_owned))
}

fn reading(error: AwsError, place: &Place) -> Error {
    Error::from(error).context(format!("cannot read the model registry of {place}"))
}

/// The version of `model` in a registry that `reference` means; without a number, the newest.
///
/// The version of an ARN is that registry's own number; any other number is dev's.
pub async fn version(
    session: &Session,
    model: &Model<'_>,
    registry: Registry,
    reference: &ModelRef,
) -> Result<Version> {
    match (registry, &reference.registry, reference.version) {
        (Registry::Dev, Some(place), Some(number)) if place.account != session.account => Err(Error::usage(format!(
            "{reference} is the central registry's number {number}, not dev's"
        ))
        .hint(format!(
            "name the version by its number in dev, such as {}:{number}: `aiops status` shows it",
            model.name
        ))),
        (Registry::Dev, _, number) => dev_version(session, model, number).await,
        (Registry::Central, Some(place), Some(number)) if place.account == session.account => {
            let arn = reference.to_string();
            super::describe(session, &arn)
                .await
                .map(|details| details.version)
                .map_err(|error| error.context(format!("there is no version {number} of {}", model.title())))
        }
        (Registry::Central, _, number) => central_version(session, model, number).await,
    }
}

/// The version `number` of a model in its dev registry, or the newest.
async fn dev_version(session: &Session, model: &Model<'_>, number: Option<u32>) -> Result<Version> {
    let latest = if number.is_some() { None } else { Some(1) };
    let found = super::versions(session, &model.name, latest).await.map_err(|error| {
        let missing = error.class() == Class::NotFound;
        let told = Error::from(error).context(format!("cannot list the versions of {}", model.title()));
        if missing { told.hint("`aiops status` lists every model") } else { told }
    })?;
    let newest = found.first().map(|version| version.number);
    found
        .into_iter()
        .find(|version| number.is_none_or(|number| version.number == number))
        .ok_or_else(|| no_version(model, number, newest, "dev"))
}

/// The central copy of the dev version `number` of a model, or the newest copy.
async fn central_version(session: &Session, model: &Model<'_>, number: Option<u32>) -> Result<Version> {
    let copies = versions_with_metadata(session, &model.central_group(), None).await?;
    let newest = copies.iter().filter_map(|(_, properties)| metadata::source_version(properties)).max();
    copies
        .into_iter()
        .find(|(_, properties)| number.is_none() || metadata::source_version(properties) == number)
        .map(|(version, _)| version)
        .ok_or_else(|| {
            let error = no_version(model, number, newest, "central");
            error.hint(format!("bring it there first: `aiops promote {} --to central`", numbered(&model.name, number)))
        })
}

fn no_version(model: &Model<'_>, number: Option<u32>, newest: Option<u32>, registry: &str) -> Error {
    let wanted = number.map_or_else(|| "any version".to_owned(), |number| format!("version {number}"));
    let error = Error::failed(format!("there is no {wanted} of {} in the {registry} registry", model.title()));
    match newest {
        Some(newest) => error.hint(format!("the newest there is {newest}")),
        None => error,
    }
}
