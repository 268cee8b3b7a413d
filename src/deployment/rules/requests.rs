//! Integration tests: that they can run, and that they prove something.

use regex::Regex;
use serde_json::Value;

use super::super::model::Kind;
use super::super::path::JsonPath;
use super::Rules;

/// The largest body in bytes: `InvokeEndpoint`, Body, and for serverless endpoints
/// <https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html>. The input of asynchronous endpoints and of
/// jobs goes by S3.
const fn largest_body(kind: Kind) -> Option<usize> {
    match kind {
        Kind::RealTime | Kind::InferenceComponents => Some(6_291_456),
        Kind::Serverless => Some(4 * 1024 * 1024),
        Kind::Asynchronous | Kind::BatchTransform | Kind::GlueJob => None,
    }
}

const fn answers_at_once(kind: Kind) -> bool {
    matches!(kind, Kind::RealTime | Kind::Serverless | Kind::InferenceComponents)
}

const TESTS: &str = "/integration-tests";

impl<'a> Rules<'a> {
    pub(super) fn integration_tests(&mut self, kind: Kind) {
        if self.value(TESTS).is_none() {
            return;
        }
        let at = |key: &str| format!("{TESTS}/{key}");
        self.names_are_unique(&at("requests"), "requests");
        if self.length(&at("timeout")).is_some_and(|length| length.is_zero()) {
            self.wrong(&at("timeout"), "no answer comes in no time", "such as `1m`");
        }
        if self.text(&at("error-budget")) == Some("100%") {
            self.wrong(&at("error-budget"), "every request may fail", "give a smaller share");
        }
        if !answers_at_once(kind) {
            for key in ["latency-ms", "repeat"] {
                if key == "repeat" && kind == Kind::Asynchronous || self.value(&at(key)).is_none() {
                    continue;
                }
                let help = "remove it: only endpoints that answer at once are measured; `timeout` bounds the others";
                self.wrong_beside(&at(key), "/kind", format!("`{key}` has no meaning here"), help);
            }
        }
        self.latency();
        if let (Some(at_once), Some(most)) = (self.whole(&at("concurrency")), self.whole("/serverless/max-concurrency"))
            && at_once > most
        {
            let message = format!("{at_once} requests at once, and the endpoint takes {most}");
            let help = "the others would be throttled, which says nothing about the model";
            self.wrong_beside(&at("concurrency"), "/serverless/max-concurrency", message, help);
        }
        for request in self.entries(&at("requests")) {
            self.request(kind, &request);
            self.expectation(kind, &request);
        }
    }

    fn latency(&mut self) {
        let limits = ["p50", "p90", "p95", "p99"].map(|name| format!("{TESTS}/latency-ms/{name}"));
        let given: Vec<(&String, u64)> =
            limits.iter().filter_map(|pointer| Some((pointer, self.whole(pointer)?))).collect();
        for pair in given.windows(2) {
            if let [(low, less), (high, more)] = pair
                && less > more
            {
                let message = format!("{less} is more than the limit of a higher percentile");
                self.wrong_beside(low, high, message, "higher percentiles take longer");
            }
        }
        let requests = self.entries(&format!("{TESTS}/requests")).len() as u64;
        let sent = requests * self.whole(&format!("{TESTS}/repeat")).unwrap_or(1);
        let enough = [2, 10, 20, 100];
        let strictest = limits.iter().zip(enough).rfind(|(pointer, _)| self.value(pointer).is_some());
        if let Some((pointer, needed)) = strictest
            && requests > 0
            && sent < needed
        {
            let percentile = pointer.rsplit('/').next().unwrap_or_default();
            let help = format!("send at least {needed}: write `repeat: {}`", needed.div_ceil(requests));
            self.wrong(pointer, format!("{sent} answers have no {percentile}"), help);
        }
    }

    fn request(&mut self, kind: Kind, request: &str) {
        let at = |key: &str| format!("{request}/{key}");
        let bodies: Vec<&str> =
            ["body", "json", "file"].into_iter().filter(|key| self.value(&at(key)).is_some()).collect();
        if kind == Kind::GlueJob {
            for key in bodies.into_iter().chain(["content-type", "accept"]) {
                if self.value(&at(key)).is_some() {
                    self.wrong(&at(key), format!("a job's run has no `{key}`"), "give it `arguments`");
                }
            }
            return;
        }
        if !self.keys(&at("arguments")).is_empty() {
            self.wrong(
                &at("arguments"),
                "only the runs of a Glue job have arguments",
                "give a `body`, `json` or `file`",
            );
        }
        match bodies.as_slice() {
            [_] => {}
            [] => self.wrong(&at("name"), "this request has no body", "give it a `body`, `json` or `file`"),
            [first, second, ..] => {
                self.wrong_beside(&at(second), &at(first), "a request has one body", "keep one of them");
            }
        }
        if self.value(&at("content-type")).is_none() && !bodies.contains(&"json") {
            self.wrong(&at("name"), "this request has no `content-type`", "such as `text/csv`");
        }
        if let Some(file) = self.file(&at("file")) {
            self.body(kind, request, &at("file"), file);
        }
        if let Some(body) = self.text(&at("body")) {
            self.body(kind, request, &at("body"), body.as_bytes());
        }
    }

