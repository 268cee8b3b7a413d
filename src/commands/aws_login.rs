//! The login for repositories at AWS: CodeCommit, and the Git proxy of CodeConnections.

use std::sync::Arc;

use crate::aws::Aws;
use crate::clock::SharedClock;
use crate::git::Secret;
use crate::git::credential::{Credentials, Keys, SigV4};

/// What signs with the ambient credentials, if there are any.
pub async fn aws_login(aws: &Aws, clock: &SharedClock) -> Vec<Arc<dyn Credentials>> {
    let Some(ambient) = aws.ambient().await else { return Vec::new() };
    let keys = Keys {
        id: ambient.access_key_id().to_owned(),
        secret: Secret::new(ambient.secret_access_key()),
        session: ambient.session_token().map(Secret::new),
    };
    vec![Arc::new(SigV4::new(keys, clock.clone()))]
}
