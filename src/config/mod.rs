//! `aiops.yaml`: what may stand in it, how it is read, and where each value comes from.
//!
//! A file passes through `yaml` (a tree with places), the schema (what each scalar means, and whether it may stand
//! there), and rules over several values; every mistake of each is reported at once. Environment and flags are laid
//! over the file before it is checked, so that a wrong value is found whatever layer it comes from.

mod check;
mod document;
pub mod domain;
pub mod duration;
pub mod init;
mod layers;
mod load;
mod mistake;
pub mod model;
pub mod names;
mod narrow;
pub mod roles;
mod rules;
mod schema;
pub mod settings;
mod sources;
mod yaml;

#[cfg(test)]
mod tests;

pub use document::{Document, Draft, mistakes_by_line, mistakes_with_rules};
pub use layers::{ENVIRONMENT, Flags, Variable};
pub use load::{Ambient, FILE_NAMES, LoadOptions, Loaded, load};
pub use mistake::{Look, Mistake, obeyed, quoted, render as render_mistakes};
pub use model::{Config, Governance, Management, Session, SharedServices, StageAccount, Stages, Tenant};
pub(crate) use names::text;
pub use names::{
    AccountId, BlueprintName, BucketName, BusName, ConnectionArn, ExternalId, IdentityCenterArn, InstanceType, KmsKey,
    ModelPattern, ParameterName, Principal, RegionName, RoleArn, RoleRef, SourceIdentity, SubnetId, TenantName,
    ThingName, VpcId, partition,
};
pub use schema::{Schema, schema, schema_text};
pub use settings::{GitAuthor, GitLayout, GitProvider, GitReviewers};
pub use sources::{Source, Sourced, Sources};
