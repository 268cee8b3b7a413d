//! Roles for whom an OpenID Connect provider vouches for. Anybody may ask: the token is the credential.
//!
//! The sandbox has no keys of providers, so it takes tokens without a signature, and no others: what a real provider
//! signed has no business here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Opened, duration, invalid, is_role_arn, open, session_policies};
use crate::sandbox::authorization::provider_takes;
use crate::sandbox::call::{ApiError, ApiResult, Call, required};
use crate::sandbox::iam::entities::Role;
use crate::sandbox::iam::oidc::Provider;

/// The operation that comes without a signature.
pub(in crate::sandbox) const OPERATION: &str = "AssumeRoleWithWebIdentity";

/// What of a token counts.
struct Claims {
    issuer: String,
    subject: String,
    audiences: Vec<String>,
    expires: Timestamp,
}

pub(super) fn assume_role(call: &mut Call<'_>, input: Value) -> ApiResult {
    // What STS asks IAM for is the role's trust, below.
    call.needs_no_permission();
    let role_arn = required(&input, "RoleArn");
    if !is_role_arn(role_arn) {
        return Err(invalid(format!("{role_arn} is invalid")));
    }
    let claims = Claims::of(required(&input, "WebIdentityToken"))?;
    if claims.expires <= call.now {
        let (now, end) = (call.now.as_second(), claims.expires.as_second());
        let message = format!("Token expired: current date/time {now} must be before the expiration date/time {end}");
        return Err(ApiError::new(400, "ExpiredTokenException", message));
    }
    let account = role_arn.split(':').nth(4).unwrap_or_default();
    let provider = Provider::of_issuer(&call.store, account, &claims.issuer)?
        .ok_or_else(|| unusable(format!("No OpenIDConnect provider found in your account for {}", claims.issuer)))?;
    let audience = claims.audiences.iter().find(|audience| provider.clients.contains(audience));
    let audience = audience.ok_or_else(|| unusable("Incorrect token audience"))?;
    let role = Role::by_arn(&call.store, role_arn)?.filter(|role| role.is_usable(call.now));
    let keys = [("aud", audience), ("sub", &claims.subject)];
    let keys = keys.map(|(claim, value)| (format!("{}:{claim}", provider.name), value.clone()));
    let role = match role {
        Some(role) if provider_takes(call, &provider.arn, &role, required(&input, "RoleSessionName"), &keys)? => role,
        _ => return Err(ApiError::new(403, "AccessDenied", format!("Not authorized to perform sts:{OPERATION}"))),
    };
    let duration = duration(call, &input, &role)?;
    let (policies, packed_size) = session_policies(call, &input, &role)?;
    let session = open(call, &role, &input, Opened { policies, duration, ..Opened::default() })?;
    let mut answer = session.described(&role);
    answer["SubjectFromWebIdentityToken"] = json!(claims.subject);
    answer["Audience"] = json!(audience);
    answer["Provider"] = json!(provider.arn);
    answer["PackedPolicySize"] = json!(packed_size);
    Ok(answer)
}

impl Claims {
    fn of(token: &str) -> ApiResult<Self> {
        let malformed = || {
            unusable("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
        };
        let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { return Err(malformed()) };
        let read = |part: &str| -> Option<Value> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?).ok()
        };
        let (header, claims) = (read(header).ok_or_else(malformed)?, read(payload).ok_or_else(malformed)?);
        if header["alg"] != "none" || !signature.is_empty() {
            let message = "Couldn't retrieve verification key from your identity provider, please reference \
                           AssumeRoleWithWebIdentity documentation for requirements";
            return Err(unusable(message));
        }
        let text = |claim: &str| claims[claim].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let audiences = match &claims["aud"] {
            Value::String(audience) => vec![audience.clone()],
            Value::Array(all) => all.iter().filter_map(|one| Some(one.as_str()?.to_owned())).collect(),
            _ => Vec::new(),
        };
        let missing = |claim: &str| unusable(format!("Missing a required claim: {claim}"));
        Ok(Claims {
            issuer: text("iss").ok_or_else(|| missing("iss"))?,
            subject: text("sub").ok_or_else(|| missing("sub"))?,
            audiences,
            expires: claims["exp"]
                .as_i64()
                .and_then(|seconds| Timestamp::from_second(seconds).ok())
                .ok_or_else(|| missing("exp"))?,
        })
    }
}

