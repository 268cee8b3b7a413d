//! Secrets of Actions travel sealed: only GitHub can open them (libsodium's sealed boxes).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_box::PublicKey;
use crypto_box::aead::OsRng;

use crate::error::{Error, Result};
use crate::git::Secret;

/// `value` for the holder of `key`, both in base64.
pub(super) fn sealed(key: &str, value: &Secret) -> Result<String> {
    let unusable = || Error::failed("the key that GitHub wants secrets to be sealed with cannot be used");
    let bytes = STANDARD.decode(key).map_err(|_| unusable())?;
    let key = PublicKey::from_slice(&bytes).map_err(|_| unusable())?;
    let sealed = key.seal(&mut OsRng, value.expose().as_bytes()).map_err(|_| unusable())?;
    Ok(STANDARD.encode(sealed))
}

#[cfg(test)]
mod tests {
    use crypto_box::SecretKey;

    use super::*;

    #[test]
    fn only_the_holder_of_the_key_opens_it() {
        let (ours, other) = (SecretKey::generate(&mut OsRng), SecretKey::generate(&mut OsRng));
        let secret = Secret::new("grüße, 世界");
        let key = STANDARD.encode(ours.public_key().as_bytes());
        let (first, second) = (sealed(&key, &secret).unwrap(), sealed(&key, &secret).unwrap());
        assert_ne!(first, second, "each box has a key of its own");
        let opened = ours.unseal(&STANDARD.decode(&first).unwrap()).unwrap();
        assert_eq!(String::from_utf8(opened).unwrap(), secret.expose());
        assert!(other.unseal(&STANDARD.decode(&first).unwrap()).is_err());
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        for key in ["", "no base64!", "YWJj"] {
            assert!(sealed(key, &Secret::new("x")).is_err(), "{key}");
        }
    }
}
