//! Passwords for CodeCommit and for the Git proxy of CodeConnections: signatures of version 4, good for 15 minutes.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::{Address, Credentials, Login};
use crate::clock::SharedClock;
use crate::error::Result;
use crate::git::Secret;

/// Keys of an AWS session.
#[derive(Clone)]
pub struct Keys {
    /// Access key id.
    pub id: String,
    /// Secret access key.
    pub secret: Secret,
    /// Token of a temporary session.
    pub session: Option<Secret>,
}

/// Signs as the holder of AWS keys.
#[derive(Clone)]
pub struct SigV4 {
    keys: Keys,
    clock: SharedClock,
}

impl fmt::Debug for SigV4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigV4 of {}", self.keys.id)
    }
}

impl SigV4 {
    /// Signs with `keys`, at the time of `clock`.
    pub fn new(keys: Keys, clock: SharedClock) -> Self {
        SigV4 { keys, clock }
    }
}

/// Whether this is an address at AWS.
pub fn is_at_aws(address: &Address) -> bool {
    region(address).is_some()
}

impl Credentials for SigV4 {
    fn login(&self, address: &Address) -> Result<Option<Login>> {
        let Some(region) = region(address) else { return Ok(None) };
        let user = match &self.keys.session {
            Some(session) => format!("{}%{}", self.keys.id, session.expose()),
            None => self.keys.id.clone(),
        };
        let time = self.clock.now().strftime("%Y%m%dT%H%M%S").to_string();
        let password = Secret::new(password(&self.keys.secret, &time, region, address));
        Ok(Some(Login { user, password, from: "the AWS session".to_owned() }))
    }
}

/// The Region of an address at AWS.
fn region(address: &Address) -> Option<&str> {
    let host = address.host();
    let name = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    if address.port().is_some() {
        return None;
    }
    let mut labels = name.split('.').filter(|label| *label != "vpce" && !label.starts_with("vpce-"));
    let (service, region) = (labels.next()?, labels.next()?);
    let git = match service {
        "git-codecommit" | "git-codecommit-fips" => true,
        "codeconnections" | "codestar-connections" => address.path().starts_with("/git-http/"),
        _ => false,
    };
    (git && labels.next().is_none()).then_some(region)
}

/// Both services want what `aws codecommit credential-helper` computes: signed for `codecommit`, with the method `GIT`,
/// without a hash of a payload, and with a `Z` after the time that the signed time has not.
fn password(secret: &Secret, time: &str, region: &str, address: &Address) -> String {
    let request = format!("GIT\n{}\n\nhost:{}\n\nhost\n", address.path(), address.host());
    let date = &time[..8];
    let scope = format!("{date}/{region}/codecommit/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex::encode(Sha256::digest(request)));
    let key = format!("AWS4{}", secret.expose()).into_bytes();
    let key = [date, region, "codecommit", "aws4_request"].iter().fold(key, |key, part| hmac(&key, part));
    format!("{time}Z{}", hex::encode(hmac(&key, &to_sign)))
}

fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    const BLOCK: usize = 64;
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |byte: u8| block.map(|part| part ^ byte);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::FixedClock;

    fn signer(session: Option<&str>) -> SigV4 {
        let keys = Keys {
            id: "AKIDEXAMPLE".into(),
            secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session: session.map(Secret::new),
        };
        SigV4::new(keys, Arc::new(FixedClock("2026-01-31T12:00:00Z".parse().unwrap())))
    }

    /// What `CodeCommitGetCommand.sign_request` of the AWS CLI 1.x returned for the same keys, time and address.
    #[test]
    fn passwords_are_those_of_the_aws_cli() {
        let cases = [
            (
                "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/sagemaker-studio-abc-dev",
                "20260131T120000Zc7c5b68125e2d7da7ed9bc594f076d14b977be360527d8ffcc7da33c3d3224f2",
            ),
            (
                "https://codeconnections.eu-west-1.amazonaws.com/git-http/222222222222/eu-west-1/\
                 0a1b2c3d-0000-4000-8000-00000000beef/acme/churn.git",
                "20260131T120000Zb8a7183d6cedf9b6eb6176bf56bb835a7a508c5da70597bb20fe89c4df9f2deb",
            ),
            (
                "codecommit::cn-north-1://x",
                "20260131T120000Z8f235de2e494ea884ed72bb2255f9417567ced77a5a720c34721d9eea8d38ac1",
            ),
        ];
        for (address, expected) in cases {
            let login = signer(None).login(&address.parse().unwrap()).unwrap().unwrap();
            assert_eq!((login.user.as_str(), login.password.expose()), ("AKIDEXAMPLE", expected), "{address}");
        }
        let address = "codecommit::eu-west-1://x".parse().unwrap();
        let login = signer(Some("token/==")).login(&address).unwrap().unwrap();
        assert_eq!(login.user, "AKIDEXAMPLE%token/==");
        assert_eq!(format!("{login:?}"), r#"Login("the AWS session")"#);
    }

    #[test]
    fn only_aws_gets_one() {
        for (address, expected) in [
            ("https://git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/x", Some("us-east-1")),
            ("https://vpce-1.git-codecommit.us-east-1.vpce.amazonaws.com/v1/repos/x", Some("us-east-1")),
            ("https://codestar-connections.us-east-1.amazonaws.com/git-http/x/y", Some("us-east-1")),
            ("https://codeconnections.us-east-1.amazonaws.com/other", None),
            ("https://git-codecommit.us-east-1.amazonaws.com.evil.example/v1/repos/x", None),
            ("https://git-codecommit.us-east-1.evilamazonaws.com/v1/repos/x", None),
            ("https://git-codecommit.us-east-1.amazonaws.com:8443/v1/repos/x", None),
            ("https://s3.us-east-1.amazonaws.com/git-http/x", None),
            ("https://github.com/git-codecommit/x", None),
        ] {
            assert_eq!(region(&address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let cases: [(&[u8], &str, &str); 2] = [
            (
                b"Jefe",
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, expected) in cases {
            assert_eq!(hex::encode(hmac(key, message)), expected);
        }
    }

    #[test]
    fn keys_are_not_shown() {
        let shown = format!("{:?}", signer(Some("session")));
        assert_eq!(shown, "SigV4 of AKIDEXAMPLE");
    }
}