    /// The content of the file that `pointer` names.
    fn file(&mut self, pointer: &str) -> Option<&'a [u8]> {
        let name = self.text(pointer)?;
        let files = self.files;
        if let Some(file) = files.get(name) {
            return Some(&file.content);
        }
        let help = match crate::nearest::nearest(name, files.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "files are named from the folder of this one".to_owned(),
        };
        self.wrong(pointer, format!("there is no file {}", crate::config::quoted(name)), help);
        None
    }

    fn body(&mut self, kind: Kind, request: &str, pointer: &str, body: &[u8]) {
        let (length, is_json) = (body.len(), serde_json::from_slice::<Value>(body).is_ok());
        if let Some(most) = largest_body(kind).filter(|most| length > *most) {
            let message = format!("a body of {length} bytes");
            self.wrong(pointer, message, format!("this kind of endpoint takes {most}"));
        }
        let says_json = self.text(&format!("{request}/content-type")).is_some_and(|name| name.contains("json"));
        let is_meant = self.whole(&format!("{request}/expect/status")).is_none_or(|status| status < 300);
        let lines = self.text(&format!("{request}/content-type")).is_some_and(|name| name.contains("lines"));
        if says_json && !lines && !is_json && is_meant {
            let help = "correct it; if the model is meant to refuse it, expect a `status` such as 400";
            self.wrong(pointer, "this body is no JSON, and its content type says so", help);
        }
    }

    fn expectation(&mut self, kind: Kind, request: &str) {
        let at = |key: &str| format!("{request}/expect/{key}");
        let is_job = kind == Kind::GlueJob;
        let foreign: &[&str] = if is_job { &["status", "content-type"] } else { &["state", "output"] };
        for key in foreign {
            if self.value(&at(key)).is_some() {
                let whose = if is_job { "a job's run has no" } else { "only a job's run has a" };
                self.wrong(&at(key), format!("{whose} `{key}`"), "remove it");
            }
        }
        let judged = ["values", "schema"].into_iter().find(|key| self.value(&at(key)).is_some());
        if let (true, Some(judged), None) = (is_job, judged, self.value(&at("output"))) {
            self.wrong(&at(judged), "there is nothing to judge", "name the object that a run writes in `output`");
        }
        if let Some(schema) = self.file(&at("schema")) {
            let parsed = serde_json::from_slice::<Value>(schema);
            match parsed.map(|schema| jsonschema::validator_for(&schema).map(|_| ()).map_err(|error| error.to_string()))
            {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.wrong(&at("schema"), "this file is no JSON Schema", error),
                Err(error) => self.wrong(&at("schema"), "this file is no JSON", error.to_string()),
            }
        }
        for judgement in self.entries(&at("values")) {
            self.judgement(&judgement);
        }
    }

    fn judgement(&mut self, judgement: &str) {
        let at = |key: &str| format!("{judgement}/{key}");
        if let Some(path) = self.text(&at("path"))
            && let Err(error) = path.parse::<JsonPath>()
        {
            self.wrong(&at("path"), error.to_string(), "such as `$.predictions[0]`");
        }
        let ways = ["equals", "one-of", "between", "at-least", "at-most", "matches", "count"];
        let given: Vec<&str> = ways.into_iter().filter(|key| self.value(&at(key)).is_some()).collect();
        match given.as_slice() {
            [_] | ["at-least", "at-most"] => {}
            [] => {
                self.wrong(&at("path"), "nothing is expected of this value", format!("give one of {}", ways.join(", ")))
            }
            [first, second, ..] => {
                let help = "write a judgement for each: all of them must hold";
                self.wrong_beside(&at(second), &at(first), "two expectations in one judgement", help);
            }
        }
        for key in ["between", "count"] {
            if let (Some(low), Some(high)) =
                (self.number(&at(&format!("{key}/0"))), self.number(&at(&format!("{key}/1"))))
                && low > high
            {
                self.wrong(&at(key), format!("nothing is from {low} to {high}"), "the smaller number comes first");
            }
        }
        if let (Some(low), Some(high)) = (self.number(&at("at-least")), self.number(&at("at-most")))
            && low > high
        {
            self.wrong_beside(&at("at-least"), &at("at-most"), "no number is both", "the smaller number comes first");
        }
        if let Some(pattern) = self.text(&at("matches"))
            && let Err(error) = Regex::new(pattern)
        {
            let reason = error.to_string();
            let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            self.wrong(&at("matches"), "this is no regular expression", last);
        }
    }
}
