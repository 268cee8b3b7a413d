//! Which account is whose, and for what.

use std::collections::BTreeSet;

use super::account::Known;
use super::{Around, Inside, Search};
use crate::aws::error::{AwsError, Class};
use crate::config::TenantName;
use crate::config::init::{Answers, StageAnswers, TenantAnswers, stage_in};
use crate::error::Result;
use crate::governance::Stage;

/// An account that may be a tenant's.
struct Candidate<'a> {
    id: &'a str,
    name: &'a str,
    /// Whether it is a data producers', by its name.
    data: bool,
    stages: BTreeSet<&'static str>,
    /// In which Region, if a profile tells.
    region: Option<&'a str>,
    known: Option<&'a Known>,
}

impl Candidate<'_> {
    fn title(&self) -> String {
        if self.name.is_empty() {
            format!("account {}", self.id)
        } else {
            format!("account {} ({})", self.id, self.name)
        }
    }

    /// What the file has to say about it.
    fn answers(&self, region: &str) -> Option<StageAnswers> {
        let mut answers = StageAnswers::of(self.id.parse().ok()?);
        let Some(known) = self.known else { return Some(answers) };
        let regions = &known.equipment.regions;
        let own = self.region.filter(|own| regions.contains_key(*own));
        // The domain's Region, or the only one there is.
        let own = own.or_else(|| regions.contains_key(region).then_some(region));
        let own = own.or_else(|| regions.keys().next().map(String::as_str)).unwrap_or(region);
        answers.region = (own != region).then(|| own.parse().ok()).flatten();
        if let Some(regional) = regions.get(own) {
            let usual = format!("amazon-sagemaker-{}-{own}-aiops", self.id);
            answers.network.clone_from(&regional.network);
            answers.projects_bucket = regional.bucket.clone().filter(|bucket| bucket.as_str() != usual);
        }
        answers.project_roles = known.equipment.roles.clone();
        Some(answers)
    }
}