fn unusable(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidIdentityToken", message)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::sandbox::Sandbox;
    use crate::sandbox::testing::{A, B, Client, allow, element, role, sandbox, wait};

    const HOST: &str = "token.actions.githubusercontent.com";

    fn token(claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(&json!({"alg": "none"})), part(claims))
    }

    fn claims(sandbox: &Sandbox, subject: &str) -> Value {
        let expires = crate::clock::Clock::now(sandbox.clock()).as_second() + 300;
        json!({"iss": format!("https://{HOST}"), "aud": "sts.amazonaws.com", "sub": subject, "exp": expires})
    }

    /// Asks without a signature, as CI does.
    fn ask<'s>(sandbox: &'s Sandbox, role: &str, token: &str) -> Result<(Client<'s>, String), String> {
        let encode =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let body = format!(
            "Action={OPERATION}&RoleArn={}&RoleSessionName=run-1&WebIdentityToken={}",
            encode(role),
            encode(token)
        );
        let request = http::Request::post("/").body(Bytes::from(body)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(sandbox.handle(request)).unwrap();
        let (status, text) = (answer.status().as_u16(), String::from_utf8(answer.into_body().to_vec()).unwrap());
        match status {
            200 => {
                let client = Client::with(sandbox, &element(&text, "AccessKeyId"), &element(&text, "SessionToken"));
                Ok((client, text))
            }
            _ => Err(format!("{status} {}: {}", element(&text, "Code"), element(&text, "Message"))),
        }
    }

    /// A provider in A, and a role that trusts one branch.
    fn prepared(sandbox: &Sandbox) -> String {
        let input = json!({"Url": format!("https://{HOST}"), "ClientIDList": ["sts.amazonaws.com"]});
        let made = sandbox.administer(A, "eu-west-1", "iam", "CreateOpenIDConnectProvider", input).unwrap();
        let provider = made["OpenIDConnectProviderArn"].as_str().unwrap();
        let subjects = ["repo:o/r:ref:refs/heads/main".to_owned()];
        let trust =
            crate::governance::policy::web_identity_trust(provider, HOST, "sts.amazonaws.com", &subjects).to_string();
        role(sandbox, A, "Ci", &trust, &allow(&["iam:GetRole"], &json!({})))
    }

    #[test]
    fn the_token_of_the_trusted_branch_opens_a_session() {
        let sandbox = sandbox();
        let role = prepared(&sandbox);
        let subject = "repo:o/r:ref:refs/heads/main";
        let (client, answer) = ask(&sandbox, &role, &token(&claims(&sandbox, subject))).unwrap();
        assert_eq!(element(&answer, "SubjectFromWebIdentityToken"), subject);
        assert_eq!(element(&answer, "Audience"), "sts.amazonaws.com");
        let who = client.query("sts", "GetCallerIdentity", &[]).unwrap();
        assert_eq!(element(&who, "Arn"), format!("arn:aws:sts::{A}:assumed-role/Ci/run-1"));
        client.query("iam", "GetRole", &[("RoleName", "Ci")]).unwrap();
        assert!(client.query("iam", "ListRoles", &[]).is_err());
        wait(&sandbox, 3600);
        assert!(client.query("sts", "GetCallerIdentity", &[]).is_err());
        let mut several = claims(&sandbox, subject);
        several["aud"] = json!(["other", "sts.amazonaws.com"]);
        assert!(ask(&sandbox, &role, &token(&several)).is_ok());
    }

    #[test]
    fn no_other_token_does() {
        let sandbox = sandbox();
        let role = prepared(&sandbox);
        let good = || claims(&sandbox, "repo:o/r:ref:refs/heads/main");
        let with = |claim: &str, value: Value| {
            let mut changed = good();
            changed[claim] = value;
            token(&changed)
        };
        let signed = format!("{}c2lnbmVk", token(&good()));
        let elsewhere = role.replace(A, B);
        let cases = [
            (role.as_str(), with("sub", json!("repo:o/r:ref:refs/heads/other"))),
            (&role, with("sub", json!("repo:o/r:pull_request"))),
            (&role, with("sub", json!("REPO:o/r:ref:refs/heads/main"))),
            (&role, with("aud", json!("elsewhere"))),
            (&role, with("iss", json!("https://evil.example"))),
            (&role, with("exp", json!(1))),
            (&role, with("exp", Value::Null)),
            (&role, with("sub", json!(""))),
            (&role, signed),
            (&role, "not.a-token".to_owned()),
            (&elsewhere, token(&good())),
            (&role.replace("Ci", "Nobody"), token(&good())),
        ];
        let refusals: Vec<String> =
            cases.iter().map(|(role, token)| ask(&sandbox, role, token).err().unwrap()).collect();
        insta::assert_snapshot!(refusals.join("\n"), @r"
        403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity
        403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity
        403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity
        400 InvalidIdentityToken: Incorrect token audience
        400 InvalidIdentityToken: No OpenIDConnect provider found in your account for https://evil.example
        400 ExpiredTokenException: Token expired: current date/time 1767603610 must be before the expiration date/time 1
        400 InvalidIdentityToken: Missing a required claim: exp
        400 InvalidIdentityToken: Missing a required claim: sub
        400 InvalidIdentityToken: Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements
        400 InvalidIdentityToken: The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)
        400 InvalidIdentityToken: No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com
        403 AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity
        ");
        // A role that trusts an account is not open to whom a provider vouches for, nor the other way round.
        let administrator = Client::administrator(&sandbox, A);
        assert!(administrator.assume(&role, &[]).is_err());
        let trust = crate::sandbox::testing::trust(A, &["sts:AssumeRoleWithWebIdentity"], &json!({}));
        let by_account =
            super::super::super::testing::role(&sandbox, A, "Plain", &trust, &allow(&["s3:*"], &json!({})));
        assert!(ask(&sandbox, &by_account, &token(&good())).is_err());
        // Nothing else is open to those who sign nothing.
        let request = http::Request::post("/").body(Bytes::from("Action=GetCallerIdentity")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(sandbox.handle(request)).unwrap().status(), 403);
    }
}
