//! Talking to many AWS accounts: one base configuration, one session per account, Region and role.
//!
//! ```text
//! ambient credentials -> [roles to go through] -> role of the persona in the account -> clients
//! ```
//!
//! Each account and Region has rate limits and a retry partition of its own, so that one that is throttled slows no other.

pub mod error;
pub mod fanout;
pub mod poll;

mod limit;
mod probe;
mod role;
mod sandbox;
mod time;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, ConnectorBuilder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::shared::IntoShared as _;
use tokio::sync::OnceCell;

use self::error::AwsError;
use self::limit::{Limited, Limits};
use self::role::{AssumedRole, Terms};
use self::time::SdkTime;
use crate::clock::SharedClock;
use crate::error::{Error, Kind, Result};
use crate::governance;
use crate::landscape::RoleToAssume;
use crate::sandbox::Sandbox;

pub use self::probe::Trial;
pub use self::time::moment;

/// Attempts per call before an error is reported: with the SDK's back-off, 15 seconds on a connection that fails at once.
const ATTEMPTS: u32 = 5;

/// Whose name a role session carries in `SourceIdentity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceIdentity {
    /// The caller's own, from `GetCallerIdentity`.
    Caller,
    /// None: for organisations whose trust policies forbid it.
    None,
    /// This one.
    Fixed(String),
}

/// How to reach AWS.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of a profile of the AWS configuration files.
    pub profile: Option<String>,
    /// The Region of calls that belong to no other.
    pub region: String,
    /// In place of AWS's own endpoints, for every service.
    pub endpoint_url: Option<String>,
    /// The sandbox to talk to in place of AWS, and the account whose administrator the caller is there.
    pub sandbox: Option<(Sandbox, String)>,
    /// Roles to assume first, in order.
    pub via: Vec<RoleToAssume>,
    /// Whose name sessions carry.
    pub source_identity: SourceIdentity,
    /// How long sessions last.
    pub duration: Duration,
    /// Session tags.
    pub tags: Vec<(String, String)>,
}

/// The caller, as AWS sees the ambient credentials.
#[derive(Clone, Debug)]
pub struct CallerIdentity {
    /// The account, twelve digits.
    pub account: String,
    /// ARN of the caller.
    pub arn: String,
}

/// AWS, seen from the caller's credentials.
pub struct Aws {
    base: SdkConfig,
    http: SharedHttpClient,
    clock: SharedClock,
    options: Options,
    caller: OnceCell<CallerIdentity>,
    sessions: Mutex<HashMap<SessionKey, Arc<OnceCell<Session>>>>,
    /// By account and Region: AWS counts the calls of all sessions together.
    limits: Mutex<HashMap<String, Limits>>,
    retries: Retries,
}

/// Names retry partitions. The SDK shares them in the whole process, with what it has learnt by the clock of whoever came
/// first; each way to AWS has a clock of its own.
#[derive(Clone, Copy, Debug)]
struct Retries(u64);

impl Retries {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Retries(COUNT.fetch_add(1, Ordering::Relaxed))
    }

    fn partition(self, account: &str, region: &str) -> RetryPartition {
        RetryPartition::custom(format!("{}/{account}/{region}", self.0)).build()
    }

    /// STS, with the credentials of `config`.
    fn sts(self, config: &SdkConfig) -> aws_sdk_sts::Client {
        let region = config.region().map_or("", |region| region.as_ref());
        let partition = self.partition("sts", region);
        aws_sdk_sts::Client::from_conf(aws_sdk_sts::config::Builder::from(config).retry_partition(partition).build())
    }
}

type SessionKey = (String, String, Option<RoleToAssume>);

impl Aws {
    /// Whether calls go to a sandbox of this process.
    pub fn is_sandbox(&self) -> bool {
        self.options.sandbox.is_some()
    }

