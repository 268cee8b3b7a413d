//! What AWS asks of a `DeploymentConfig` beyond its shape. Its words for these refusals are not documented.

use std::collections::BTreeSet;

use serde_json::Value;

use super::states::{self, Fleet};
use crate::sandbox::call::{ApiError, ApiResult};

/// Refuses a policy that AWS would not follow from `old` to `new`.
pub(super) fn check(policy: &Value, old: &Fleet, new: &Fleet) -> ApiResult<()> {
    let refuse = |message: &str| Err(ApiError::validation(message));
    let (blue_green, rolling) = (policy.get("BlueGreenUpdatePolicy"), policy.get("RollingUpdatePolicy"));
    if blue_green.is_some() && rolling.is_some() {
        return refuse("Specify either BlueGreenUpdatePolicy or RollingUpdatePolicy in DeploymentConfig.");
    }
    let names = |fleet: &Fleet| fleet.variants.iter().map(|variant| variant.name.clone()).collect::<BTreeSet<_>>();
    if names(old) != names(new) {
        return refuse(
            "A DeploymentConfig needs the same variant names in the old and the new endpoint configuration.",
        );
    }
    let instances = new.instances();
    let sized = |size: Option<&Value>, name: &str, least: f64| {
        let Some(size) = size else {
            return Err(ApiError::validation(format!("Specify {name} for this type of update policy.")));
        };
        let share = states::share(size, instances);
        if (least..=0.5).contains(&share) {
            return Ok(());
        }
        let least = least * 100.0;
        Err(ApiError::validation(format!("{name} must be between {least}% and 50% of the capacity of the endpoint.")))
    };
    if let Some(policy) = rolling {
        if new.variants.len() > 1 || new.variants.iter().any(|variant| variant.instances.is_none()) {
            return refuse("A RollingUpdatePolicy needs an endpoint with one variant, on instances.");
        }
        sized(policy.get("MaximumBatchSize"), "MaximumBatchSize", 0.05)?;
    }
    let Some(routing) = blue_green.and_then(|policy| policy.get("TrafficRoutingConfiguration")) else { return Ok(()) };
    match routing.get("Type").and_then(Value::as_str) {
        Some("CANARY") => sized(routing.get("CanarySize"), "CanarySize", 0.01),
        Some("LINEAR") => sized(routing.get("LinearStepSize"), "LinearStepSize", 0.1),
        _ => Ok(()),
    }
}
