//! Whether every persona can take its role where it acts, under the name of whoever runs aiops.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Area, Examination, Finding, Status, console};
use crate::aws::error::{AwsError, Class};
use crate::aws::{Session, Trial, fanout};
use crate::error::{Error, Kind, Result};
use crate::governance::machine::{MOVES, Registry};
use crate::governance::policy::{self, Trustees};
use crate::governance::{Persona, Stage, Status as Decision};
use crate::landscape::{Place, RoleToAssume};

/// The personas that act in a place.
struct Post<'w> {
    place: &'w Place,
    personas: BTreeSet<Persona>,
}

impl<'w> Examination<'w> {
    /// Every account, each once.
    pub(super) fn places(&self) -> Vec<&'w Place> {
        let mut places: Vec<&Place> = Vec::new();
        for post in self.posts() {
            if places.iter().all(|known| known.account != post.place.account) {
                places.push(post.place);
            }
        }
        places
    }

    /// Who acts where. A persona that neither moves versions nor deploys in an account need not exist there; but
    /// engineers read what dev has, to show it and to copy it.
    fn posts(&self) -> Vec<Post<'w>> {
        let landscape = self.world.landscape;
        let moving = |registry: Registry| {
            MOVES.iter().filter(move |step| step.registry == registry).flat_map(|step| step.by.iter().copied())
        };
        let deploying = |stage: Stage| {
            let asked = move |step: &&crate::governance::machine::Move| {
                step.to.stage == stage && step.to.status == Decision::Pending && step.registry == Registry::Central
            };
            MOVES.iter().filter(asked).flat_map(|step| step.by.iter().copied())
        };
        let mut posts = vec![
            Post::new(landscape.management(), []),
            Post::new(landscape.governance(), []),
            Post::new(landscape.central(), moving(Registry::Central)),
        ];
        for tenant in landscape.tenants() {
            for stage in Stage::ALL {
                let place = tenant.stage(stage);
                posts.push(match stage {
                    Stage::Dev => Post::new(place, moving(Registry::Dev).chain([Persona::Engineer])),
                    Stage::Test | Stage::Prod => Post::new(place, deploying(stage)),
                });
                posts.extend(tenant.data(stage).map(|place| Post::new(place, [])));
            }
        }
        posts
    }
}

impl<'w> Post<'w> {
    /// The administrator acts everywhere.
    fn new(place: &'w Place, personas: impl IntoIterator<Item = Persona>) -> Self {
        Post { place, personas: personas.into_iter().chain([Persona::Administrator]).collect() }
    }
}

pub(super) async fn examine(examination: &Examination<'_>) -> Vec<Finding> {
    let world = examination.world;
    if !world.config.session.assume_roles {
        let what = "no role is assumed: `assume-roles: false` under `session` in aiops.yaml";
        return vec![Finding::new(Area::Trust, "", "roles", Status::Skipped, what).nowhere()];
    }
    let mut seen = BTreeSet::new();
    let mut posts = examination.posts();
    // Stages may share an account, and personas a role.
    for post in &mut posts {
        let place = post.place;
        post.personas.retain(|persona| seen.insert(place.role_arn(*persona)));
    }
    posts.retain(|post| !post.personas.is_empty());
    let settings = &world.config.concurrency;
    let question = async |post: &Post<'_>| inspect(examination, post).await;
    let answers = fanout::each(&posts, settings.accounts, settings.account_timeout, world.clock, question).await;
    let rows = posts.iter().zip(answers).map(|(post, answer)| {
        answer.unwrap_or_else(|error| vec![Finding::unasked(Area::Trust, &post.place.account, &error)])
    });
    rows.flatten().collect()
}

async fn inspect(examination: &Examination<'_>, post: &Post<'_>) -> Result<Vec<Finding>> {
    let world = examination.world;
    let mut findings = Vec::new();
    let mut trusted = Vec::new();
    for &persona in &post.personas {
        match world.session_as(post.place, persona).await {
            Ok(_) => trusted.push(persona.title()),
            Err(error) if error.kind() == Kind::Denied => {
                findings.push(refused(examination, post.place, persona, &error).await?);
            }
            Err(error) => return Err(error),
        }
    }
    if !trusted.is_empty() {
        let what = format!("{} can be taken{}", trusted.join(", "), under(examination).await?);
        findings.insert(0, Finding::new(Area::Trust, &post.place.account, "roles", Status::Ok, what));
    }
    Ok(findings)
}

/// As whom AWS records what is done in the roles.
async fn under(examination: &Examination<'_>) -> Result<String> {
    let name = examination.world.aws.source_identity().await?;
    Ok(name.map(|name| format!(" under the name {name}")).unwrap_or_default())
}

