//! Repositories of projects: what they are seeded with, and how they are kept up to date.

pub mod cicd;
