//! The `Condition` element: operators, and how they treat absent and multivalued keys.

use std::cmp::Ordering;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::context::Context;
use super::pattern::{Pattern, SegmentEnd, Template};

/// One operator applied to one key. All conditions of a statement must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    operator: Operator,
    /// Lower-cased.
    key: String,
    /// One match is enough; for a negated operator, none may match.
    values: Vec<Template>,
}

/// A parsed operator name: `ForAnyValue:StringNotLikeIfExists` and its kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    test: Test,
    negated: bool,
    quantifier: Option<Quantifier>,
    if_exists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    ForAllValues,
    ForAnyValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Comparison),
    Date(Comparison),
    Bool,
    Binary,
    IpAddress,
    Arn,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

/// Every operator that IAM documents: its name, what it tests, and whether it asks for the opposite.
const OPERATORS: &[(&str, Test, bool)] = &[
    ("StringEquals", Test::StringEquals, false),
    ("StringNotEquals", Test::StringEquals, true),
    ("StringEqualsIgnoreCase", Test::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Test::StringEqualsIgnoreCase, true),
    ("StringLike", Test::StringLike, false),
    ("StringNotLike", Test::StringLike, true),
    ("NumericEquals", Test::Numeric(Comparison::Equals), false),
    ("NumericNotEquals", Test::Numeric(Comparison::Equals), true),
    ("NumericLessThan", Test::Numeric(Comparison::LessThan), false),
    ("NumericLessThanEquals", Test::Numeric(Comparison::LessThanEquals), false),
    ("NumericGreaterThan", Test::Numeric(Comparison::GreaterThan), false),
    ("NumericGreaterThanEquals", Test::Numeric(Comparison::GreaterThanEquals), false),
    ("DateEquals", Test::Date(Comparison::Equals), false),
    ("DateNotEquals", Test::Date(Comparison::Equals), true),
    ("DateLessThan", Test::Date(Comparison::LessThan), false),
    ("DateLessThanEquals", Test::Date(Comparison::LessThanEquals), false),
    ("DateGreaterThan", Test::Date(Comparison::GreaterThan), false),
    ("DateGreaterThanEquals", Test::Date(Comparison::GreaterThanEquals), false),
    ("Bool", Test::Bool, false),
    ("BinaryEquals", Test::Binary, false),
    ("IpAddress", Test::IpAddress, false),
    ("NotIpAddress", Test::IpAddress, true),
    // The two spellings behave identically.
    ("ArnEquals", Test::Arn, false),
    ("ArnLike", Test::Arn, false),
    ("ArnNotEquals", Test::Arn, true),
    ("ArnNotLike", Test::Arn, true),
    ("Null", Test::Null, false),
];

impl Operator {
    /// Reads an operator's name. `Null` asks about existence itself, so it takes neither prefix nor suffix.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (quantifier, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Quantifier::ForAllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::ForAnyValue), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (base, if_exists) = match rest.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let &(_, test, negated) = OPERATORS.iter().find(|(known, ..)| *known == base)?;
        let plain = quantifier.is_none() && !if_exists;
        (test != Test::Null || plain).then_some(Operator { test, negated, quantifier, if_exists })
    }

    /// The names without prefix and suffix, for suggestions.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        OPERATORS.iter().map(|(name, ..)| *name)
    }
}

impl Condition {
    /// `variables` says whether the document's version knows policy variables.
    pub(super) fn new(operator: Operator, key: &str, values: &[&str], variables: bool) -> Self {
        let variables = variables
            && matches!(
                operator.test,
                Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike | Test::Arn
            );
        let wildcards = matches!(operator.test, Test::StringLike | Test::Arn);
        let values = values.iter().map(|value| Template::parse(value, wildcards, variables)).collect();
        Condition { operator, key: key.to_lowercase(), values }
    }

