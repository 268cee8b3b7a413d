//! From the containers of a model to what answers: fetches their artifacts as the execution role would, and loads them.
//!
//! Tests and demos can make a model fail its health check: the environment variable `SANDBOX_FAIL` with the value `ping`
//! in a container of the model (of the model package, or of `CreateModel`) does it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::common::Arn;
use super::predictor::{LinearModel, LoadError, MODEL_FILE};
use crate::sandbox::authorization::{AwsService, service_may};
use crate::sandbox::call::{ApiResult, Call, text};
use crate::sandbox::s3;

/// How SageMaker takes roles.
pub(super) const SAGEMAKER: AwsService = AwsService { principal: "sagemaker.amazonaws.com", session: "SageMaker" };

/// The environment variable that makes a container fail, and the value with which it does.
const FAIL: (&str, &str) = ("SANDBOX_FAIL", "ping");

/// Artifacts larger than this are not looked into.
const ARTIFACT_LIMIT: u64 = 64 << 20;

/// A container of a model, with everything that its model package adds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Container {
    image: String,
    image_digest: Option<String>,
    artifact: Option<Artifact>,
    environment: Map<String, Value>,
}

/// Where a container's model data is.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Artifact {
    url: String,
    /// A `.tar.gz`, not a prefix with the files under it.
    packed: bool,
    /// Given as a `ModelDataSource`, not as a `ModelDataUrl`.
    data_source: bool,
}

/// An image as asked for and as found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `SpecifiedImage`.
    pub specified: String,
    /// `ResolvedImage`: with the digest in place of the tag.
    pub resolved: String,
}

/// What answers the invocations of a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Serving {
    /// A linear model.
    Linear(LinearModel),
    /// Nothing that the sandbox can run; says why.
    Nothing(String),
    /// Inference components, which the sandbox does not have.
    InferenceComponents,
}

/// The role that SageMaker takes for a model.
#[derive(Clone, Copy)]
pub struct ExecutionRole<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// The model's.
    pub model: &'a Arn,
}

impl ExecutionRole<'_> {
    /// Whether the role lets SageMaker read the model data.
    fn may_read(self, call: &Call<'_>, artifact: &Artifact) -> ApiResult<bool> {
        let Some((bucket, key)) = artifact.location(artifact.file()) else { return Ok(false) };
        let Some(access) = s3::read_access(call, &bucket, &key)? else { return Ok(false) };
        service_may(call, SAGEMAKER, &self.model.to_string(), self.arn, &access)
    }
}

/// A model that was started: what it serves, and why it does not come up if it does not.
pub struct Started {
    /// What answers.
    pub serving: Serving,
    /// AWS's `FailureReason`.
    pub failure: Option<String>,
}

impl Container {
    /// From a `ContainerDefinition` or a `ModelPackageContainerDefinition`; `environment` overrides its own.
    pub fn of(definition: &Value, environment: Option<&Map<String, Value>>) -> Self {
        let source = definition.get("ModelDataSource").and_then(|source| source.get("S3DataSource"));
        let artifact = match (text(definition, "ModelDataUrl"), source) {
            (Some(url), _) => Some(Artifact { url: url.to_owned(), packed: true, data_source: false }),
            (None, Some(source)) => text(source, "S3Uri").map(|url| Artifact {
                url: url.to_owned(),
                packed: text(source, "CompressionType") == Some("Gzip"),
                data_source: true,
            }),
            (None, None) => None,
        };
        let mut merged = definition.get("Environment").and_then(Value::as_object).cloned().unwrap_or_default();
        merged.extend(environment.cloned().unwrap_or_default());
        Container {
            image: text(definition, "Image").unwrap_or_default().to_owned(),
            image_digest: text(definition, "ImageDigest").map(str::to_owned),
            artifact,
            environment: merged,
        }
    }

    /// Whether the model data is given as a `ModelDataSource`, which serverless endpoints do not take.
    pub fn has_data_source(&self) -> bool {
        self.artifact.as_ref().is_some_and(|artifact| artifact.data_source)
    }

    /// The image with the digest that a registry would find: the pinned one, else one made from the name.
    pub fn image(&self) -> Image {
        let (repository, pinned) = match self.image.split_once('@') {
            Some((repository, digest)) => (repository, Some(digest)),
            None => {
                // A colon before the last slash is a registry's port, not a tag.
                let name = self.image.rfind('/').map_or(0, |slash| slash + 1);
                let tag = self.image.get(name..).and_then(|name| name.find(':')).map(|colon| name + colon);
                (self.image.get(..tag.unwrap_or(self.image.len())).unwrap_or_default(), self.image_digest.as_deref())
            }
        };
        let digest = pinned
            .map_or_else(|| format!("sha256:{}", hex::encode(Sha256::digest(self.image.as_bytes()))), str::to_owned);
        Image { specified: self.image.clone(), resolved: format!("{repository}@{digest}") }
    }

