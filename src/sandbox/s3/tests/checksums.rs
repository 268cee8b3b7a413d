//! However bytes come together, their checksum is the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::sandbox::s3::checksum::{Algorithm, Checksum, Kind};
use crate::sandbox::s3::content::Content;
use crate::sandbox::store::{self, Store};

#[test]
fn published_check_values() {
    // The catalogue of CRCs and FIPS 180 give these for the digits 1 to 9.
    let client = client();
    for (header, hex) in [
        ("x-amz-checksum-crc32", "cbf43926"),
        ("x-amz-checksum-crc32c", "e3069283"),
        ("x-amz-checksum-crc64nvme", "ae8b14860a799888"),
        ("x-amz-checksum-sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ("x-amz-checksum-sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
    ] {
        let value = STANDARD.encode(hex::decode(hex).unwrap());
        client.ok("PUT /models/a", &[(header, &value)], "123456789");
        let head = client.ok("HEAD /models/a", &[("x-amz-checksum-mode", "ENABLED")], "");
        assert_eq!(head.header(header), Some(value.as_str()));
    }
}

#[test]
fn chunked_bodies_with_and_without_signatures() {
    let client = client();
    let signed = "4;chunk-signature=00\r\n1234\r\n5;chunk-signature=00\r\n56789\r\n0;chunk-signature=00\r\n";
    let plain = "9\r\n123456789\r\n0\r\n";
    let trailer = "x-amz-checksum-crc32:y/Q5Jg==\r\nx-amz-trailer-signature:00\r\n\r\n";
    for (algorithm, chunks, trailer) in [
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", signed, "\r\n"),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", signed, trailer),
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", plain, trailer),
    ] {
        let headers = [("x-amz-content-sha256", algorithm), ("x-amz-decoded-content-length", "9")];
        let answered = client.ok("PUT /models/a", &headers, format!("{chunks}{trailer}"));
        assert_eq!(client.get("/models/a"), "123456789", "{algorithm}");
        assert_eq!(answered.header("x-amz-checksum-crc32").is_some(), trailer.len() > 2, "{algorithm}");
    }
    let headers =
        [("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), ("x-amz-decoded-content-length", "9")];
    let send = |body: String| client.send("PUT /models/a", &headers, body).error().1;
    assert_eq!(send(format!("{plain}x-amz-checksum-crc32:AAAAAA==\r\n\r\n")), "BadDigest");
    for broken in ["9\r\n1234", "zz\r\n", "", "4\r\n1234\r\n0\r\n\r\n", "ffffffffffffffff\r\n1\r\n"] {
        assert_eq!(send(broken.to_owned()), "IncompleteBody", "{broken:?}");
    }
}

/// A stretch of content and the bytes that it stands for.
fn stretches() -> impl Strategy<Value = Vec<Result<Vec<u8>, u64>>> {
    let stretch = prop_oneof![prop::collection::vec(any::<u8>(), 0..300).prop_map(Ok), (0_u64..5000).prop_map(Err)];
    prop::collection::vec(stretch, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_split_gives_the_same_bytes_and_checksums(
        stretches in stretches(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let connection = store::open(None).unwrap();
        let store = Store(&connection);
        let mut content = Content::default();
        let mut bytes = Vec::new();
        for stretch in &stretches {
            match stretch {
                Ok(some) => {
                    content.append(Content::of(&store, some).unwrap());
                    bytes.extend_from_slice(some);
                }
                Err(zeros) => {
                    content.append(Content::zeros(*zeros));
                    bytes.resize(bytes.len() + usize::try_from(*zeros).unwrap(), 0);
                }
            }
        }
        let size = bytes.len() as u64;
        prop_assert_eq!(content.size(), size);
        prop_assert_eq!(&content.read(&store, &(0..size)).unwrap(), &bytes);
        prop_assert_eq!(content.etag(&store).unwrap(), hex::encode(<md5::Md5 as md5::Digest>::digest(&bytes)));
        let sha256 = Checksum::of(Algorithm::Sha256, &content, &store).unwrap();
        prop_assert_eq!(sha256.value, STANDARD.encode(Sha256::digest(&bytes)));

        let mut bounds: Vec<u64> = cuts.iter().map(|cut| cut.index(bytes.len() + 1) as u64).collect();
        bounds.extend([0, size]);
        bounds.sort_unstable();
        let parts: Vec<Content> =
            bounds.windows(2).map(|pair| content.copy(&store, &(pair[0]..pair[1])).unwrap()).collect();
        let mut joined = Content::default();
        parts.iter().for_each(|part| joined.append(part.clone()));
        prop_assert_eq!(&joined.read(&store, &(0..size)).unwrap(), &bytes);
        for (algorithm, crc, width) in [
            (Algorithm::Crc32, crc_fast::CrcAlgorithm::Crc32IsoHdlc, 4),
            (Algorithm::Crc32c, crc_fast::CrcAlgorithm::Crc32Iscsi, 4),
            (Algorithm::Crc64Nvme, crc_fast::CrcAlgorithm::Crc64Nvme, 8),
        ] {
            let expected = STANDARD.encode(&crc_fast::checksum(crc, &bytes).to_be_bytes()[8 - width..]);
            let of_parts: Vec<(Checksum, u64)> = parts
                .iter()
                .map(|part| (Checksum::of(algorithm, part, &store).unwrap(), part.size()))
                .collect();
            let of_parts: Vec<_> = of_parts.iter().map(|(checksum, size)| (checksum, *size)).collect();
            let combined = Checksum::of_parts(algorithm, Kind::FullObject, &of_parts).unwrap();
            prop_assert_eq!(&Checksum::of(algorithm, &content, &store).unwrap().value, &expected);
            prop_assert_eq!(&Checksum::of(algorithm, &joined, &store).unwrap().value, &expected);
            prop_assert_eq!(&combined.value, &expected);
        }
    }
}
