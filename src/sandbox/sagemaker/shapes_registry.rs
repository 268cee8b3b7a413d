//! The shapes of the model registry's inputs.

use super::common::shared_shapes;
use super::shapes_instances::instance_types;

/// Named shapes, in the language of [`crate::sandbox::shape`].
pub(super) const SHAPES: &str = concat!(
    shared_shapes!(),
    instance_types!(),
    r#"
    Description = string 0..1024 `[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]*`
    StorageType = enum Restricted
    ResourceArn = string 0..256 `arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:[0-9]{12}:.+`
    CrossAccountFilterOption = enum SameAccount CrossAccount
    ListSortBy = enum Name CreationTime

    ModelPackageArn = string 1..2048 `arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]{9,16}:[0-9]{12}:model-package/[\S]{1,2048}`
    ModelApprovalStatus = enum Approved Rejected PendingManualApproval
    RegistrationType = enum Logged Registered
    SourceUri = string 0..1024 `[\p{L}\p{M}\p{Z}\p{N}\p{P}]{0,1024}`
    ClientToken = string 1..36 `[a-zA-Z0-9-]+`
    ModelLifeCycle = { Stage!: EntityName, StageStatus!: EntityName, StageDescription: string 0..1024 `.{0,1024}` }
    ModelCard = {
        ModelCardContent: string 0..100000 `.*`,
        ModelCardStatus: enum Draft PendingReview Approved Archived
    }
    MetadataKey = string 1..128 `([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,128}`
    Metadata = map 1..50 of MetadataKey to string 1..256 `([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,256}`
    MetadataProperty = string 0..1024 `.*`

    ContentType = string 0..256 `.*`
    InstanceTypesForTransform = list 1.. of TransformInstanceType
    InstanceTypesForEndpoints = list of ProductionVariantInstanceType
    ContentTypes = list of ContentType
    ResponseTypes = list of string 0..1024 `[-\w]+\/.+`
    Container = {
        ContainerHostname: ContainerHostname, Image: ContainerImage,
        ImageDigest: string 0..72 `[Ss][Hh][Aa]256:[0-9a-fA-F]{64}`,
        ModelDataUrl: Url, ModelDataSource: ModelDataSource, ModelDataETag: string,
        ProductId: string 0..256 `[a-zA-Z0-9](-*[a-zA-Z0-9])*`,
        Environment: EnvironmentMap,
        ModelInput: { DataInputConfig!: string 1..16384 `[\S\s]+` },
        Framework: string, FrameworkVersion: string 3..10 `[0-9]\.[A-Za-z0-9.-]+`, NearestModelName: string,
        AdditionalModelDataSources: AdditionalModelDataSources,
        AdditionalS3DataSource: {
            S3DataType!: enum S3Object S3Prefix, S3Uri!: Url, CompressionType: enum None Gzip, ETag: string
        },
        IsCheckpoint: boolean,
        BaseModel: {
            HubContentName: string 0..63 `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`,
            HubContentVersion: string 5..14 `\d{1,4}.\d{1,4}.\d{1,4}`, RecipeName: string 0..255
        }
    }
    Containers = list 1..15 of Container
    InferenceSpecification = {
        Containers!: Containers,
        SupportedTransformInstanceTypes: InstanceTypesForTransform,
        SupportedRealtimeInferenceInstanceTypes: InstanceTypesForEndpoints,
        SupportedContentTypes: ContentTypes, SupportedResponseMIMETypes: ResponseTypes
    }
    AdditionalInferenceSpecifications = list 1..15 of {
        Name!: EntityName, Description: Description,
        Containers!: Containers,
        SupportedTransformInstanceTypes: InstanceTypesForTransform,
        SupportedRealtimeInferenceInstanceTypes: InstanceTypesForEndpoints,
        SupportedContentTypes: ContentTypes, SupportedResponseMIMETypes: ResponseTypes
    }

    ContentDigest = string 0..72 `[Ss][Hh][Aa]256:[0-9a-fA-F]{64}`
    MetricsSource = { ContentType!: ContentType, ContentDigest: ContentDigest, S3Uri!: Url }
    FileSource = { ContentType: ContentType, ContentDigest: ContentDigest, S3Uri!: Url }
    StatisticsAndConstraints = { Statistics: MetricsSource, Constraints: MetricsSource }
    ModelMetrics = {
        ModelQuality: StatisticsAndConstraints, ModelDataQuality: StatisticsAndConstraints,
        Bias: { Report: MetricsSource, PreTrainingReport: MetricsSource, PostTrainingReport: MetricsSource },
        Explainability: { Report: MetricsSource }
    }
    DriftCheckBaselines = {
        Bias: { ConfigFile: FileSource, PreTrainingConstraints: MetricsSource, PostTrainingConstraints: MetricsSource },
        Explainability: { Constraints: MetricsSource, ConfigFile: FileSource },
        ModelQuality: StatisticsAndConstraints, ModelDataQuality: StatisticsAndConstraints
    }

    TransformJobDefinition = {
        MaxConcurrentTransforms: integer 0.., MaxPayloadInMB: integer 0..,
        BatchStrategy: enum MultiRecord SingleRecord,
        Environment: map 0..16 of string 0..1024 `[a-zA-Z_][a-zA-Z0-9_]{0,1023}` to string 0..10240 `[\S\s]*`,
        TransformInput!: {
            DataSource!: {
                S3DataSource!: {
                    S3DataType!: enum ManifestFile S3Prefix AugmentedManifestFile Converse, S3Uri!: Url
                }
            },
            ContentType: ContentType, CompressionType: enum None Gzip, SplitType: enum None Line RecordIO TFRecord
        },
        TransformOutput!: {
            S3OutputPath!: Url, Accept: ContentType, AssembleWith: enum None Line, KmsKeyId: KmsKeyId
        },
        TransformResources!: {
            InstanceType!: TransformInstanceType, InstanceCount!: integer 1.., VolumeKmsKeyId: KmsKeyId,
            TransformAmiVersion: string 1..63 `[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*`
        }
    }
    ValidationSpecification = {
        ValidationRole!: RoleArn,
        ValidationProfiles!: list 0..1 of { ProfileName!: EntityName, TransformJobDefinition!: TransformJobDefinition }
    }
    SourceAlgorithmSpecification = {
        SourceAlgorithms!: list 1..1 of {
            ModelDataUrl: Url, ModelDataSource: ModelDataSource, ModelDataETag: string, AlgorithmName!: ArnOrName
        }
    }

    PropertyName = string 1..255 `.+`
    Filters = list 1..20 of {
        Name!: PropertyName,
        Operator: enum Equals NotEquals GreaterThan GreaterThanOrEqualTo LessThan LessThanOrEqualTo Contains Exists
            NotExists In,
        Value: string 1..1024 `.+`
    }
    SearchExpression = {
        Filters: Filters,
        NestedFilters: list 1..20 of { NestedPropertyName!: PropertyName, Filters!: Filters },
        SubExpressions: list 1..20 of SearchExpression,
        Operator: enum And Or
    }
    SearchableResource = enum TrainingJob Experiment ExperimentTrial ExperimentTrialComponent Endpoint Model ModelPackage
        ModelPackageGroup Pipeline PipelineExecution FeatureGroup FeatureMetadata Image ImageVersion Project
        HyperParameterTuningJob ModelCard PipelineVersion Job HubContent
    "#
);