    /// Reads the AWS configuration. Makes no call.
    pub async fn load(options: Options, clock: SharedClock) -> Result<Self> {
        let time = SdkTime(clock.clone());
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(options.region.clone()))
            .retry_config(RetryConfig::adaptive().with_max_attempts(ATTEMPTS))
            .sleep_impl(time.clone())
            .time_source(time);
        if let Some(profile) = &options.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &options.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        // One client, and one pool of connections, for every account.
        let http = match &options.sandbox {
            None => network(),
            Some((sandbox, account)) => {
                // By the sandbox's convention an account's number is its administrator's key. Neither half is a secret.
                let administrator = Credentials::new(account, "sandbox", None, None, "sandbox");
                loader = loader.credentials_provider(administrator);
                sandbox::InProcess(sandbox.clone()).into_shared()
            }
        };
        let base = loader.http_client(http.clone()).load().await;
        Ok(Aws {
            base,
            http,
            clock,
            options,
            caller: OnceCell::new(),
            sessions: Mutex::default(),
            limits: Mutex::default(),
            retries: Retries::new(),
        })
    }

    /// The ambient credentials themselves; nothing if there are none.
    pub async fn ambient(&self) -> Option<Credentials> {
        let provider = self.base.credentials_provider()?;
        provider.provide_credentials().await.ok()
    }

    /// Who the ambient credentials belong to. Asked once.
    pub async fn caller(&self) -> Result<&CallerIdentity> {
        self.caller.get_or_try_init(|| async { caller(&self.retries.sts(&self.base)).await }).await
    }

    /// A session in `account` and `region` as `role`; without a role, with the ambient credentials. Opened once.
    pub async fn session(&self, account: &str, region: &str, role: Option<&RoleToAssume>) -> Result<Session> {
        let cell = self.cell(account, region, role);
        cell.get_or_try_init(|| async { self.open(account, region, role, self.terms().await?).await }).await.cloned()
    }

    /// A session as a role whose trust policy lets nobody bring a source identity or tags along, such as those that
    /// Organizations makes.
    pub async fn plain_session(&self, account: &str, region: &str, role: &RoleToAssume) -> Result<Session> {
        let plain = || async {
            let terms = Terms { source_identity: None, tags: Vec::new(), ..self.terms().await? };
            self.open(account, region, Some(role), terms).await
        };
        self.cell(account, region, Some(role)).get_or_try_init(plain).await.cloned()
    }

    fn cell(&self, account: &str, region: &str, role: Option<&RoleToAssume>) -> Arc<OnceCell<Session>> {
        let key = (account.to_owned(), region.to_owned(), role.cloned());
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone()
    }

    async fn open(&self, account: &str, region: &str, role: Option<&RoleToAssume>, terms: Terms) -> Result<Session> {
        let place = format!("{account}/{region}");
        let limited = Limited::new(self.http.clone(), self.limits_of(&place));
        let mut config = self.base.to_builder().region(Region::new(region.to_owned())).http_client(limited).build();
        if let Some(role) = role {
            config = self.through(config, role, &terms).await?;
        } else if self.caller().await?.account != account {
            return Err(Error::new(
                Kind::NotAuthenticated,
                format!("the credentials belong to account {}, not {account}", self.caller().await?.account),
            )
            .hint("name a role for this account in aiops.yaml (`roles`), or use credentials of that account"));
        }
        Ok(Session {
            account: account.to_owned(),
            region: region.to_owned(),
            source_identity: terms.source_identity.filter(|_| role.is_some()),
            config,
            retries: self.retries,
            retry_partition: self.retries.partition(account, region),
        })
    }

    /// The configuration with the credentials of `role`, assumed by way of those before it.
    async fn through(&self, mut config: SdkConfig, role: &RoleToAssume, terms: &Terms) -> Result<SdkConfig> {
        for step in self.options.via.iter().chain([role]) {
            let assumed = AssumedRole::assume(self.retries.sts(&config), step.clone(), terms.clone()).await?;
            config = config.to_builder().credentials_provider(SharedCredentialsProvider::new(assumed)).build();
        }
        Ok(config)
    }

    fn limits_of(&self, place: &str) -> Limits {
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Limits::new(self.clock.clone(), place.to_owned());
        limits.entry(place.to_owned()).or_insert_with(new).clone()
    }

    async fn terms(&self) -> Result<Terms> {
        let source_identity = self.source_identity().await?;
        let session_name = match &source_identity {
            Some(name) => name.clone(),
            None => governance::source_identity(&self.caller().await?.arn).unwrap_or_else(|| "aiops".to_owned()),
        };
        Ok(Terms { session_name, source_identity, duration: self.options.duration, tags: self.options.tags.clone() })
    }

    /// The name that sessions carry; none if they are to carry none.
    pub async fn source_identity(&self) -> Result<Option<String>> {
        Ok(match &self.options.source_identity {
            SourceIdentity::None => None,
            SourceIdentity::Fixed(name) => governance::source_identity(name),
            SourceIdentity::Caller => governance::source_identity(&self.caller().await?.arn),
        })
    }
}

