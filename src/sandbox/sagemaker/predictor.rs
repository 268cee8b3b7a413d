//! What answers behind a sandbox endpoint: a linear model that its artifact describes in `model.json`.
//!
//! ```json
//! {"format": "aiops-linear/1", "target": "progression", "features": ["age", "bmi"], "coefficients": [0.5, 2.0],
//!  "intercept": 10.0}
//! ```
//!
//! Artifacts and request bodies come from anyone: nothing is extracted, and every size is bounded.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The one file of an artifact that the sandbox reads.
pub const MODEL_FILE: &str = "model.json";
/// How large that file may be.
const MODEL_FILE_LIMIT: u64 = 1 << 20;
/// How much of an artifact is unpacked in search of it: a small archive may claim to hold terabytes.
const UNPACKED_LIMIT: u64 = 256 << 20;
const FORMAT: &str = "aiops-linear/1";

/// A linear regression: the prediction is `intercept` plus the sum of each feature times its coefficient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearModel {
    format: String,
    target: String,
    features: Vec<String>,
    coefficients: Vec<f64>,
    intercept: f64,
}

/// Why an artifact cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Not a gzipped tar archive, or one that is too large to look into.
    #[error("the artifact is not a readable tar.gz archive: {0}")]
    Archive(String),
    /// There is a `model.json`, and it is wrong.
    #[error("model.json: {0}")]
    Model(String),
}

/// What a model container answers instead of a prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFault {
    /// The container's HTTP status.
    pub status: u16,
    /// The container's words.
    pub message: String,
}

impl ModelFault {
    fn bad_request(message: impl Into<String>) -> Self {
        ModelFault { status: 400, message: message.into() }
    }
}

/// A body and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// `text/csv` or `application/json`.
    pub content_type: &'static str,
    /// The predictions.
    pub body: String,
}

/// The two media types that the predictor reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

impl Format {
    fn named(media_type: &str) -> Option<Self> {
        match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "text/csv" => Some(Format::Csv),
            "application/json" => Some(Format::Json),
            _ => None,
        }
    }
}

impl LinearModel {
    /// The model in a `model.tar.gz`, or none if the archive holds no `model.json` at its top.
    pub fn from_archive(archive: &[u8]) -> Result<Option<Self>, LoadError> {
        Self::from_archive_within(archive, UNPACKED_LIMIT)
    }

    fn from_archive_within(archive: &[u8], limit: u64) -> Result<Option<Self>, LoadError> {
        let mut unpacked = MultiGzDecoder::new(archive).take(limit);
        let found = Self::search(&mut unpacked);
        if unpacked.limit() == 0 {
            return Err(LoadError::Archive(format!("it unpacks to more than {limit} bytes")));
        }
        found
    }

    fn search(unpacked: impl std::io::Read) -> Result<Option<Self>, LoadError> {
        let unreadable = |error: std::io::Error| LoadError::Archive(error.to_string());
        let mut model = None;
        for entry in tar::Archive::new(unpacked).entries().map_err(unreadable)? {
            let mut entry = entry.map_err(unreadable)?;
            let path = entry.path_bytes();
            let is_model = path.strip_prefix(b"./").unwrap_or(&path) == MODEL_FILE.as_bytes();
            if !is_model || !entry.header().entry_type().is_file() {
                continue;
            }
            let mut text = Vec::new();
            (&mut entry).take(MODEL_FILE_LIMIT + 1).read_to_end(&mut text).map_err(unreadable)?;
            // As in unpacking, a later entry of the same name replaces an earlier one.
            model = Some(Self::from_json(&text)?);
        }
        Ok(model)
    }

    /// The model in the text of a `model.json`.
    pub fn from_json(text: &[u8]) -> Result<Self, LoadError> {
        let wrong = |why: String| Err(LoadError::Model(why));
        if text.len() as u64 > MODEL_FILE_LIMIT {
            return wrong(format!("larger than {MODEL_FILE_LIMIT} bytes"));
        }
        let model: LinearModel = serde_json::from_slice(text).map_err(|error| LoadError::Model(error.to_string()))?;
        if model.format != FORMAT {
            return wrong(format!("format `{}` is not `{FORMAT}`", model.format));
        }
        if model.features.len() != model.coefficients.len() {
            return wrong(format!("{} features but {} coefficients", model.features.len(), model.coefficients.len()));
        }
        Ok(model)
    }

