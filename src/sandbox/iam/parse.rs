//! Reading and validating a policy document, with IAM's own messages where it has one for the mistake.
//!
//! Where IAM says no more than `Syntax errors in policy.`, what is wrong follows in parentheses.

use std::collections::HashSet;
use std::fmt;

use super::condition::{Condition, Operator};
use super::json::Json;
use super::pattern::{Pattern, Template};
use super::policy::{DocumentKind, Effect, Policy, Selection, Statement};
use super::principal::PrincipalPattern;
use crate::nearest::nearest;

/// Why a document is refused. Services report it as `MalformedPolicyDocument` (IAM, STS), `MalformedPolicy` (S3) or
/// a validation error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

type Result<T> = std::result::Result<T, Malformed>;

fn malformed<T>(message: impl Into<String>) -> Result<T> {
    Err(Malformed(message.into()))
}

fn syntax<T>(detail: impl fmt::Display) -> Result<T> {
    malformed(format!("Syntax errors in policy. ({detail})"))
}

const CURRENT_VERSION: &str = "2012-10-17";
const DOCUMENT_ELEMENTS: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

impl Policy {
    /// Reads a document that is to be attached as `kind`.
    pub fn parse(document: &str, kind: DocumentKind) -> Result<Self> {
        let json = match serde_json::from_str(document) {
            Ok(Json::Object(members)) => members,
            Ok(_) => return syntax("The document is not a JSON object"),
            Err(error) => return malformed(format!("This policy contains invalid Json ({error})")),
        };
        let document = Element { place: "the document".to_owned(), members: &json };
        document.check_names(DOCUMENT_ELEMENTS)?;
        document.text("Id")?;
        let current = match document.text("Version")? {
            Some(CURRENT_VERSION) => true,
            None | Some("2008-10-17") if kind != DocumentKind::Identity => false,
            None | Some("2008-10-17") => return malformed("Policy document must be version 2012-10-17 or greater."),
            Some(other) => return syntax(format_args!("Version {other} is neither 2012-10-17 nor 2008-10-17")),
        };
        let statements = match document.get("Statement") {
            Some(Json::List(items)) if !items.is_empty() => items.as_slice(),
            Some(single @ Json::Object(_)) => std::slice::from_ref(single),
            Some(_) => return syntax("Statement must be an object or a list of objects"),
            None => return syntax("The document has no Statement"),
        };
        let statements: Vec<Statement> = statements
            .iter()
            .enumerate()
            .map(|(index, json)| statement(json, index + 1, kind, current))
            .collect::<Result<_>>()?;
        let mut sids = HashSet::new();
        if !statements.iter().filter_map(|statement| statement.sid.as_ref()).all(|sid| sids.insert(sid)) {
            return malformed("Statement IDs (SID) in a single policy must be unique.");
        }
        Ok(Policy { statements })
    }
}

fn statement(json: &Json, number: usize, kind: DocumentKind, variables: bool) -> Result<Statement> {
    let place = format!("statement {number}");
    let Json::Object(members) = json else {
        return syntax(format_args!("{place} is not an object"));
    };
    let element = Element { place, members };
    element.check_names(STATEMENT_ELEMENTS)?;
    let effect = match element.text("Effect")? {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        Some(other) => return syntax(format_args!("Effect {other} in {} is neither Allow nor Deny", element.place)),
        None => return syntax(format_args!("{} has no Effect", element.place)),
    };
    Ok(Statement {
        sid: sid(&element, kind)?,
        effect,
        principals: principals(&element, kind, effect)?,
        actions: actions(&element, kind)?,
        resources: resources(&element, kind, variables)?,
        conditions: conditions(&element, variables)?,
    })
}

/// The empty id is no id. IAM limits the characters, resource policies do not.
fn sid(element: &Element<'_>, kind: DocumentKind) -> Result<Option<String>> {
    let sid = element.text("Sid")?.filter(|sid| !sid.is_empty());
    if kind != DocumentKind::Resource && sid.is_some_and(|sid| !sid.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
             [0-9A-Za-z]*",
        );
    }
    Ok(sid.map(str::to_owned))
}