/// What keeps a persona from its role.
async fn refused(examination: &Examination<'_>, place: &Place, persona: Persona, error: &Error) -> Result<Finding> {
    let world = examination.world;
    let role = place.role(persona);
    let finding = |status, what: String| Finding::new(Area::Trust, &place.account, persona.as_str(), status, what);
    let region = place.region.as_str();
    let named = world.config.session.source_identity.as_str() != "none";
    let accepts = async |named: bool, tagged: bool| -> bool {
        world.aws.try_role(region, &role, Trial { named, tagged }).await.is_ok()
    };
    let statement = |actions: &[&str], principal: &str| {
        json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions}).to_string()
    };
    let principal = principal(examination).await?;
    let page = trust_page(region, &role);
    if named && accepts(false, true).await {
        let missing = statement(&["sts:SetSourceIdentity"], &principal);
        return Ok(finding(Status::Problem, format!("{} can be taken, but not under a name", role.arn))
            .why("four-eyes rules know people by their source identity: without it, nobody may approve anything")
            .fix(format!("add this statement to the role's trust policy: {missing} at {page}")));
    }
    if !named && accepts(true, true).await {
        return Ok(finding(Status::Problem, format!("{} is only given to those who say their name", role.arn))
            .why("four-eyes rules know people by their source identity")
            .fix("write `source-identity: caller` under `session` in aiops.yaml"));
    }
    if world.aws.tags_sessions() && accepts(named, false).await {
        let missing = statement(&["sts:TagSession"], &principal);
        return Ok(finding(Status::Problem, format!("{} can be taken, but not with session tags", role.arn))
            .why("every session carries the tags of aiops.yaml (`session.tags`), so none can be opened")
            .fix(format!("add this statement to the role's trust policy: {missing} at {page}")));
    }
    let cause = error.causes().last().map_or_else(|| error.to_string(), ToString::to_string);
    let why = format!("the {} cannot act in this account", persona.title());
    let finding = finding(Status::Problem, cause).why(why);
    // Whoever administers the account can read what the role asks for.
    let administrator = examination.studio.session(place).await.ok();
    let trust = match &administrator {
        Some(session) => trust_of(session, &role).await.unwrap_or(Trust::Unknown),
        None => Trust::Unknown,
    };
    Ok(match trust {
        Trust::NoRole => {
            let finding = match administrator.filter(|_| persona == Persona::Administrator) {
                Some(session) => stood_in(examination, &session, finding).await?,
                None => finding,
            };
            finding
                .fix(format!("make the role {}, and give it the policies of the persona", role.arn))
                .command(create(&role, &principal))
        }
        Trust::AsksFor(ids) if !ids.iter().any(|id| Some(id) == role.external_id.as_ref()) => {
            let given = role.external_id.as_deref().map_or("none".to_owned(), |id| format!("{id:?}"));
            finding.fix(format!(
                "the role asks for external id {}, aiops.yaml has {given}: correct `external-id` there",
                ids.iter().map(|id| format!("{id:?}")).collect::<Vec<_>>().join(" or ")
            ))
        }
        Trust::AsksFor(_) | Trust::Unknown => {
            let actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];
            let missing = statement(&actions, &principal);
            finding.fix(format!(
                "add this statement to the role's trust policy: {missing} at {page}; and let your own principal call \
                 these actions on {}",
                role.arn
            ))
        }
    })
}

/// The finding about the role of an administrator who acts in spite of its absence.
async fn stood_in(examination: &Examination<'_>, session: &Session, finding: Finding) -> Result<Finding> {
    let own = examination.world.aws.caller().await?.account == session.account;
    let how = if own { "with the caller's own credentials" } else { "through the role that Organizations made" };
    Ok(Finding {
        status: Status::Warning,
        what: format!("there is no role for the administrator: they act {how}"),
        why: Some("what is done is recorded under credentials that more people hold than need to".to_owned()),
        ..finding
    })
}

/// Whom a role has to trust: whoever assumes it.
async fn principal(examination: &Examination<'_>) -> Result<String> {
    let landscape = examination.world.landscape;
    if let Some(last) = landscape.via().last() {
        return Ok(last.arn.clone());
    }
    let account = &examination.world.aws.caller().await?.account;
    Ok(format!("arn:{}:iam::{account}:root", landscape.governance().partition()))
}

fn create(role: &RoleToAssume, principal: &str) -> String {
    let trustees = Trustees { principals: vec![principal.to_owned()], external_id: role.external_id.clone() };
    let document = policy::trust(&trustees);
    format!("aws iam create-role --role-name {} --assume-role-policy-document '{document}'", name(role))
}

fn name(role: &RoleToAssume) -> &str {
    role.arn.rsplit('/').next().unwrap_or_default()
}

fn trust_page(region: &str, role: &RoleToAssume) -> String {
    console(region, &format!("iam/home#/roles/details/{}?section=trust_relationships", name(role)))
}

/// What a role's trust policy asks for.
enum Trust {
    NoRole,
    /// One of these external ids, if any.
    AsksFor(Vec<String>),
    Unknown,
}

async fn trust_of(session: &Session, role: &RoleToAssume) -> Result<Trust> {
    let read = session.iam().get_role().role_name(name(role)).send().await.map_err(AwsError::from);
    let document = match read {
        Ok(output) => output.role.and_then(|role| role.assume_role_policy_document).unwrap_or_default(),
        Err(error) if error.class() == Class::NotFound => return Ok(Trust::NoRole),
        Err(error) => return Err(error.into()),
    };
    let document = percent_encoding::percent_decode_str(&document).decode_utf8_lossy();
    let ids = external_ids(&serde_json::from_str(&document).unwrap_or_default());
    Ok(if ids.is_empty() { Trust::Unknown } else { Trust::AsksFor(ids) })
}

/// The external ids that a trust policy names.
fn external_ids(trust: &Value) -> Vec<String> {
    let list = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        single => vec![single.clone()],
    };
    let mut ids: Vec<String> = list(&trust["Statement"])
        .iter()
        .filter_map(|statement| statement["Condition"].as_object())
        .flat_map(|operators| operators.values())
        .flat_map(|keys| list(&keys["sts:ExternalId"]))
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    ids.sort();
    ids.dedup();
    ids
}
