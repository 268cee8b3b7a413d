//! The models of the demo: really trained, compiled in, and registered as a training pipeline would register them.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use aws_sdk_sagemaker::types::{
    InferenceSpecification, MetricsSource, ModelMetrics, ModelPackageContainerDefinition, ModelQuality,
};
use aws_sdk_sagemakerruntime::primitives::Blob;
use serde_json::Value;

use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::governance::{Digest, Registry, machine, metadata};
use crate::registry;

/// A trained version and what came out of its training.
pub struct Trained {
    archive: &'static [u8],
    evaluation: &'static [u8],
    requests: &'static [u8],
    metrics: &'static str,
    expected: &'static str,
}

macro_rules! trained {
    ($version:literal) => {
        Trained {
            archive: include_bytes!(concat!(
                "../../../examples/models/diabetes-progression/",
                $version,
                "/model.tar.gz"
            )),
            evaluation: include_bytes!(concat!(
                "../../../examples/models/diabetes-progression/",
                $version,
                "/evaluation.json"
            )),
            requests: include_bytes!(concat!(
                "../../../examples/models/diabetes-progression/",
                $version,
                "/requests.csv"
            )),
            metrics: include_str!(concat!("../../../examples/models/diabetes-progression/", $version, "/metrics.json")),
            expected: include_str!(concat!(
                "../../../examples/models/diabetes-progression/",
                $version,
                "/requests.json"
            )),
        }
    };
}

/// Ordinary least squares on four features.
pub const FIRST: Trained = trained!("v1");
/// Ridge regression on ten.
pub const SECOND: Trained = trained!("v2");

/// The image that would serve it. The sandbox reads only the artifact; the name says what is meant.
const IMAGE: &str = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3";

impl Trained {
    /// Metrics on held-out rows, for the story: `RMSE 59.5, R2 0.359`.
    pub fn summary(&self) -> Result<String> {
        let metrics = parse(self.metrics)?;
        let of = |name: &str| metrics["held_out"][name].as_f64().unwrap_or_default();
        Ok(format!("RMSE {:.1}, R2 {:.3} on {} held-out rows", of("rmse"), of("r2"), metrics["rows"]["held_out"]))
    }

    /// Of the held-out rows in the requests, what was true.
    fn truth(&self) -> Result<Vec<f64>> {
        let requests = parse(self.expected)?;
        Ok(requests["rows"].as_array().into_iter().flatten().filter_map(|row| row["actual"].as_f64()).collect())
    }
}

fn parse(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Error::failed("an example file is broken").because(error))
}

/// Uploads a version to the dev bucket and registers it, as the CI job of the tenant.
pub async fn register(ci: &Session, bucket: &str, model: &str, trained: &Trained) -> Result<u32> {
    let context = |error: AwsError| Error::from(error).context(format!("cannot register {model}"));
    let group = ci.sagemaker().create_model_package_group().model_package_group_name(model).send().await;
    match group.map_err(AwsError::from) {
        Ok(_) => {}
        Err(error) if error.class() == Class::AlreadyExists => {}
        Err(error) => return Err(context(error)),
    }
    // Each training run leaves its artifacts in a place of its own.
    let prefix = format!("{model}/{}", &Digest::of(trained.archive).token()[..12]);
    let put = async |name: &str, body: &'static [u8]| -> Result<String> {
        let key = format!("{prefix}/{name}");
        ci.s3()
            .put_object()
            .bucket(bucket)
            .key(&key)
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .body(ByteStream::from_static(body))
            .send()
            .await
            .map_err(|error| context(error.into()))?;
        Ok(format!("s3://{bucket}/{key}"))
    };
    let artifact = put("model.tar.gz", trained.archive).await?;
    let evaluation = put("evaluation.json", trained.evaluation).await?;
    let sample = put("requests.csv", trained.requests).await?;
    let creation = machine::creation(Registry::Dev);
    let report = MetricsSource::builder().content_type("application/json").s3_uri(evaluation).build();
    let output = ci
        .sagemaker()
        .create_model_package()
        .model_package_group_name(model)
        .model_package_description(trained.summary()?)
        .inference_specification(
            InferenceSpecification::builder()
                .containers(ModelPackageContainerDefinition::builder().image(IMAGE).model_data_url(artifact).build())
                .supported_content_types("text/csv")
                .supported_response_mime_types("text/csv")
                .build(),
        )
        .model_metrics(
            ModelMetrics::builder().model_quality(ModelQuality::builder().statistics(report).build()).build(),
        )
        .sample_payload_url(sample)
        .model_approval_status(registry::approval_status(creation.to))
        .model_life_cycle(registry::life_cycle(creation.to, None))
        .set_customer_metadata_properties(
            ci.source_identity.as_ref().map(|name| [(metadata::REGISTERED_BY.to_owned(), name.clone())].into()),
        )
        .send()
        .await
        .map_err(|error| context(error.into()))?;
    let arn = output.model_package_arn().unwrap_or_default();
    registry::group_and_number(arn)
        .map(|(_, number)| number)
        .ok_or_else(|| Error::failed(format!("{arn} is not a version of a model package group")))
}

/// Asks `endpoint` about the held-out rows of a version: what it predicts, and what was true.
pub async fn ask(session: &Session, endpoint: &str, trained: &Trained) -> Result<Vec<(f64, f64)>> {
    let output = session
        .sagemaker_runtime()
        .invoke_endpoint()
        .endpoint_name(endpoint)
        .content_type("text/csv")
        .body(Blob::new(trained.requests))
        .send()
        .await
        .map_err(|error| Error::from(AwsError::from(error)).context(format!("cannot ask endpoint {endpoint}")))?;
    let answer = String::from_utf8_lossy(output.body().map(Blob::as_ref).unwrap_or_default()).into_owned();
    let predicted = answer.split_whitespace().filter_map(|number| number.parse().ok());
    Ok(predicted.zip(trained.truth()?).collect())
}