fn principals(
    element: &Element<'_>,
    kind: DocumentKind,
    effect: Effect,
) -> Result<Option<Selection<PrincipalPattern>>> {
    let (not, json) = match (element.get("Principal"), element.get("NotPrincipal")) {
        (None, None) if kind == DocumentKind::Identity => return Ok(None),
        _ if kind == DocumentKind::Identity => return malformed("Policy document should not specify a principal."),
        (None, None) => return malformed("Missing required field Principal"),
        (Some(json), None) => (false, json),
        (None, Some(_)) if kind == DocumentKind::Trust => return malformed("Has prohibited field NotPrincipal"),
        (None, Some(_)) if effect == Effect::Allow => return malformed("Allow with NotPrincipal is not allowed."),
        (None, Some(json)) => (true, json),
        (Some(_), Some(_)) => return syntax(format_args!("{} has Principal and NotPrincipal", element.place)),
    };
    let entries = match json {
        Json::Text(text) if text == "*" => vec![PrincipalPattern::Anyone],
        Json::Object(members) => {
            let mut entries = Vec::new();
            for (category, names) in members {
                let Some(names) = texts(names) else {
                    return syntax(format_args!("{category} of Principal in {} is not text", element.place));
                };
                for name in names {
                    entries.push(principal(category, name)?);
                }
            }
            entries
        }
        Json::Text(text) => return invalid_principal("AWS", text),
        _ => return syntax(format_args!("Principal in {} is neither \"*\" nor an object", element.place)),
    };
    Ok(Some(Selection { not, entries }))
}

fn invalid_principal<T>(category: &str, name: &str) -> Result<T> {
    malformed(format!("Invalid principal in policy: \"{category}\":\"{name}\""))
}

fn principal(category: &str, name: &str) -> Result<PrincipalPattern> {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    match category {
        "AWS" if name == "*" => Ok(PrincipalPattern::Anyone),
        "AWS" if is_account(name) => Ok(PrincipalPattern::Account(name.to_owned())),
        "AWS" => match name.splitn(6, ':').collect::<Vec<_>>()[..] {
            ["arn", _, "iam", "", account, "root"] if is_account(account) => {
                Ok(PrincipalPattern::Account(account.to_owned()))
            }
            // Part of a name cannot be a wildcard here; that is what aws:PrincipalArn is for.
            ["arn", _, "iam" | "sts", "", account, rest] if is_account(account) && !rest.contains(['*', '?']) => {
                Ok(PrincipalPattern::Arn(name.to_owned()))
            }
            _ => invalid_principal(category, name),
        },
        "Service" if !name.contains(['*', '?']) => Ok(PrincipalPattern::Service(name.to_owned())),
        "Federated" if !name.contains('*') => Ok(PrincipalPattern::Federated(name.to_owned())),
        "CanonicalUser" => Ok(PrincipalPattern::Elsewhere),
        _ => invalid_principal(category, name),
    }
}

fn actions(element: &Element<'_>, kind: DocumentKind) -> Result<Selection<Pattern>> {
    let Some((not, names)) = element.either("Action", "NotAction")? else {
        return malformed("Policy statement must contain actions.");
    };
    for name in &names {
        let vendor = match name.split_once(':') {
            Some((_, rest)) if rest.contains(':') => return malformed("Actions/Condition can contain only one colon."),
            Some((vendor, _)) => vendor,
            None if *name == "*" && kind != DocumentKind::Trust => continue,
            None => {
                return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
            }
        };
        if vendor.is_empty() || !vendor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
            return malformed(format!("Vendor {vendor} is not valid"));
        }
        if kind == DocumentKind::Trust && !vendor.eq_ignore_ascii_case("sts") {
            return malformed("AssumeRole policy may only specify STS AssumeRole actions.");
        }
    }
    Ok(Selection { not, entries: names.iter().map(|name| Pattern::wildcards(name).lowercase()).collect() })
}

