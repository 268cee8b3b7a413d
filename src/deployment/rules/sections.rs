//! Which sections a kind has.

use super::super::model::Kind;
use super::{Mistake, Rules};

use Kind::{Asynchronous, BatchTransform, GlueJob, InferenceComponents, RealTime, Serverless};

/// A section of the file.
struct Section {
    key: &'static str,
    /// Kinds that cannot do without it.
    needed: &'static [Kind],
    /// Further kinds that may have it.
    allowed: &'static [Kind],
    /// Why the others have none.
    why: &'static str,
}

const SECTIONS: [Section; 12] = [
    Section {
        key: "instance",
        needed: &[RealTime, Asynchronous, InferenceComponents, BatchTransform],
        allowed: &[],
        why: "AWS chooses the machines: a serverless endpoint is sized by `serverless`, a Glue job by `job`",
    },
    Section { key: "serverless", needed: &[Serverless], allowed: &[], why: "it sizes a serverless endpoint" },
    Section { key: "asynchronous", needed: &[Asynchronous], allowed: &[], why: "only asynchronous endpoints queue" },
    Section {
        key: "component",
        needed: &[InferenceComponents],
        allowed: &[],
        why: "elsewhere a model has its instances for itself",
    },
    Section { key: "transform", needed: &[BatchTransform], allowed: &[], why: "it belongs to a batch transform" },
    Section { key: "job", needed: &[GlueJob], allowed: &[], why: "it belongs to a Glue job" },
    Section {
        key: "container",
        needed: &[],
        allowed: &[RealTime, Serverless, Asynchronous, InferenceComponents, BatchTransform],
        why: "Glue brings its own: use `arguments` and `python-modules` of `job`",
    },
    // Serverless: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, feature exclusions.
    // Inference components are themselves the models of the one variant.
    // Asynchronous: InvokeEndpointAsync has no TargetVariant, so no variant could be tested by itself.
    Section {
        key: "variants",
        needed: &[],
        allowed: &[RealTime],
        why: "only a real-time endpoint can be asked for the answer of one variant",
    },
    // Serverless: as above. A transform job has a data capture of its own, which aiops does not use.
    Section {
        key: "data-capture",
        needed: &[],
        allowed: &[RealTime, Asynchronous],
        why: "SageMaker captures the data of real-time and asynchronous endpoints",
    },
    Section {
        key: "scaling",
        needed: &[],
        allowed: &[RealTime, Serverless, Asynchronous, InferenceComponents],
        why: "a job takes what it is given, and ends",
    },
    Section {
        key: "alarms",
        needed: &[],
        allowed: &[RealTime, Serverless, Asynchronous, InferenceComponents],
        why: "they watch the metrics of an endpoint",
    },
    // "Deployment guardrails only apply to Asynchronous inference and Real-time inference endpoint types":
    // https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html. Inference components have a rolling
    // update of their own: UpdateInferenceComponent, DeploymentConfig.
    Section {
        key: "rollout",
        needed: &[],
        allowed: &[RealTime, Asynchronous, InferenceComponents],
        why: "SageMaker's deployment guardrails are for real-time and asynchronous endpoints and inference components",
    },
];

impl Rules<'_> {
    /// Sections that are missing, and those that have no meaning.
    pub(super) fn sections(&mut self, kind: Kind) {
        let name = self.text("/kind").unwrap_or_default().to_owned();
        for section in SECTIONS {
            let pointer = format!("/{}", section.key);
            let present = self.value(&pointer).is_some();
            let needed = section.needed.contains(&kind);
            if needed && !present {
                let mistake = Mistake::new(format!("the key `{}` is missing", section.key));
                let mistake = self.draft.label(mistake, "/kind", "needed by this kind");
                self.mistakes.push(mistake.help(format!("`kind: {name}` has a section `{}`", section.key)));
            }
            if present && !needed && !section.allowed.contains(&kind) {
                let message = format!("`{}` has no meaning with `kind: {name}`", section.key);
                self.wrong_beside(&pointer, "/kind", message, format!("remove it: {}", section.why));
            }
        }
        if matches!(kind, Serverless | BatchTransform) {
            for key in ["model-data-download-timeout", "startup-timeout"] {
                let pointer = format!("/container/{key}");
                if self.value(&pointer).is_some() {
                    let message = format!("`{key}` has no meaning with `kind: {name}`");
                    self.wrong_beside(
                        &pointer,
                        "/kind",
                        message,
                        "remove it: SageMaker takes it for instances of endpoints",
                    );
                }
            }
        }
    }
}
