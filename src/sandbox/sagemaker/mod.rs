//! Amazon SageMaker: the model registry, and hosting.

mod artifacts;
mod common;
mod endpoint_configs;
mod endpoint_views;
mod endpoints;
mod expression;
mod groups;
mod guardrails;
mod hosting;
mod listing;
mod models;
mod packages;
mod predictor;
mod runtime;
mod search;
mod shapes_hosting;
mod shapes_instances;
mod shapes_registry;
mod specification;
mod states;
mod tags;
mod traffic;
mod updates;

#[cfg(test)]
mod registry_tests;

pub use self::hosting::SERVICE as HOSTING;
pub use self::runtime::SERVICE as RUNTIME;
pub(super) use self::tags::tagged;
pub use self::updates::MetadataSemantics;
use super::idempotency::ClientTokens;
use super::service::{Operation, Protocol, Service};

/// How SageMaker takes client tokens.
const CLIENT_TOKENS: ClientTokens = ClientTokens { service: "sagemaker", member: "ClientToken", conflict: 400 };

/// The model registry, with tags and Search, which serve all of SageMaker.
pub const REGISTRY: Service = Service {
    name: "sagemaker",
    protocol: Protocol::Json {
        target_prefix: "SageMaker",
        validation_code: "ValidationException",
        operations: &[
            Operation {
                name: "CreateModelPackageGroup",
                input: "{ ModelPackageGroupName!: EntityName, ModelPackageGroupDescription: Description, Tags: TagList,
                          ManagedConfiguration: { ManagedStorageType: StorageType } }",
                handler: groups::create,
            },
            Operation {
                name: "DescribeModelPackageGroup",
                input: "{ ModelPackageGroupName!: ArnOrName }",
                handler: groups::describe,
            },
            Operation {
                name: "ListModelPackageGroups",
                input: "{ CreationTimeAfter: timestamp, CreationTimeBefore: timestamp, MaxResults: MaxResults,
                          NameContains: NameContains, NextToken: NextToken, SortBy: ListSortBy, SortOrder: SortOrder,
                          CrossAccountFilterOption: CrossAccountFilterOption }",
                handler: groups::list,
            },
            Operation {
                name: "DeleteModelPackageGroup",
                input: "{ ModelPackageGroupName!: ArnOrName }",
                handler: groups::delete,
            },
            Operation {
                name: "PutModelPackageGroupPolicy",
                input: "{ ModelPackageGroupName!: EntityName, ResourcePolicy!: string 1..20480 `.*` }",
                handler: groups::put_policy,
            },
            Operation {
                name: "GetModelPackageGroupPolicy",
                input: "{ ModelPackageGroupName!: EntityName }",
                handler: groups::get_policy,
            },
            Operation {
                name: "DeleteModelPackageGroupPolicy",
                input: "{ ModelPackageGroupName!: EntityName }",
                handler: groups::delete_policy,
            },
            Operation {
                name: "CreateModelPackage",
                input: "{ ModelPackageName: EntityName, ModelPackageGroupName: ArnOrName,
                          ModelPackageDescription: Description, ModelPackageRegistrationType: RegistrationType,
                          InferenceSpecification: InferenceSpecification,
                          ValidationSpecification: ValidationSpecification,
                          SourceAlgorithmSpecification: SourceAlgorithmSpecification,
                          CertifyForMarketplace: boolean, Tags: TagList, ModelApprovalStatus: ModelApprovalStatus,
                          MetadataProperties: { CommitId: MetadataProperty, Repository: MetadataProperty,
                                                GeneratedBy: MetadataProperty, ProjectId: MetadataProperty },
                          ModelMetrics: ModelMetrics, ClientToken: ClientToken, Domain: string, Task: string,
                          SamplePayloadUrl: Url, CustomerMetadataProperties: Metadata,
                          DriftCheckBaselines: DriftCheckBaselines,
                          AdditionalInferenceSpecifications: AdditionalInferenceSpecifications,
                          SkipModelValidation: enum All None, SourceUri: SourceUri,
                          SecurityConfig: { KmsKeyId!: KmsKeyId }, ModelCard: ModelCard,
                          ModelLifeCycle: ModelLifeCycle, ManagedStorageType: StorageType }",
                handler: packages::create,
            },
            Operation {
                name: "DescribeModelPackage",
                input: "{ ModelPackageName!: VersionedArnOrName, IncludedData: enum AllData MetadataOnly }",
                handler: packages::describe,
            },
            Operation {
                name: "ListModelPackages",
                input: "{ CreationTimeAfter: timestamp, CreationTimeBefore: timestamp, MaxResults: MaxResults,
                          NameContains: NameContains, ModelApprovalStatus: ModelApprovalStatus,
                          ModelPackageGroupName: ArnOrName, ModelPackageType: enum Versioned Unversioned Both,
                          NextToken: NextToken, SortBy: ListSortBy, SortOrder: SortOrder }",
                handler: packages::list,
            },
            Operation {
                name: "BatchDescribeModelPackage",
                input: "{ ModelPackageArnList!: list 1..100 of ModelPackageArn }",
                handler: packages::batch_describe,
            },
            Operation {
                name: "UpdateModelPackage",
                input: "{ ModelPackageArn!: ModelPackageArn, ModelApprovalStatus: ModelApprovalStatus,
                          ModelPackageRegistrationType: RegistrationType, ApprovalDescription: string 0..1024 `.*`,
                          CustomerMetadataProperties: Metadata,
                          CustomerMetadataPropertiesToRemove: list of MetadataKey,
                          AdditionalInferenceSpecificationsToAdd: AdditionalInferenceSpecifications,
                          InferenceSpecification: InferenceSpecification, SourceUri: SourceUri, ModelCard: ModelCard,
                          ModelLifeCycle: ModelLifeCycle, ClientToken: ClientToken }",
                handler: updates::update,
            },
            Operation {
                name: "DeleteModelPackage",
                input: "{ ModelPackageName!: VersionedArnOrName }",
                handler: packages::delete,
            },
            Operation {
                name: "Search",
                input: "{ Resource!: SearchableResource, SearchExpression: SearchExpression, SortBy: PropertyName,
                          SortOrder: SortOrder, NextToken: NextToken, MaxResults: MaxResults,
                          CrossAccountFilterOption: CrossAccountFilterOption,
                          VisibilityConditions: list 1..5 of { Key: TagKey, Value: TagValue } }",
                handler: search::search,
            },
            Operation { name: "AddTags", input: "{ ResourceArn!: ResourceArn, Tags!: TagList }", handler: tags::add },
            Operation {
                name: "ListTags",
                input: "{ ResourceArn!: ResourceArn, NextToken: NextToken, MaxResults: integer 50.. }",
                handler: tags::list,
            },
            Operation {
                name: "DeleteTags",
                input: "{ ResourceArn!: ResourceArn, TagKeys!: list 1..50 of TagKey }",
                handler: tags::delete,
            },
        ],
    },
    shapes: shapes_registry::SHAPES,
};
