//! S3's additional checksums: what clients send is verified, what nobody sent is computed, and CRCs of parts combine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::content::{Content, Stretch};
use super::request::{Payload, Request, invalid_request};
use super::xml::Xml;
use crate::sandbox::call::{ApiError, ApiResult};
use crate::sandbox::store::Store;

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

/// What the checksum of a multipart object covers: the checksums of its parts, or its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Kind {
    Composite,
    FullObject,
}

/// A checksum as S3 shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksum {
    pub algorithm: Algorithm,
    /// Base64, followed by `-` and the number of parts when it is composite.
    pub value: String,
    pub kind: Kind,
}

impl Algorithm {
    const ALL: [Algorithm; 5] =
        [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme, Algorithm::Sha1, Algorithm::Sha256];

    /// AWS's name, such as `CRC64NVME`.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "CRC32",
            Algorithm::Crc32c => "CRC32C",
            Algorithm::Crc64Nvme => "CRC64NVME",
            Algorithm::Sha1 => "SHA1",
            Algorithm::Sha256 => "SHA256",
        }
    }

    fn named(name: &str) -> ApiResult<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            invalid_request("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
        })
    }

    /// The header that carries the checksum.
    pub fn header(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "x-amz-checksum-crc32",
            Algorithm::Crc32c => "x-amz-checksum-crc32c",
            Algorithm::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Algorithm::Sha1 => "x-amz-checksum-sha1",
            Algorithm::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The XML element that carries the checksum.
    pub fn element(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "ChecksumCRC32",
            Algorithm::Crc32c => "ChecksumCRC32C",
            Algorithm::Crc64Nvme => "ChecksumCRC64NVME",
            Algorithm::Sha1 => "ChecksumSHA1",
            Algorithm::Sha256 => "ChecksumSHA256",
        }
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Algorithm::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Algorithm::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Algorithm::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Algorithm::Sha1 | Algorithm::Sha256 => None,
        }
    }

    /// Length of the checksum in bytes.
    fn width(self) -> usize {
        match self {
            Algorithm::Crc32 | Algorithm::Crc32c => 4,
            Algorithm::Crc64Nvme => 8,
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 => 32,
        }
    }

    /// The type of multipart checksum that `CreateMultipartUpload` asks for, `asked` or the algorithm's own.
    pub fn kind(self, asked: Option<&str>) -> ApiResult<Kind> {
        let kind = match asked {
            None if self == Algorithm::Crc64Nvme => Kind::FullObject,
            None => Kind::Composite,
            Some("COMPOSITE") => Kind::Composite,
            Some("FULL_OBJECT") => Kind::FullObject,
            Some(_) => return Err(invalid_request("Value for x-amz-checksum-type header is invalid.")),
        };
        let possible = match kind {
            Kind::Composite => self != Algorithm::Crc64Nvme,
            Kind::FullObject => self.crc().is_some(),
        };
        if !possible {
            let name = self.name().to_ascii_lowercase();
            let message =
                format!("The {} checksum type cannot be used with the {name} checksum algorithm.", kind.name());
            return Err(invalid_request(message));
        }
        Ok(kind)
    }

    fn digest_of_bytes(self, bytes: &[u8]) -> Vec<u8> {
        match (self.crc(), self) {
            (Some(crc), _) => self.crc_bytes(crc_fast::checksum(crc, bytes)),
            (None, Algorithm::Sha1) => Sha1::digest(bytes).to_vec(),
            (None, _) => Sha256::digest(bytes).to_vec(),
        }
    }

    fn crc_bytes(self, crc: u64) -> Vec<u8> {
        crc.to_be_bytes().into_iter().skip(8 - self.width()).collect()
    }
}

impl Kind {
    /// AWS's name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Composite => "COMPOSITE",
            Kind::FullObject => "FULL_OBJECT",
        }
    }
}

impl Checksum {
    /// The checksum of `content` as one piece.
    pub fn of(algorithm: Algorithm, content: &Content, store: &Store<'_>) -> ApiResult<Self> {
        let whole = 0..content.size();
        let digest = match algorithm.crc() {
            None => algorithm.digest_of_bytes(&content.read(store, &whole)?),
            Some(crc) => {
                // All three CRCs of nothing are 0.
                let mut value = 0;
                content.visit(store, &whole, |stretch| {
                    let (next, length) = match stretch {
                        Stretch::Bytes(bytes) => (crc_fast::checksum(crc, bytes), bytes.len() as u64),
                        Stretch::Zeros(count) => (crc_of_zeros(crc, count), count),
                    };
                    value = crc_fast::checksum_combine(crc, value, next, length);
                    Ok(())
                })?;
                algorithm.crc_bytes(value)
            }
        };
        Ok(Checksum { algorithm, value: STANDARD.encode(digest), kind: Kind::FullObject })
    }