impl Search<'_> {
    /// Gives every tenant its accounts: by profiles and grants, then by names; and asks for the rest.
    pub(super) fn assign(
        &self,
        around: &Around,
        inside: &Inside,
        answers: &mut Answers,
        questions: &mut Vec<String>,
    ) -> Result<()> {
        // Without units, those of the organization that have accounts are all there is.
        if answers.tenants.is_empty() {
            for (_, path, _) in &around.members {
                let name = path.last().and_then(|name| name.parse::<TenantName>().ok());
                if let Some(name) = name.filter(|name| answers.tenants.iter().all(|known| known.name != *name)) {
                    answers.tenants.push(TenantAnswers::named(name));
                }
            }
        }
        for given in &self.tenants {
            match answers.tenants.iter_mut().find(|known| known.name == given.name) {
                Some(known) => known.stages = given.stages.clone(),
                None => answers.tenants.push(given.clone()),
            }
        }
        let mut claimed = BTreeSet::new();
        let region = answers.region.to_string();
        for tenant in &mut answers.tenants {
            let candidates = candidates(&tenant.name, around, inside);
            let given = tenant.stages.iter().any(Option::is_some);
            for candidate in &candidates {
                claimed.insert(candidate.id.to_owned());
                if given {
                    // What was said counts; what the account has is looked up for it.
                    let said =
                        tenant.stages.iter_mut().flatten().filter(|stage| stage.account.as_str() == candidate.id);
                    said.for_each(|stage| *stage = candidate.answers(&region).unwrap_or_else(|| stage.clone()));
                    continue;
                }
                let mut stages: Vec<Stage> =
                    Stage::ALL.into_iter().filter(|stage| candidate.stages.contains(stage.word())).collect();
                if stages.is_empty() {
                    stages.extend(self.stage_of(candidate, tenant, questions)?);
                }
                for stage in stages {
                    let slots = if candidate.data { &mut tenant.data } else { &mut tenant.stages };
                    match &slots[stage as usize] {
                        Some(taken) => questions.push(format!(
                            "Both account {} and {} look like {} {}.",
                            taken.account,
                            candidate.title(),
                            tenant.name,
                            stage.word()
                        )),
                        None => slots[stage as usize] = candidate.answers(&region),
                    }
                }
            }
            for stage in Stage::ALL.into_iter().filter(|stage| tenant.stages[*stage as usize].is_none()) {
                questions.push(format!("Which account is {} {}?", tenant.name, stage.word()));
            }
            for stage in Stage::ALL.into_iter().filter(|stage| tenant.data[*stage as usize].is_none()) {
                if tenant.data.iter().any(Option::is_some) {
                    questions.push(format!("Which account is {} data {}?", tenant.name, stage.word()));
                }
            }
        }
        let written: BTreeSet<(String, String)> = answers
            .tenants
            .iter()
            .flat_map(|tenant| tenant.stages.iter().chain(&tenant.data).flatten())
            .map(|stage| (stage.account.to_string(), stage.region.as_ref().unwrap_or(&answers.region).to_string()))
            .collect();
        for known in inside.accounts.iter().filter(|known| claimed.contains(&known.account)) {
            for region in known.equipment.regions.keys() {
                if !written.contains(&(known.account.clone(), region.clone())) {
                    questions.push(format!("Account {} is set up in {region}, too. For which stage?", known.account));
                }
            }
        }
        for known in inside.accounts.iter().filter(|known| !claimed.contains(&known.account)) {
            questions.push(format!("The domain is shared with account {}. Whose is it?", known.account));
        }
        Ok(())
    }

    fn stage_of(
        &self,
        candidate: &Candidate<'_>,
        tenant: &TenantAnswers,
        questions: &mut Vec<String>,
    ) -> Result<Option<Stage>> {
        let question = format!("For which stage of {} is {}?", tenant.name, candidate.title());
        let words = Stage::ALL.map(|stage| stage.word().to_owned());
        let answers: Vec<String> = words.into_iter().chain(["none".to_owned()]).collect();
        let Some(index) = (self.ask)(&question, &answers)? else {
            questions.push(question);
            return Ok(None);
        };
        Ok(Stage::ALL.get(index).copied())
    }

    /// The account of the central registry, and its bucket.
    pub(super) async fn central(
        &self,
        around: &Around,
        answers: &mut Answers,
        questions: &mut Vec<String>,
    ) -> Result<()> {
        let used = answers.tenants.iter().flat_map(|tenant| tenant.stages.iter().chain(&tenant.data).flatten());
        let used: BTreeSet<&str> = used.map(|stage| stage.account.as_str()).collect();
        let free = around.members.iter().map(|(member, ..)| member).filter(|member| {
            let id = member.id.as_str();
            !used.contains(id) && id != answers.governance.as_str() && around.management.as_deref() != Some(id)
        });
        let is_shared = |name: &str| words(name).any(|word| matches!(word.as_str(), "shared" | "central" | "registry"));
        let (named, others): (Vec<_>, Vec<_>) = free.partition(|member| is_shared(&member.name));
        let account = match (&self.shared_services, named.as_slice()) {
            (Some(given), _) => Some(given.clone()),
            (None, [only]) => only.id.parse().ok(),
            (None, several) => {
                let choice = if several.is_empty() { &others } else { &named };
                let titles: Vec<String> =
                    choice.iter().map(|member| format!("{} ({})", member.id, member.name)).collect();
                let question = "Which account holds the central model registry (shared services)?";
                let index = if titles.is_empty() { None } else { (self.ask)(question, &titles)? };
                if index.is_none() {
                    questions.push(question.to_owned());
                }
                index.and_then(|index| choice.get(index)).and_then(|member| member.id.parse().ok())
            }
        };
        answers.shared_services = account;
        let Some(account) = &answers.shared_services else { return Ok(()) };
        let bucket = format!("aiops-models-{account}-{}", answers.region);
        let session = match self.enter(account.as_str()).await {
            Ok(session) => session,
            Err(error) => {
                questions.push(format!("Account {account} could not be asked for its bucket: {}", super::told(&error)));
                return Ok(());
            }
        };
        match session.s3().get_bucket_encryption().bucket(&bucket).send().await.map_err(AwsError::from) {
            Ok(read) => {
                let rules = read.server_side_encryption_configuration();
                let rules = rules.into_iter().flat_map(|all| all.rules());
                let keys = rules.filter_map(|rule| rule.apply_server_side_encryption_by_default());
                answers.kms_key = keys.filter_map(|rule| rule.kms_master_key_id()).find_map(|key| key.parse().ok());
            }
            Err(error) if error.code() == "NoSuchBucket" => questions.push(format!(
                "Account {account} has no bucket {bucket}. If the central artifacts are elsewhere, write \
                 `shared-services.bucket`; otherwise `aiops domain apply` makes it."
            )),
            Err(error) if error.class() == Class::NotFound => {}
            Err(error) => questions.push(format!("The bucket {bucket} could not be looked at: {error}")),
        }
        Ok(())
    }
}

fn words(name: &str) -> impl Iterator<Item = String> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase)
}

/// The accounts that may be a tenant's.
fn candidates<'a>(tenant: &TenantName, around: &'a Around, inside: &'a Inside) -> Vec<Candidate<'a>> {
    let unit = inside.units.iter().find(|(_, name)| name == tenant).map(|(id, _)| id);
    let uses = || inside.profiles.iter().filter(|used| used.tenant.as_ref() == Some(tenant));
    let granted = inside.accounts.iter().filter(|known| unit.is_some_and(|unit| known.equipment.units.contains(unit)));
    let mut ids: BTreeSet<&str> = granted.map(|known| known.account.as_str()).collect();
    ids.extend(uses().map(|used| used.account.as_str()));
    let placed = around.members.iter().filter(|(_, path, _)| path.last().map(String::as_str) == Some(tenant.as_str()));
    ids.extend(placed.map(|(member, ..)| member.id.as_str()));
    let candidate = |id: &'a str| {
        let member = around.members.iter().find(|(member, ..)| member.id == id);
        let name = member.map_or("", |(member, ..)| member.name.as_str());
        let path = member.map(|(_, path, _)| path.as_slice()).unwrap_or_default();
        let mut stages: BTreeSet<&'static str> =
            uses().filter(|used| used.account == id).filter_map(|used| Some(used.stage?.word())).collect();
        if stages.is_empty() {
            let told = stage_in(name).or_else(|| path.iter().rev().find_map(|unit| stage_in(unit)));
            stages.extend(told.map(|stage| stage.word()));
        }
        Candidate {
            id,
            name,
            data: words(name).any(|word| word == "data"),
            stages,
            region: uses().find(|used| used.account == id).map(|used| used.region.as_str()),
            known: inside.accounts.iter().find(|known| known.account == id),
        }
    };
    ids.into_iter().map(candidate).collect()
}