    /// Whether the condition is met.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let Operator { test, negated, quantifier, if_exists } = self.operator;
        let present = context.get(&self.key);
        if test == Test::Null {
            let absent = if present.is_none() { "true" } else { "false" };
            return self.values(context).any(|value| value.lowercase().matches(absent));
        }
        let is_listed = |value: &String| self.values(context).any(|wanted| test.matches(wanted, value));
        // The set operators count an empty string as no value at all.
        let mut set = present.unwrap_or_default().iter().filter(|value| !value.is_empty());
        match quantifier {
            Some(Quantifier::ForAllValues) => set.all(|value| negated != is_listed(value)),
            Some(Quantifier::ForAnyValue) => {
                if_exists && present.is_none() || set.any(|value| negated != is_listed(value))
            }
            None => present.map_or(negated || if_exists, |values| negated != values.iter().any(is_listed)),
        }
    }

    fn values(&self, context: &Context) -> impl Iterator<Item = Pattern> {
        self.values.iter().filter_map(|template| template.expand(context))
    }
}

impl Test {
    /// Whether the request's `value` is what the policy's `wanted` asks for.
    fn matches(self, wanted: Pattern, value: &str) -> bool {
        match self {
            Test::StringEquals | Test::StringLike | Test::Null => wanted.matches(value),
            Test::StringEqualsIgnoreCase => wanted.lowercase().matches(&value.to_lowercase()),
            Test::Arn => value.starts_with("arn:") && wanted.arn(SegmentEnd::Closed).matches(value),
            Test::Bool => wanted.lowercase().matches(&value.to_lowercase()),
            Test::Numeric(comparison) => compare(number(&wanted.literal()), number(value), comparison),
            Test::Date(comparison) => compare(moment(&wanted.literal()), moment(value), comparison),
            Test::Binary => {
                let decoded = |text: &str| BASE64.decode(text).ok();
                decoded(&wanted.literal()).is_some_and(|bytes| decoded(value) == Some(bytes))
            }
            Test::IpAddress => in_network(&wanted.literal(), value).unwrap_or(false),
        }
    }
}

/// Compares the request's `value` to the policy's `wanted`; what cannot be read compares to nothing.
fn compare<T: PartialOrd>(wanted: Option<T>, value: Option<T>, comparison: Comparison) -> bool {
    let Some(ordering) = wanted.zip(value).and_then(|(wanted, value)| value.partial_cmp(&wanted)) else {
        return false;
    };
    match comparison {
        Comparison::Equals => ordering == Ordering::Equal,
        Comparison::LessThan => ordering == Ordering::Less,
        Comparison::LessThanEquals => ordering != Ordering::Greater,
        Comparison::GreaterThan => ordering == Ordering::Greater,
        Comparison::GreaterThanEquals => ordering != Ordering::Less,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A date in one of the ISO 8601 forms of the W3C note (a year, a month, a day, or a moment), or epoch seconds.
fn moment(text: &str) -> Option<Timestamp> {
    let midnight = |date: Date| TimeZone::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok();
    if text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() != 4 {
        return Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(text.parse().ok()?)).ok();
    }
    match text.len() {
        4 => midnight(format!("{text}-01-01").parse().ok()?),
        7 => midnight(format!("{text}-01").parse().ok()?),
        10 => midnight(text.parse().ok()?),
        _ => text.parse().ok(),
    }
}

/// Whether `address` lies in `network`, an address with an optional prefix length.
fn in_network(network: &str, address: &str) -> Option<bool> {
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, Some(length.parse::<u32>().ok()?)),
        None => (network, None),
    };
    let (base, address, width): (u128, u128, u32) = match (base.parse().ok()?, address.parse().ok()?) {
        (IpAddr::V4(base), IpAddr::V4(address)) => (base.to_bits().into(), address.to_bits().into(), 32),
        (IpAddr::V6(base), IpAddr::V6(address)) => (base.to_bits(), address.to_bits(), 128),
        _ => return Some(false),
    };
    let host_bits = width.checked_sub(length.unwrap_or(width))?;
    Some((base ^ address).checked_shr(host_bits).unwrap_or(0) == 0)
}