    /// Answers a request body of `content_type`, in the form that `accept` asks for: by default the one it came in.
    pub fn answer(&self, content_type: &str, accept: Option<&str>, body: &[u8]) -> Result<Prediction, ModelFault> {
        let unsupported = |status, header: &str, value: &str| ModelFault {
            status,
            message: format!("{header} `{value}` is not supported: use text/csv or application/json"),
        };
        let given = Format::named(content_type).ok_or_else(|| unsupported(415, "Content-Type", content_type))?;
        let wanted = match accept.filter(|accept| !accept.trim().is_empty() && !accept.contains("*/*")) {
            None => given,
            Some(accept) => Format::named(accept).ok_or_else(|| unsupported(406, "Accept", accept))?,
        };
        let text = std::str::from_utf8(body).map_err(|_| ModelFault::bad_request("the request body is not UTF-8"))?;
        let rows = match given {
            Format::Csv => self.csv_rows(text)?,
            Format::Json => self.json_rows(text)?,
        };
        let predictions: Vec<f64> = rows.iter().map(|row| self.predict(row)).collect();
        if let Some(row) = predictions.iter().position(|prediction| !prediction.is_finite()) {
            return Err(ModelFault::bad_request(format!("row {}: the prediction is not a finite number", row + 1)));
        }
        Ok(match wanted {
            Format::Csv => {
                let lines = predictions.iter().map(|prediction| format!("{prediction}\n")).collect();
                Prediction { content_type: "text/csv", body: lines }
            }
            Format::Json => {
                Prediction { content_type: "application/json", body: json!({ "predictions": predictions }).to_string() }
            }
        })
    }

    fn predict(&self, row: &[f64]) -> f64 {
        self.coefficients.iter().zip(row).fold(self.intercept, |sum, (coefficient, value)| sum + coefficient * value)
    }

    /// Rows of values in the order of the features. The first row may name the columns instead, in any order.
    fn csv_rows(&self, text: &str) -> Result<Vec<Vec<f64>>, ModelFault> {
        let cells = |line| str::split(line, ',').map(|cell| cell.trim().trim_matches('"')).collect::<Vec<&str>>();
        let mut lines = text.lines().filter(|line| !line.trim().is_empty()).map(cells).peekable();
        let is_header = |row: &Vec<&str>| row.iter().any(|cell| self.features.iter().any(|name| name == cell));
        let columns = match lines.next_if(is_header) {
            Some(header) => self.columns(&header)?,
            None => (0..self.features.len()).collect(),
        };
        let rows = lines.enumerate().map(|(index, row)| {
            self.check_width(index, row.len())?;
            let value = |column: &usize| row.get(*column).and_then(|cell| finite(cell)).ok_or(*column);
            columns.iter().map(value).collect::<Result<Vec<f64>, usize>>().map_err(|column| {
                let cell = row.get(column).copied().unwrap_or_default();
                ModelFault::bad_request(format!("row {}, column {}: `{cell}` is not a number", index + 1, column + 1))
            })
        });
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        if rows.is_empty() { Err(ModelFault::bad_request("the request holds no row of features")) } else { Ok(rows) }
    }

    /// Which column each feature is in, by the names in `header`.
    fn columns(&self, header: &[&str]) -> Result<Vec<usize>, ModelFault> {
        if let Some(unknown) = header.iter().find(|name| !self.features.iter().any(|feature| feature == *name)) {
            return Err(ModelFault::bad_request(format!("the model has no feature `{unknown}`")));
        }
        let column = |feature: &String| header.iter().position(|name| name == feature);
        self.features.iter().map(|feature| column(feature).ok_or_else(|| missing("header", feature))).collect()
    }

    fn json_rows(&self, text: &str) -> Result<Vec<Vec<f64>>, ModelFault> {
        let expected = || {
            ModelFault::bad_request(
                "expected {\"instances\": [...]}, each instance an array of numbers or an object of features",
            )
        };
        let body: Value = serde_json::from_str(text)
            .map_err(|error| ModelFault::bad_request(format!("the request body is not JSON: {error}")))?;
        let instances = body.get("instances").and_then(Value::as_array).ok_or_else(expected)?;
        let rows = instances.iter().enumerate().map(|(index, instance)| {
            let number = |value: &Value, what: &dyn std::fmt::Display| {
                value.as_f64().ok_or_else(|| {
                    ModelFault::bad_request(format!("instance {}, {what}: `{value}` is not a number", index + 1))
                })
            };
            match instance {
                Value::Array(values) => {
                    self.check_width(index, values.len())?;
                    let place = |column: usize| format!("value {}", column + 1);
                    values.iter().enumerate().map(|(column, value)| number(value, &place(column))).collect()
                }
                Value::Object(values) => {
                    if let Some(unknown) = values.keys().find(|name| !self.features.contains(name)) {
                        return Err(ModelFault::bad_request(format!("the model has no feature `{unknown}`")));
                    }
                    let value = |feature: &String| {
                        let value = values.get(feature);
                        number(value.ok_or_else(|| missing(&format!("instance {}", index + 1), feature))?, feature)
                    };
                    self.features.iter().map(value).collect()
                }
                _ => Err(expected()),
            }
        });
        rows.collect()
    }