fn resources(element: &Element<'_>, kind: DocumentKind, variables: bool) -> Result<Option<Selection<Template>>> {
    if kind == DocumentKind::Trust {
        return match ["Resource", "NotResource"].into_iter().find(|name| element.get(name).is_some()) {
            Some(name) => malformed(format!("Has prohibited field {name}")),
            None => Ok(None),
        };
    }
    let Some((not, names)) = element.either("Resource", "NotResource")? else {
        return malformed("Policy statement must contain resources.");
    };
    for name in &names {
        let mut parts = name.splitn(3, ':');
        let (scheme, partition, rest) = (parts.next(), parts.next(), parts.next());
        match (scheme, partition, rest) {
            _ if *name == "*" => {}
            (Some("arn"), Some("*" | "aws" | "aws-cn" | "aws-us-gov"), Some(rest)) if rest.contains(':') => {}
            (Some("arn"), Some("*" | "aws" | "aws-cn" | "aws-us-gov"), _) => {
                return malformed("Resource vendor must be fully qualified and cannot contain regexes.");
            }
            (Some("arn"), Some(partition), _) => {
                return malformed(format!("Partition \"{partition}\" is not valid for resource \"{name}\"."));
            }
            _ => return malformed(format!("Resource {name} must be in ARN format or \"*\".")),
        }
    }
    let entries = names.iter().map(|name| Template::parse(name, true, variables)).collect();
    Ok(Some(Selection { not, entries }))
}

fn conditions(element: &Element<'_>, variables: bool) -> Result<Vec<Condition>> {
    let blocks = match element.get("Condition") {
        None => return Ok(Vec::new()),
        Some(Json::Object(blocks)) => blocks,
        Some(_) => return syntax(format_args!("Condition in {} is not an object", element.place)),
    };
    let mut conditions = Vec::new();
    for (name, tests) in blocks {
        let Some(operator) = Operator::parse(name) else {
            return malformed(format!("Invalid Condition type : {name}.{}", suggestion(name, Operator::names())));
        };
        let Json::Object(tests) = tests else {
            return syntax(format_args!("{name} in {} is not an object of keys and values", element.place));
        };
        for (key, values) in tests {
            if !key.contains(':') {
                return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
            }
            let Some(values) = scalars(values) else {
                return syntax(format_args!("{key} in {} is neither a value nor a list of values", element.place));
            };
            conditions.push(Condition::new(operator, key, &values, variables));
        }
    }
    Ok(conditions)
}

/// An object of the document, and what to call it in a message.
struct Element<'a> {
    place: String,
    members: &'a [(String, Json)],
}

impl<'a> Element<'a> {
    fn get(&self, name: &str) -> Option<&'a Json> {
        self.members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn check_names(&self, known: &'static [&'static str]) -> Result<()> {
        match self.members.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => syntax(format_args!(
                "{} has an unknown element {name}.{}",
                self.place,
                suggestion(name, known.iter().copied())
            )),
            None => Ok(()),
        }
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => syntax(format_args!("{name} in {} is not text", self.place)),
        }
    }

    /// The texts of an element or of its `Not` form, whichever is there and not empty.
    fn either(&self, plain: &str, not: &str) -> Result<Option<(bool, Vec<&'a str>)>> {
        let (is_not, name, json) = match (self.get(plain), self.get(not)) {
            (None, None) => return Ok(None),
            (Some(json), None) => (false, plain, json),
            (None, Some(json)) => (true, not, json),
            (Some(_), Some(_)) => return syntax(format_args!("{} has {plain} and {not}", self.place)),
        };
        match texts(json) {
            Some(texts) if texts.is_empty() => Ok(None),
            Some(texts) => Ok(Some((is_not, texts))),
            None => syntax(format_args!("{name} in {} is neither text nor a list of texts", self.place)),
        }
    }
}

fn texts(json: &Json) -> Option<Vec<&str>> {
    match json {
        Json::Text(text) => Some(vec![text]),
        Json::List(items) => {
            items.iter().map(|item| if let Json::Text(text) = item { Some(text.as_str()) } else { None }).collect()
        }
        _ => None,
    }
}

/// Like [`texts`], with numbers and booleans, which conditions may hold.
fn scalars(json: &Json) -> Option<Vec<&str>> {
    let scalar = |json| match json {
        &Json::Text(ref text) | &Json::Scalar(ref text) => Some(text.as_str()),
        _ => None,
    };
    match json {
        Json::List(items) => items.iter().map(scalar).collect(),
        single => scalar(single).map(|text| vec![text]),
    }
}

/// ` Did you mean X?` for a name that is close to a known one.
fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(name, known).map(|known| format!(" Did you mean {known}?")).unwrap_or_default()
}
