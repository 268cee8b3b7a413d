//! A policy document, parsed.

use super::condition::Condition;
use super::context::Context;
use super::pattern::{Pattern, SegmentEnd, Template};
use super::principal::PrincipalPattern;

/// What a document is attached to. It decides which elements the document must and must not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// An inline or managed policy of a role, a permissions boundary, or a session policy.
    Identity,
    /// A role's trust policy: names principals and STS actions, and has no resource but the role.
    Trust,
    /// A policy on a resource, such as a bucket or a model package group.
    Resource,
}

/// A parsed and validated policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(super) statements: Vec<Statement>,
}

impl Policy {
    /// ARNs of the roles that are named as principals.
    pub(super) fn named_roles(&self) -> impl Iterator<Item = &str> {
        let principals = self.statements.iter().filter_map(|statement| statement.principals.as_ref());
        principals.flat_map(|principals| &principals.entries).filter_map(|entry| match entry {
            PrincipalPattern::Arn(arn) if arn.contains(":role/") => Some(arn.as_str()),
            _ => None,
        })
    }
}

/// The effect of a statement that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    /// Present exactly in trust and resource policies.
    pub(super) principals: Option<Selection<PrincipalPattern>>,
    pub(super) actions: Selection<Pattern>,
    /// Absent in trust policies, whose resource is the role.
    pub(super) resources: Option<Selection<Template>>,
    pub(super) conditions: Vec<Condition>,
}

/// An element or its `Not` form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection<T> {
    /// Whether it is the `Not` form, which matches what is not listed.
    pub(super) not: bool,
    pub(super) entries: Vec<T>,
}

impl<T> Selection<T> {
    fn matches(&self, listed: impl FnMut(&T) -> bool) -> bool {
        self.entries.iter().any(listed) != self.not
    }
}

impl Statement {
    /// Whether action, resource and conditions match; principals are the caller's business.
    pub(super) fn applies_to(&self, action: &str, resource: &str, context: &Context) -> bool {
        let action = action.to_lowercase();
        let is_resource = |template: &Template| {
            template.expand(context).is_some_and(|pattern| pattern.arn(SegmentEnd::Open).matches(resource))
        };
        self.actions.matches(|pattern| pattern.matches(&action))
            && self.resources.as_ref().is_none_or(|resources| resources.matches(is_resource))
            && self.conditions.iter().all(|condition| condition.holds(context))
    }
}
