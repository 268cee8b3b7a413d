//! Models: containers and where their artifacts are, given as such or by an approved model package.

use serde_json::{Value, json};

use super::artifacts::{self, Container, ExecutionRole};
use super::common::{self, Arn};
use super::hosting;
use super::packages::{self, PACKAGE};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, epoch_seconds, required, text};

/// Resource type of models in ARNs.
pub(super) const MODEL: &str = "model";

/// Where the containers of models are kept as they were when the model was created: it does not follow later changes of
/// the model package that they came from.
const CONTAINERS: &str = "sagemaker/model-containers";

/// The model's document, or AWS's word that there is none.
pub(super) fn existing(call: &Call<'_>, name: &str) -> ApiResult<Value> {
    let arn = Arn::own(call, MODEL, name);
    arn.load(call)?.ok_or_else(|| ApiError::validation(format!("Could not find model \"{arn}\".")))
}

/// The containers of the model of this name.
pub(super) fn containers(call: &Call<'_>, name: &str) -> ApiResult<Vec<Container>> {
    Ok(call.store.get(CONTAINERS, &Arn::own(call, MODEL, name).key())?.unwrap_or_default())
}

/// `CreateModel`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = Arn::own(call, MODEL, required(&input, "ModelName"));
    let mut access = Access::new("sagemaker:CreateModel", arn.to_string());
    let isolated = input.get("EnableNetworkIsolation").and_then(Value::as_bool).unwrap_or(false);
    access = access.key("sagemaker:NetworkIsolation", isolated.to_string());
    access = hosting::with_vpc(access, &input);
    common::authorize_creation(call, access, &arn, &input)?;
    if let Some(role) = text(&input, "ExecutionRoleArn") {
        pass_role(call, role)?;
    }
    let definitions: Vec<&Value> = match (input.get("PrimaryContainer"), input.get("Containers")) {
        (Some(container), None) => vec![container],
        (None, Some(Value::Array(containers))) if !containers.is_empty() => containers.iter().collect(),
        _ => return Err(ApiError::validation("Specify either PrimaryContainer or Containers in the request.")),
    };
    let mut containers = Vec::new();
    for definition in definitions {
        containers.extend(resolve(call, definition)?);
    }
    if let Some(role) = text(&input, "ExecutionRoleArn").map(|role| ExecutionRole { arn: role, model: &arn }) {
        for container in &containers {
            if let Some(problem) = container.check(call, role)? {
                return Err(ApiError::validation(problem));
            }
        }
    }
    if arn.load(call)?.is_some() {
        return Err(ApiError::validation(format!("Cannot create already existing model \"{arn}\".")));
    }
    let mut model = hosting::kept(&input);
    model.entry("EnableNetworkIsolation").or_insert(false.into());
    model.insert("CreationTime".into(), epoch_seconds(call.now));
    model.insert("ModelArn".into(), arn.to_string().into());
    arn.save(call, &Value::Object(model))?;
    call.store.put(CONTAINERS, &arn.key(), &containers)?;
    common::set_tags(call, &arn, &common::tags_of_input(&input))?;
    Ok(json!({"ModelArn": arn.to_string()}))
}

/// Asks leave to give SageMaker the role.
pub(super) fn pass_role(call: &mut Call<'_>, role: &str) -> ApiResult<()> {
    let access = Access::new("iam:PassRole", role).key("iam:PassedToService", artifacts::SAGEMAKER.principal);
    if access.owner.as_ref() != Some(&call.caller.account) {
        return Err(ApiError::validation("Cross-account pass role is not allowed."));
    }
    call.authorize(&access)
}

/// The containers that a `ContainerDefinition` stands for: itself, or those of its model package.
fn resolve(call: &mut Call<'_>, definition: &Value) -> ApiResult<Vec<Container>> {
    let has = |member: &str| definition.get(member).is_some();
    let package = text(definition, "ModelPackageName");
    if package.is_some() == has("Image") || (package.is_some() && (has("ModelDataUrl") || has("ModelDataSource"))) {
        return Err(ApiError::validation(
            "Specify one of either Image and Model Data URL or ModelPackageName in container definition.",
        ));
    }
    if has("ModelDataUrl") && has("ModelDataSource") {
        return Err(ApiError::validation("Specify either ModelDataUrl or ModelDataSource in container definition."));
    }
    let Some(package) = package else { return Ok(vec![Container::of(definition, None)]) };
    let specification = specification(call, package, text(definition, "InferenceSpecificationName"))?;
    let environment = definition.get("Environment").and_then(Value::as_object);
    let containers = specification.get("Containers").and_then(Value::as_array).into_iter().flatten();
    Ok(containers.map(|container| Container::of(container, environment)).collect())
}

/// The inference specification of a model package that the caller may deploy: its own one, or by name an additional one.
fn specification(call: &mut Call<'_>, package: &str, name: Option<&str>) -> ApiResult {
    let arn = Arn::resolve(call, PACKAGE, package)?;
    if arn.account != call.caller.account {
        call.authorize(&packages::access(call, "CreateModel", &arn)?)?;
    }
    let document = packages::existing(call, &arn)?;
    if arn.name.contains('/') && text(&document, "ModelApprovalStatus") != Some("Approved") {
        // AWS's exact words are not known; it refuses with this code.
        return Err(ApiError::validation(format!(
            "Cannot create a model from ModelPackage {arn}: its ModelApprovalStatus must be Approved, it is {}.",
            text(&document, "ModelApprovalStatus").unwrap_or("not set")
        )));
    }
    if text(&document, "ModelPackageStatus") != Some("Completed") {
        return Err(ApiError::validation(format!(
            "Cannot create a model from ModelPackage {arn}: its ModelPackageStatus must be Completed, it is {}.",
            text(&document, "ModelPackageStatus").unwrap_or("not set")
        )));
    }
    let additional = document.get("AdditionalInferenceSpecifications").and_then(Value::as_array).into_iter().flatten();
    let found = match name {
        None => document.get("InferenceSpecification"),
        Some(name) => additional.into_iter().find(|specification| text(specification, "Name") == Some(name)),
    };
    found.cloned().ok_or_else(|| {
        let which = name.map_or_else(String::new, |name| format!(" named {name}"));
        ApiError::validation(format!("ModelPackage {arn} has no inference specification{which}."))
    })
}

/// `DescribeModel`.
pub(super) fn describe(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "ModelName");
    call.authorize(&common::access(call, "DescribeModel", &Arn::own(call, MODEL, name))?)?;
    existing(call, name)
}

/// `DeleteModel`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = Arn::own(call, MODEL, required(&input, "ModelName"));
    call.authorize(&common::access(call, "DeleteModel", &arn)?)?;
    existing(call, &arn.name)?;
    arn.remove(call)?;
    call.store.delete(CONTAINERS, &arn.key())?;
    Ok(json!({}))
}

/// `ListModels`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("sagemaker:ListModels", "*"))?;
    let models = common::all(call, &Arn::own(call, MODEL, ""), "")?;
    let summaries = models.iter().map(|model| common::members(model, &["ModelName", "ModelArn", "CreationTime"]));
    hosting::newest_first(&input, summaries.collect(), "ModelName", |_| true, "Models")
}