    /// AWS's words if the model data is not there, or not for `role` to read, as far as `CreateModel` looks.
    pub fn check(&self, call: &Call<'_>, role: ExecutionRole<'_>) -> ApiResult<Option<String>> {
        let Some(artifact) = &self.artifact else { return Ok(None) };
        let url = &artifact.url;
        if !role.may_read(call, artifact)? {
            return Ok(Some(format!(
                "Could not access model data at {url}. Please ensure that the role \"{}\" exists and that its trust \
                 relationship policy allows the action \"sts:AssumeRole\" for the service principal \
                 \"{}\". Also ensure that the role has \"s3:GetObject\" permissions and that the \
                 object is located in {}.",
                role.arn, SAGEMAKER.principal, call.region
            )));
        }
        let found = artifact.is_there(call)?;
        Ok((!found).then(|| format!("Could not find model data at {url}.")))
    }
}

impl Artifact {
    fn location(&self, file: &str) -> Option<(String, String)> {
        let (bucket, key) = self.url.strip_prefix("s3://")?.split_once('/')?;
        Some((bucket.to_owned(), format!("{key}{file}")))
    }

    /// The file that is looked into, after the location of the model data.
    fn file(&self) -> &'static str {
        if self.packed { "" } else { MODEL_FILE }
    }

    fn is_there(&self, call: &Call<'_>) -> ApiResult<bool> {
        let Some((bucket, key)) = self.location("") else { return Ok(false) };
        if self.packed { Ok(artifact(call, &bucket, &key, 0)?.is_some()) } else { s3::any_object(call, &bucket, &key) }
    }

    /// What the model data lets the sandbox serve.
    fn serving(&self, call: &Call<'_>) -> ApiResult<Result<Serving, LoadError>> {
        let bytes = match self.location(self.file()) {
            Some((bucket, key)) => artifact(call, &bucket, &key, ARTIFACT_LIMIT + 1)?,
            None => None,
        };
        let loaded = match bytes {
            None => Ok(None),
            Some(bytes) if bytes.len() as u64 > ARTIFACT_LIMIT => {
                return Ok(Ok(unservable(&format!("the model data is larger than {ARTIFACT_LIMIT} bytes"))));
            }
            Some(bytes) if self.packed => LinearModel::from_archive(&bytes),
            Some(bytes) => LinearModel::from_json(&bytes).map(Some),
        };
        let serving = |model: Option<LinearModel>| {
            model.map_or_else(|| unservable(&format!("the model data holds no {MODEL_FILE}")), Serving::Linear)
        };
        Ok(loaded.map(serving))
    }
}

fn unservable(why: &str) -> Serving {
    Serving::Nothing(format!(
        "{why}: the sandbox serves models of one container whose model.tar.gz holds a {MODEL_FILE} of aiops-linear/1"
    ))
}

/// Starts the containers of a model behind `variant`, with what `role` may read.
pub fn start(
    call: &Call<'_>,
    variant: &str,
    role: Option<ExecutionRole<'_>>,
    containers: &[Container],
) -> ApiResult<Started> {
    let mut serving = unservable(&format!("the model has {} containers", containers.len()));
    for (index, container) in containers.iter().enumerate() {
        match container.load(call, variant, index, role)? {
            Ok(loaded) if containers.len() == 1 => serving = loaded,
            Ok(_) => {}
            Err(failure) => return Ok(Started { serving, failure: Some(failure) }),
        }
    }
    Ok(Started { serving, failure: None })
}

impl Container {
    /// What the container serves, or AWS's words on why it does not come up.
    fn load(
        &self,
        call: &Call<'_>,
        variant: &str,
        index: usize,
        role: Option<ExecutionRole<'_>>,
    ) -> ApiResult<Result<Serving, String>> {
        let name = format!("container_{}", index + 1);
        let which = if index == 0 { "primary" } else { name.as_str() };
        let sick = format!(
            "The {which} container for production variant {variant} did not pass the ping health check. Please check \
             CloudWatch logs for this endpoint."
        );
        let serving = match &self.artifact {
            None => Ok(unservable("the model has no model data")),
            Some(artifact) => {
                let url = &artifact.url;
                let readable = role.map_or(Ok(false), |role| role.may_read(call, artifact))?;
                if !readable || !artifact.is_there(call)? {
                    return Ok(Err(format!(
                        "Failed to download model data for container \"{name}\" from URL: \"{url}\". Please ensure that \
                         there is an object located at the URL and that the role passed to CreateModel has permissions to \
                         download the object."
                    )));
                }
                artifact.serving(call)?.map_err(|error| match error {
                    LoadError::Archive(_) => format!(
                        "Failed to extract model data archive for container \"{name}\" from URL \"{url}\". Please \
                         ensure that the object located at the URL is a valid tar.gz archive."
                    ),
                    LoadError::Model(_) => sick.clone(),
                })
            }
        };
        let fails = self.environment.get(FAIL.0).and_then(Value::as_str) == Some(FAIL.1);
        Ok(if fails { serving.and(Err(sick)) } else { serving })
    }
}

/// The first `limit` bytes of the object `key` in `bucket`, if there is one.
fn artifact(call: &Call<'_>, bucket: &str, key: &str, limit: u64) -> ApiResult<Option<Vec<u8>>> {
    s3::object(call, bucket, key, limit)
}