    fn check_width(&self, index: usize, width: usize) -> Result<(), ModelFault> {
        let expected = self.features.len();
        if width == expected {
            return Ok(());
        }
        let row = index + 1;
        Err(ModelFault::bad_request(format!("row {row} has {width} values, the model takes {expected} features")))
    }
}

fn finite(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

fn missing(place: &str, feature: &str) -> ModelFault {
    ModelFault::bad_request(format!("{place}: feature `{feature}` is missing"))
}

#[cfg(test)]
pub(in crate::sandbox) mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    pub(in crate::sandbox) const MODEL: &str = r#"{"format": "aiops-linear/1", "target": "y", "features": ["age", "bmi"],
        "coefficients": [0.5, 2.0], "intercept": 10.0, "metrics": {"rmse": 1.0}}"#;

    /// A `model.tar.gz` with these files.
    pub(in crate::sandbox) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, body) in files {
            let mut header = tar::Header::new_gnu();
            // Written raw: the builder itself refuses the paths that a hostile archive has.
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_size(body.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, *body).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn model() -> LinearModel {
        LinearModel::from_json(MODEL.as_bytes()).unwrap()
    }

    #[test]
    fn only_the_model_file_at_the_top_of_an_archive_is_read() {
        let load = |files: &[(&str, &[u8])]| LinearModel::from_archive(&archive(files));
        assert_eq!(load(&[("estimator.pkl", b"x"), ("model.json", MODEL.as_bytes())]), Ok(Some(model())));
        assert_eq!(load(&[("./model.json", MODEL.as_bytes())]), Ok(Some(model())));
        for elsewhere in ["../model.json", "/model.json", "code/model.json", "model.json.bak"] {
            assert_eq!(load(&[(elsewhere, MODEL.as_bytes())]), Ok(None), "{elsewhere}");
        }
        let later = MODEL.replace("10.0", "20.0");
        let replaced = load(&[("model.json", MODEL.as_bytes()), ("model.json", later.as_bytes())]).unwrap().unwrap();
        assert!((replaced.intercept - 20.0).abs() < f64::EPSILON);
    }

    #[test]
    fn broken_and_hostile_artifacts_are_refused() {
        let load = |files: &[(&str, &[u8])]| LinearModel::from_archive(&archive(files)).unwrap_err().to_string();
        let huge = vec![b' '; (MODEL_FILE_LIMIT + 1) as usize];
        let short = MODEL.replace("[0.5, 2.0]", "[0.5]");
        let other = MODEL.replace("aiops-linear/1", "pmml/4");
        let mut truncated = archive(&[("model.json", MODEL.as_bytes())]);
        truncated.truncate(40);
        let bomb = archive(&[("zeros", &vec![0; 1 << 20]), ("model.json", MODEL.as_bytes())]);
        let found = [
            LinearModel::from_archive(b"this is not a gzip file").unwrap_err().to_string(),
            LinearModel::from_archive(&truncated).unwrap_err().to_string(),
            load(&[("model.json", &huge)]),
            load(&[("model.json", b"{}")]),
            load(&[("model.json", short.as_bytes())]),
            load(&[("model.json", other.as_bytes())]),
            LinearModel::from_archive_within(&bomb, 1 << 18).unwrap_err().to_string(),
        ];
        insta::assert_snapshot!(found.join("\n"), @r#"
        the artifact is not a readable tar.gz archive: invalid gzip header
        the artifact is not a readable tar.gz archive: incomplete deflate stream
        model.json: larger than 1048576 bytes
        model.json: missing field `format` at line 1 column 2
        model.json: 2 features but 1 coefficients
        model.json: format `pmml/4` is not `aiops-linear/1`
        the artifact is not a readable tar.gz archive: it unpacks to more than 262144 bytes
        "#);
    }

    #[test]
    fn rows_become_predictions_in_the_form_they_came_in() {
        let cases = [
            ("text/csv", None, "1,2\n3,4\n", "14.5\n19.5\n"),
            ("text/csv; charset=utf-8", None, "bmi,age\r\n2,1\r\n\r\n", "14.5\n"),
            ("text/csv", Some("*/*"), " \"1\" , 2e0", "14.5\n"),
            ("text/csv", Some("application/json"), "1,2", r#"{"predictions":[14.5]}"#),
            (
                "application/json",
                None,
                r#"{"instances": [[1, 2], {"bmi": 4, "age": 3}]}"#,
                r#"{"predictions":[14.5,19.5]}"#,
            ),
            ("application/json", Some("text/csv"), r#"{"instances": [[1, 2]]}"#, "14.5\n"),
            ("application/json", None, r#"{"instances": []}"#, r#"{"predictions":[]}"#),
        ];
        for (content_type, accept, body, expected) in cases {
            let answer = model().answer(content_type, accept, body.as_bytes()).unwrap();
            assert_eq!(answer.body, expected, "{content_type} {body}");
        }
    }

    #[test]
    fn bad_requests_are_told_what_is_wrong() {
        let cases: &[(&str, Option<&str>, &[u8])] = &[
            ("text/csv", None, b"1,2,3"),
            ("text/csv", None, b"1,2\n1,x"),
            ("text/csv", None, b"1,NaN"),
            ("text/csv", None, b"age\n1"),
            ("text/csv", None, b"age,bmi,sex\n1,2,3"),
            ("text/csv", None, b"age,bmi\n"),
            ("text/csv", None, b"1,1e308\n"),
            ("text/csv", None, b"\xff"),
            ("application/json", None, b"[1"),
            ("application/json", None, br#"{"rows": []}"#),
            ("application/json", None, br#"{"instances": [7]}"#),
            ("application/json", None, br#"{"instances": [[1]]}"#),
            ("application/json", None, br#"{"instances": [[1, "2"]]}"#),
            ("application/json", None, br#"{"instances": [{"age": 1}]}"#),
            ("application/json", None, br#"{"instances": [{"age": 1, "bmi": 2, "sex": 3}]}"#),
            ("application/x-npy", None, b"1,2"),
            ("text/csv", Some("application/xml"), b"1,2"),
        ];
        let faults: Vec<String> = cases
            .iter()
            .map(|(content_type, accept, body)| model().answer(content_type, *accept, body).unwrap_err())
            .map(|fault| format!("{} {}", fault.status, fault.message))
            .collect();
        insta::assert_snapshot!(faults.join("\n"), @r#"
        400 row 1 has 3 values, the model takes 2 features
        400 row 2, column 2: `x` is not a number
        400 row 1, column 2: `NaN` is not a number
        400 header: feature `bmi` is missing
        400 the model has no feature `sex`
        400 the request holds no row of features
        400 row 1: the prediction is not a finite number
        400 the request body is not UTF-8
        400 the request body is not JSON: EOF while parsing a list at line 1 column 2
        400 expected {"instances": [...]}, each instance an array of numbers or an object of features
        400 expected {"instances": [...]}, each instance an array of numbers or an object of features
        400 row 1 has 1 values, the model takes 2 features
        400 instance 1, value 2: `"2"` is not a number
        400 instance 1: feature `bmi` is missing
        400 the model has no feature `sex`
        415 Content-Type `application/x-npy` is not supported: use text/csv or application/json
        406 Accept `application/xml` is not supported: use text/csv or application/json
        "#);
    }

    proptest! {
        #[test]
        fn a_prediction_is_the_dot_product(
            terms in proptest::collection::vec((-1e6..1e6f64, -1e6..1e6f64), 0..12),
            intercept in -1e6..1e6f64,
        ) {
            let (coefficients, row): (Vec<f64>, Vec<f64>) = terms.iter().copied().unzip();
            let features = (0..terms.len()).map(|n| format!("f{n}")).collect();
            let model = LinearModel { format: FORMAT.into(), target: "y".into(), features, coefficients, intercept };
            let body = json!({"instances": [row]}).to_string();
            let answer = model.answer("application/json", None, body.as_bytes()).unwrap();
            let answer: Value = serde_json::from_str(&answer.body).unwrap();
            let expected = terms.iter().rev().map(|(c, x)| c * x).sum::<f64>() + intercept;
            prop_assert!((answer["predictions"][0].as_f64().unwrap() - expected).abs() <= 1e-2);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512), csv in any::<bool>()) {
            let _ = LinearModel::from_archive(&bytes);
            let _ = LinearModel::from_json(&bytes);
            let _ = model().answer(if csv { "text/csv" } else { "application/json" }, None, &bytes);
        }

        #[test]
        fn arbitrary_text_never_panics(text in "[0-9a-z,\"\\n\\r .{}\\[\\]:-]{0,64}") {
            let _ = model().answer("text/csv", None, text.as_bytes());
            let _ = model().answer("application/json", None, text.as_bytes());
        }
    }
}
