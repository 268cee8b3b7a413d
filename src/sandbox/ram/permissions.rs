//! What a share permits: AWS's managed permissions for domains. AWS publishes their names but not all they say, so that
//! they make no difference here to what an associated account may do.

use serde_json::{Value, json};

use super::common::{DOMAIN, enter, enter_active, invalid, once, paged, unknown};
use super::share::Share;
use crate::sandbox::call::{Access, ApiResult, Call, epoch_seconds, required, text};

/// Those that are known by name; the first comes with a share that asks for none.
const NAMES: &[&str] = &[
    "AWSRAMDefaultPermissionAmazonDataZoneDomain",
    "AWSRAMPermissionAmazonDataZoneDomainFullAccessWithPortalAccess",
    "AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceAccess",
    "AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceWithPortalAccess",
];
const PREFIX: &str = "arn:aws:ram::aws:permission/";
/// All of them have this one version.
pub(super) const VERSION: i64 = 1;

impl Share {
    /// ARN of its permission.
    pub fn permission_arn(&self) -> Option<String> {
        self.permission.as_ref().map(|(name, _)| format!("{PREFIX}{name}"))
    }

    /// Gives a share that is to hold a domain its permission, if it has none yet.
    pub fn permit_domains(&mut self, call: &Call<'_>) {
        self.permission.get_or_insert_with(|| (NAMES[0].to_owned(), call.now));
    }
}

/// The name of the one permission that a new share asks for.
pub(super) fn requested(arns: &[String]) -> ApiResult<Option<String>> {
    match arns {
        [] => Ok(None),
        [arn] => Ok(Some(name_of(arn)?.to_owned())),
        _ => Err(invalid(format!("Only one permission can be specified for the resource type {DOMAIN}."))),
    }
}

fn name_of(arn: &str) -> ApiResult<&'static str> {
    let name = arn.strip_prefix(PREFIX);
    let known = NAMES.iter().find(|known| Some(**known) == name);
    known.copied().ok_or_else(|| unknown(format!("Permission {arn} could not be found.")))
}

fn summary(name: &str) -> Value {
    json!({
        "arn": format!("{PREFIX}{name}"), "version": VERSION.to_string(), "defaultVersion": true, "name": name,
        "resourceType": DOMAIN, "status": "ATTACHABLE", "isResourceTypeDefault": name == NAMES[0],
        "permissionType": "AWS_MANAGED", "featureSet": "STANDARD",
    })
}

/// `ListPermissions`.
pub(super) fn list_permissions(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("ram:ListPermissions", "*"))?;
    // Nobody has made one of their own, and AWS's are nobody's and always attachable.
    let asked = text(&input, "resourceType").is_none_or(|wanted| wanted.eq_ignore_ascii_case(DOMAIN))
        && text(&input, "permissionType") != Some("CUSTOMER_MANAGED")
        && text(&input, "permissionStatus").is_none_or(|wanted| wanted == "ATTACHABLE")
        && text(&input, "resourceOwner") != Some("SELF");
    paged("permissions", NAMES.to_vec(), &input, |_| asked, |name| summary(name))
}

/// `ListResourceSharePermissions`.
pub(super) fn list_resource_share_permissions(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = required(&input, "resourceShareArn");
    let share = enter(call, "ListResourceSharePermissions", arn, |access| access)?;
    let permissions: Vec<_> = share.permission.into_iter().collect();
    paged(
        "permissions",
        permissions,
        &input,
        |_| true,
        |(name, since)| {
            let mut told = summary(name);
            told["status"] = json!("ASSOCIATED");
            told["lastUpdatedTime"] = epoch_seconds(*since);
            told
        },
    )
}

/// `AssociateResourceSharePermission`.
pub(super) fn associate_resource_share_permission(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (arn, permission) = (required(&input, "resourceShareArn"), required(&input, "permissionArn"));
    let with = |access: Access| access.key("ram:PermissionArn", permission).key("ram:PermissionResourceType", DOMAIN);
    let mut share = enter_active(call, "AssociateResourceSharePermission", arn, with)?;
    once(call, "AssociateResourceSharePermission", &input, |call| {
        let name = name_of(permission)?;
        if input["permissionVersion"].as_i64().is_some_and(|version| version != VERSION) {
            return Err(invalid(format!("Permission {permission} has no such version.")));
        }
        let replace = input["replace"].as_bool().unwrap_or_default();
        match &share.permission {
            Some((present, _)) if present == name => {}
            Some(_) if !replace => {
                let message = format!(
                    "ResourceShare {arn} has a permission for the resource type {DOMAIN} already. \
                     Set replace to change it."
                );
                return Err(invalid(message));
            }
            _ => share.permission = Some((name.to_owned(), call.now)),
        }
        share.save(call, &[])?;
        Ok(json!({"returnValue": true}))
    })
}
