//! Connections to Git providers. Their handshake is the one step that AWS has in its console only.

use std::collections::BTreeMap;

use aws_sdk_codeconnections::types::ConnectionStatus;

use super::{Area, Examination, Finding, Status, console};
use crate::aws::error::{AwsError, Class};
use crate::aws::fanout;
use crate::error::{Error, Result};

/// The tag by which SageMaker Unified Studio finds the connections that projects may use.
const FOR_PROJECTS: &str = "for-use-with-all-datazone-projects";

/// A connection, and the profiles that name it.
struct Named<'a> {
    arn: String,
    profiles: Vec<&'a str>,
}

impl Named<'_> {
    /// A part of the ARN: 3 is the Region, 4 the account.
    fn part(&self, position: usize) -> &str {
        self.arn.split(':').nth(position).unwrap_or_default()
    }
}

pub(super) async fn examine(examination: &Examination<'_>) -> Vec<Finding> {
    let world = examination.world;
    let mut named: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for profile in &world.config.profiles {
        if let Some(arn) = &profile.git_connection {
            named.entry(arn.to_string()).or_default().push(profile.name.as_str());
        }
    }
    if named.is_empty() {
        let what = "no profile names a connection";
        return vec![Finding::new(Area::Git, "", "connection", Status::Skipped, what).nowhere()];
    }
    let named: Vec<Named<'_>> = named.into_iter().map(|(arn, profiles)| Named { arn, profiles }).collect();
    let settings = &world.config.concurrency;
    let question = async |connection: &Named<'_>| inspect(examination, connection).await;
    let answers = fanout::each(&named, settings.accounts, settings.account_timeout, world.clock, question).await;
    let rows = named.iter().zip(answers).map(|(connection, answer)| {
        answer.unwrap_or_else(|error| vec![Finding::unasked(Area::Git, connection.part(4), &error)])
    });
    rows.flatten().collect()
}

async fn inspect(examination: &Examination<'_>, connection: &Named<'_>) -> Result<Vec<Finding>> {
    let (region, account) = (connection.part(3), connection.part(4));
    let place = examination.places().into_iter().find(|place| place.account.as_str() == account);
    let place = place.ok_or_else(|| {
        Error::failed(format!("account {account} is none of aiops.yaml"))
            .hint("look there yourself, or use a connection in an account of the landscape")
    })?;
    let client = examination.studio.session(place).await?.in_region(region).codeconnections();
    let finding = |status, what: String| Finding::new(Area::Git, account, "connection", status, what);
    let why = format!("projects of {} cannot reach their repositories", connection.profiles.join(", "));
    let page = console(region, &format!("codesuite/settings/connections?region={region}"));
    let read = client.get_connection().connection_arn(&connection.arn).send().await.map_err(AwsError::from);
    let found = match read {
        Ok(output) => output.connection,
        Err(error) if error.class() == Class::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let Some(found) = found else {
        return Ok(vec![
            finding(Status::Problem, format!("there is no connection {}", connection.arn))
                .why(why)
                .fix(format!("make one at {page}, and name it in aiops.yaml (`git-connection`)")),
        ]);
    };
    let name = found.connection_name().unwrap_or(&connection.arn);
    let mut findings = vec![match found.connection_status() {
        Some(ConnectionStatus::Available) => finding(Status::Ok, format!("connection {name} is available")),
        Some(ConnectionStatus::Pending) => {
            finding(Status::Problem, format!("connection {name} waits for its handshake"))
                .why(why.clone())
                .fix(format!("open {page}, choose {name}, and \"Update pending connection\""))
        }
        other => {
            let status = other.map_or("unknown", ConnectionStatus::as_str);
            finding(Status::Problem, format!("connection {name} is {status}"))
                .why(why.clone())
                .fix(format!("the provider gave no grant, or took it back: delete it at {page}, and make it anew"))
        }
    }];
    let tags = client.list_tags_for_resource().resource_arn(&connection.arn).send().await.map_err(AwsError::from)?;
    if !tags.tags().iter().any(|tag| tag.key() == FOR_PROJECTS && tag.value() == "true") {
        findings.push(
            Finding::new(
                Area::Git,
                account,
                "tag",
                Status::Problem,
                format!("connection {name} is not tagged {FOR_PROJECTS}"),
            )
            .why(why)
            .fix("tag it; every project of the domain can use it then, with all repositories that it sees")
            .command(format!(
                "aws codeconnections tag-resource --region {region} --resource-arn {} \
                     --tags Key={FOR_PROJECTS},Value=true",
                connection.arn
            )),
        );
    }
    Ok(findings)
}
