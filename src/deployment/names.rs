//! The kinds of text that a deploy configuration holds.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::config::text;
use crate::error::Error;

text!(
    /// What alarms and requests are called: they become parts of CloudWatch's names and of test reports.
    SimpleName, "a name of lower-case letters, digits and hyphens", 63, "^[a-z0-9]+(-[a-z0-9]+)*$", ["server-errors"]
);
text!(
    /// The name of a variant, as SageMaker allows it.
    VariantName, "the name of a variant: letters, digits and hyphens", 63, "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$",
    ["champion", "challenger"]
);
text!(
    /// A file of the repository, relative, with forward slashes, that does not leave its folder.
    DeployPath, "a file below this folder, such as `requests/one.json`", 512,
    "^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$", ["requests/one.json"]
);
text!(
    /// An object, or the common beginning of several, in the bucket of the stage.
    ObjectKey, "a key in the stage's bucket, without `s3://` and the bucket", 900,
    "^[A-Za-z0-9!_.*'()-][A-Za-z0-9!_.*'()=/-]*$", ["batch/input/"]
);
text!(
    /// When something runs, as EventBridge understands it.
    Schedule, "a schedule as EventBridge has it: `cron(...)` or `rate(...)`", 256,
    "^(cron\\(\\S+( \\S+){5}\\)|rate\\([1-9][0-9]{0,5} (minutes?|hours?|days?)\\))$", ["cron(0 4 * * ? *)"]
);
text!(
    /// A statistic of CloudWatch: one of its five, or a percentile.
    Statistic, "a statistic of CloudWatch", 16, "^(Sum|Average|Minimum|Maximum|SampleCount|p[0-9]{1,2}(\\.[0-9]{1,2})?|p100)$",
    ["Sum", "p99"]
);
text!(
    /// How much moves at once.
    Step, "a share of the capacity such as `10%`, or a number of instances or copies such as `1`", 4,
    "^([1-9][0-9]?%|100%|[1-9][0-9]{0,2})$", ["10%", "1"]
);
text!(
    /// A share of all requests.
    Share, "a percentage such as `1%` or `0.5%`", 8, "^(100|[0-9]{1,2}(\\.[0-9]{1,3})?)%$", ["1%", "0.5%"]
);
text!(
    /// A version of Glue.
    GlueVersion, "a version of Glue such as `\"5.0\"`", 8, "^[0-9]{1,2}\\.[0-9]$", ["5.0"]
);
text!(
    /// The name of a job's argument.
    JobArgument, "the name of an argument, with its two hyphens", 128, "^--[A-Za-z0-9][A-Za-z0-9_-]*$", ["--source"]
);

impl Step {
    /// The number, and whether it is a percentage of the capacity.
    pub fn amount(&self) -> (u32, bool) {
        let digits = self.as_str().trim_end_matches('%');
        (digits.parse().unwrap_or_default(), digits.len() < self.as_str().len())
    }
}

impl Share {
    /// The share, from 0 to 1.
    pub fn fraction(&self) -> f64 {
        self.as_str().trim_end_matches('%').parse::<f64>().unwrap_or_default() / 100.0
    }
}
