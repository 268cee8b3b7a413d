//! S3's documents: flat lists, and names that only S3 knows.

use std::fmt::Display;

use quick_xml::escape::escape;
use serde::de::DeserializeOwned;

use crate::sandbox::call::{ApiError, ApiResult};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// An XML document being written.
pub(super) struct Xml(String);

/// The answer with the root element `root`.
pub(super) fn document(root: &str, build: impl FnOnce(&mut Xml)) -> String {
    let mut xml = Xml(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{NAMESPACE}\">"));
    build(&mut xml);
    xml.close(root)
}

/// An error document: the only kind without a namespace.
pub(super) fn error_document(build: impl FnOnce(&mut Xml)) -> String {
    let mut xml = Xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>".to_owned());
    build(&mut xml);
    xml.close("Error")
}

impl Xml {
    fn close(mut self, root: &str) -> String {
        self.0.push_str(&format!("</{root}>"));
        self.0
    }

    /// Text of the element that is open.
    pub fn content(&mut self, text: &str) {
        self.0.push_str(&escape(text));
    }

    /// An element with text.
    pub fn text(&mut self, name: &str, value: impl Display) {
        self.0.push_str(&format!("<{name}>{}</{name}>", escape(value.to_string())));
    }

    /// An element with text, if there is a value.
    pub fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// An element with elements.
    pub fn element(&mut self, name: &str, build: impl FnOnce(&mut Xml)) {
        self.0.push_str(&format!("<{name}>"));
        build(self);
        self.0.push_str(&format!("</{name}>"));
    }
}

/// A document that a client sent.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> ApiResult<T> {
    std::str::from_utf8(body).ok().and_then(|text| quick_xml::de::from_str(text).ok()).ok_or_else(malformed)
}

/// The document is not what S3 expects.
pub(super) fn malformed() -> ApiError {
    ApiError::new(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}