/// HTTPS with the system's certificates, through the proxy that the environment names: the SDK's own default, which it
/// does not hand out.
fn network() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector =
            ConnectorBuilder::default().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}

/// Whoever holds the credentials of a client.
async fn caller(sts: &aws_sdk_sts::Client) -> Result<CallerIdentity> {
    let output = sts.get_caller_identity().send().await.map_err(AwsError::from)?;
    let known = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Ok(CallerIdentity { account: known(output.account()), arn: known(output.arn()) })
}

/// Clients of one account and Region under one role. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Session {
    /// The account, twelve digits.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The name that AWS records beside everything done in this session; none with ambient credentials.
    pub source_identity: Option<String>,
    config: SdkConfig,
    retries: Retries,
    retry_partition: RetryPartition,
}

impl Session {
    /// ARN of a SageMaker resource here, such as `endpoint/NAME`.
    #[cfg(feature = "sagemaker")]
    pub fn sagemaker_arn(&self, resource: &str) -> String {
        let Session { region, account, .. } = self;
        format!("arn:{}:sagemaker:{region}:{account}:{resource}", crate::landscape::partition(region))
    }

    /// Who acts in this session.
    pub async fn caller(&self) -> Result<CallerIdentity> {
        caller(&self.retries.sts(&self.config)).await
    }

    /// The same session in another Region. Both share the rate limit of the first.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Session {
            region: region.to_owned(),
            config: self.config.to_builder().region(Region::new(region.to_owned())).build(),
            retry_partition: self.retries.partition(&self.account, region),
            ..self.clone()
        }
    }

    /// S3.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config)
            .retry_partition(self.retry_partition.clone())
            .force_path_style(self.config.endpoint_url().is_some());
        aws_sdk_s3::Client::from_conf(config.build())
    }
}

/// Declares how a session gives out clients that need nothing but its configuration.
macro_rules! clients {
    ($($(#[$attribute:meta])* $name:ident: $sdk:ident,)+) => {
        impl Session {$(
            $(#[$attribute])*
            pub fn $name(&self) -> $sdk::Client {
                let config =
                    $sdk::config::Builder::from(&self.config).retry_partition(self.retry_partition.clone());
                $sdk::Client::from_conf(config.build())
            }
        )+}
    };
}

#[cfg(feature = "sagemaker")]
clients! {
    /// SageMaker.
    sagemaker: aws_sdk_sagemaker,
    /// SageMaker Runtime.
    sagemaker_runtime: aws_sdk_sagemakerruntime,
}

#[cfg(feature = "datazone")]
clients! {
    /// CodeConnections: connections to Git providers.
    codeconnections: aws_sdk_codeconnections,
    /// DataZone: SageMaker Unified Studio's domains, profiles and projects.
    datazone: aws_sdk_datazone,
    /// EventBridge.
    eventbridge: aws_sdk_eventbridge,
    /// IAM.
    iam: aws_sdk_iam,
    /// IAM Identity Center's users and groups.
    identitystore: aws_sdk_identitystore,
    /// KMS.
    kms: aws_sdk_kms,
    /// Organizations.
    organizations: aws_sdk_organizations,
    /// RAM: what accounts share with each other.
    ram: aws_sdk_ram,
    /// Secrets Manager.
    secretsmanager: aws_sdk_secretsmanager,
    /// IAM Identity Center's instances.
    sso_admin: aws_sdk_ssoadmin,
    /// The Resource Groups Tagging API: what is tagged in an account.
    tagging: aws_sdk_resourcegroupstagging,
}