    /// The checksum of an object made of `parts`: their checksums, in `algorithm`, and sizes.
    pub fn of_parts(algorithm: Algorithm, kind: Kind, parts: &[(&Checksum, u64)]) -> ApiResult<Self> {
        let digests = parts.iter().map(|(part, _)| STANDARD.decode(&part.value)).collect::<Result<Vec<_>, _>>();
        let digests = digests.map_err(|_| ApiError::internal("a part's checksum in the store is not Base64"))?;
        let value = match (kind, algorithm.crc()) {
            (Kind::FullObject, Some(crc)) => {
                let number = |digest: &[u8]| digest.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
                let whole = digests.iter().zip(parts).fold(0, |whole, (digest, (_, size))| {
                    crc_fast::checksum_combine(crc, whole, number(digest), *size)
                });
                STANDARD.encode(algorithm.crc_bytes(whole))
            }
            _ => {
                let digest = algorithm.digest_of_bytes(&digests.concat());
                format!("{}-{}", STANDARD.encode(digest), parts.len())
            }
        };
        Ok(Checksum { algorithm, value, kind })
    }

    /// The checksum that came with a body, verified against `content`.
    pub fn received(
        request: &Request<'_>,
        payload: &Payload,
        content: &Content,
        store: &Store<'_>,
    ) -> ApiResult<Option<Self>> {
        verify_digests_of_request(request, payload)?;
        let trailers = payload.trailers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let Some((algorithm, value)) = stated(request.headers().chain(trailers))? else {
            if request.header("x-amz-sdk-checksum-algorithm").is_some() {
                return Err(invalid_request(
                    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
                ));
            }
            return Ok(None);
        };
        if STANDARD.decode(value).ok().is_none_or(|digest| digest.len() != algorithm.width()) {
            return Err(invalid_request(format!("Value for {} header is invalid.", algorithm.header())));
        }
        let checksum = Checksum::of(algorithm, content, store)?;
        if checksum.value != value {
            return Err(mismatch(algorithm));
        }
        Ok(Some(checksum))
    }

    /// Writes the checksum as XML.
    pub fn write(&self, xml: &mut Xml) {
        xml.text(self.algorithm.element(), &self.value);
    }
}

/// The checksum that a set of headers states, if any: algorithm and value.
pub(super) fn stated<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>) -> ApiResult<Option<(Algorithm, &'h str)>> {
    let mut found = headers.filter_map(|(name, value)| {
        let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.header() == name)?;
        Some((algorithm, value))
    });
    let first = found.next();
    if found.next().is_some() {
        return Err(invalid_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ));
    }
    Ok(first)
}

/// The algorithm that `CopyObject` and `CreateMultipartUpload` ask for.
pub(super) fn asked(request: &Request<'_>) -> ApiResult<Option<Algorithm>> {
    request.header("x-amz-checksum-algorithm").map(Algorithm::named).transpose()
}

/// The stated checksum is not that of the content.
pub(super) fn mismatch(algorithm: Algorithm) -> ApiError {
    let message = format!("The {} you specified did not match the calculated checksum.", algorithm.name());
    ApiError::new(400, "BadDigest", message)
}

/// `Content-MD5` and the payload's SHA-256 that the signature covers.
fn verify_digests_of_request(request: &Request<'_>, payload: &Payload) -> ApiResult<()> {
    if let Some(stated) = request.header("content-md5") {
        let digest = STANDARD.decode(stated).ok().filter(|digest| digest.len() == 16);
        let digest =
            digest.ok_or_else(|| ApiError::new(400, "InvalidDigest", "The Content-MD5 you specified was invalid."))?;
        if Md5::digest(&payload.bytes).as_slice() != digest {
            return Err(ApiError::new(
                400,
                "BadDigest",
                "The Content-MD5 you specified did not match what we received.",
            ));
        }
    }
    let signed = request.header("x-amz-content-sha256").filter(|value| value.len() == 64);
    if signed.is_some_and(|signed| !hex::encode(Sha256::digest(&payload.bytes)).eq_ignore_ascii_case(signed)) {
        return Err(ApiError::new(
            400,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ));
    }
    Ok(())
}

/// The CRC of `count` zero bytes, by doubling.
fn crc_of_zeros(crc: CrcAlgorithm, count: u64) -> u64 {
    let zero = crc_fast::checksum(crc, &[0]);
    let mut value = 0;
    let mut length = 0;
    for bit in (0..u64::BITS - count.leading_zeros()).rev() {
        value = crc_fast::checksum_combine(crc, value, value, length);
        length *= 2;
        if count >> bit & 1 == 1 {
            value = crc_fast::checksum_combine(crc, value, zero, 1);
            length += 1;
        }
    }
    value
}
