//! Input shapes of models, endpoint configurations and endpoints.

use super::common::shared_shapes;
use super::shapes_instances::instance_types;

/// `ContainerDefinition` and what is in it.
pub(super) const SHAPES: &str = concat!(
    shared_shapes!(),
    instance_types!(),
    r"
    ModelName = string 0..63 `[a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?`
    EndpointName = string 0..63 `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`
    EndpointConfigName = string 0..63 `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`
    VariantName = string 0..63 `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`
    HostingNameContains = string 0..63 `[a-zA-Z0-9-]+`
    VariantWeight = float 0..
    DestinationS3Uri = string 0..512 `(https|s3)://([^/])/?(.*)`

    ContainerDefinition = {
        ContainerHostname: ContainerHostname, Image: ContainerImage,
        ImageConfig: {
            RepositoryAccessMode!: enum Platform Vpc,
            RepositoryAuthConfig: { RepositoryCredentialsProviderArn!: string 1..2048 `.*` }
        },
        Mode: enum SingleModel MultiModel, ModelDataUrl: Url, ModelDataSource: ModelDataSource,
        AdditionalModelDataSources: AdditionalModelDataSources, Environment: EnvironmentMap,
        ModelPackageName: VersionedArnOrName,
        InferenceSpecificationName: string 1..63 `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`,
        MultiModelConfig: { ModelCacheSetting: enum Enabled Disabled }
    }
    VpcConfig = {
        SecurityGroupIds!: list 1..5 of string 0..32 `[-0-9a-zA-Z]+`,
        Subnets!: list 1..16 of string 0..32 `[-0-9a-zA-Z]+`
    }

    ProductionVariantList = list 1..10 of {
        VariantName!: VariantName, ModelName: ModelName, InitialInstanceCount: integer 1..,
        InstanceType: ProductionVariantInstanceType,
        InstancePools: list 1..5 of
            { InstanceType!: ProductionVariantInstanceType, ModelNameOverride: ModelName, Priority!: integer 1..5 },
        VariantInstanceProvisionTimeoutInSeconds: integer 300..3600, InitialVariantWeight: VariantWeight,
        AcceleratorType: enum ml.eia1.medium ml.eia1.large ml.eia1.xlarge ml.eia2.medium ml.eia2.large ml.eia2.xlarge,
        CoreDumpConfig: { DestinationS3Uri!: DestinationS3Uri, KmsKeyId: KmsKeyId },
        ServerlessConfig: {
            MemorySizeInMB!: integer 1024..6144, MaxConcurrency!: integer 1..200, ProvisionedConcurrency: integer 1..200
        },
        VolumeSizeInGB: integer 1..512, ModelDataDownloadTimeoutInSeconds: integer 60..3600,
        ContainerStartupHealthCheckTimeoutInSeconds: integer 60..3600, EnableSSMAccess: boolean,
        ManagedInstanceScaling: {
            Status: enum ENABLED DISABLED, MinInstanceCount: integer 0.., MaxInstanceCount: integer 1..,
            ScaleInPolicy: {
                Strategy!: enum IDLE_RELEASE CONSOLIDATION, MaximumStepSize: integer 1..100,
                CooldownInMinutes: integer 5..1440
            }
        },
        RoutingConfig: {
            RoutingStrategy!: enum LEAST_OUTSTANDING_REQUESTS RANDOM PREFIX_AWARE KV_AWARE,
            PrefixAwareRoutingConfig: { PrefixLength: integer 1024..65536, ConcurrencyThreshold: integer 1..1024 }
        },
        InferenceAmiVersion: enum
            al2-ami-sagemaker-inference-gpu-2 al2-ami-sagemaker-inference-gpu-2-1 al2-ami-sagemaker-inference-gpu-3-1
            al2-ami-sagemaker-inference-neuron-2 al2023-ami-sagemaker-inference-gpu-4-1,
        CapacityReservationConfig: {
            CapacityReservationPreference: enum capacity-reservations-only,
            MlReservationArn: string 20..258 `arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:[a-z0-9\-]{1,14}/.*`
        }
    }
    ContentType = string 1..256 `[a-zA-Z0-9](-*[a-zA-Z0-9])*\/[a-zA-Z0-9](-*[a-zA-Z0-9.])*`
    DataCaptureConfig = {
        EnableCapture: boolean, InitialSamplingPercentage!: integer 0..100, DestinationS3Uri!: DestinationS3Uri,
        KmsKeyId: KmsKeyId, CaptureOptions!: list 1..32 of { CaptureMode!: enum Input Output InputAndOutput },
        CaptureContentTypeHeader:
            { CsvContentTypes: list 1..10 of ContentType, JsonContentTypes: list 1..10 of ContentType }
    }
    SnsTopicArn = string 0..2048 `arn:aws[a-z\-]*:sns:[a-z0-9\-]*:[0-9]{12}:[a-zA-Z0-9_.-]+`
    AsyncInferenceConfig = {
        ClientConfig: { MaxConcurrentInvocationsPerInstance: integer 1..1000 },
        OutputConfig!: {
            KmsKeyId: KmsKeyId, S3OutputPath: DestinationS3Uri, S3FailurePath: DestinationS3Uri,
            NotificationConfig: {
                SuccessTopic: SnsTopicArn, ErrorTopic: SnsTopicArn,
                IncludeInferenceResponseIn: list 0..2 of enum SUCCESS_NOTIFICATION_TOPIC ERROR_NOTIFICATION_TOPIC
            }
        }
    }
    ClarifyText = string 1..64 `.*`
    ExplainerConfig = {
        ClarifyExplainerConfig: {
            EnableExplanations: ClarifyText,
            InferenceConfig: {
                FeaturesAttribute: ClarifyText, ContentTemplate: ClarifyText, MaxRecordCount: integer 1..,
                MaxPayloadInMB: integer 1..25, ProbabilityIndex: integer 0.., LabelIndex: integer 0..,
                ProbabilityAttribute: ClarifyText, LabelAttribute: ClarifyText,
                LabelHeaders: list 1..16 of ClarifyText, FeatureHeaders: list 1..256 of ClarifyText,
                FeatureTypes: list 1..256 of enum numerical categorical text
            },
            ShapConfig!: {
                ShapBaselineConfig!: {
                    MimeType: string 0..255 `[a-zA-Z0-9](-*[a-zA-Z0-9])*\/[a-zA-Z0-9](-*[a-zA-Z0-9+.])*`,
                    ShapBaseline: string 1..4096 `[\s\S]+`, ShapBaselineUri: Url
                },
                NumberOfSamples: integer 1.., UseLogit: boolean, Seed: integer,
                TextConfig: {
                    Language!: enum
                        af sq ar hy eu bn bg ca zh hr cs da nl en et fi fr de el gu he hi hu is id ga it kn ky lv lt lb
                        mk ml mr ne nb fa pl pt ro ru sa sr tn si sk sl es sv tl ta tt te tr uk ur yo lij xx,
                    Granularity!: enum token sentence paragraph
                }
            }
        }
    }
    MetricsConfig = { EnableEnhancedMetrics: boolean, MetricPublishFrequencyInSeconds: integer }

    CapacitySize = { Type!: enum INSTANCE_COUNT CAPACITY_PERCENT, Value!: integer 1.. }
    WaitIntervalInSeconds = integer 0..3600
    MaximumExecutionTimeoutInSeconds = integer 600..28800
    DeploymentConfig = {
        BlueGreenUpdatePolicy: {
            TrafficRoutingConfiguration!: {
                Type!: enum ALL_AT_ONCE CANARY LINEAR, WaitIntervalInSeconds!: WaitIntervalInSeconds,
                CanarySize: CapacitySize, LinearStepSize: CapacitySize
            },
            TerminationWaitInSeconds: integer 0..3600,
            MaximumExecutionTimeoutInSeconds: MaximumExecutionTimeoutInSeconds
        },
        RollingUpdatePolicy: {
            MaximumBatchSize!: CapacitySize, WaitIntervalInSeconds!: WaitIntervalInSeconds,
            MaximumExecutionTimeoutInSeconds: MaximumExecutionTimeoutInSeconds, RollbackMaximumBatchSize: CapacitySize
        },
        AutoRollbackConfiguration: { Alarms: list 1..10 of { AlarmName: string 1..255 `(?!\s*$).+` } }
    }
    "
);

/// Input of `CreateModel`.
pub(super) const CREATE_MODEL: &str = r"{
    ModelName!: ModelName, PrimaryContainer: ContainerDefinition, Containers: list 0..15 of ContainerDefinition,
    InferenceExecutionConfig: { Mode!: enum Serial Direct }, ExecutionRoleArn: RoleArn, Tags: TagList,
    VpcConfig: VpcConfig, EnableNetworkIsolation: boolean
}";

/// Input of `CreateEndpointConfig`.
pub(super) const CREATE_ENDPOINT_CONFIG: &str = r"{
    EndpointConfigName!: EndpointConfigName, ProductionVariants!: ProductionVariantList,
    ShadowProductionVariants: ProductionVariantList, DataCaptureConfig: DataCaptureConfig, Tags: TagList,
    KmsKeyId: KmsKeyId, AsyncInferenceConfig: AsyncInferenceConfig, ExplainerConfig: ExplainerConfig,
    ExecutionRoleArn: RoleArn, VpcConfig: VpcConfig, EnableNetworkIsolation: boolean, MetricsConfig: MetricsConfig
}";

/// Input of `UpdateEndpoint`.
pub(super) const UPDATE_ENDPOINT: &str = r"{
    EndpointName!: EndpointName, EndpointConfigName!: EndpointConfigName, RetainAllVariantProperties: boolean,
    ExcludeRetainedVariantProperties: list 0..3 of
        { VariantPropertyType!: enum DesiredInstanceCount DesiredWeight DataCaptureConfig },
    DeploymentConfig: DeploymentConfig, RetainDeploymentConfig: boolean
}";

/// Input of `UpdateEndpointWeightsAndCapacities`.
pub(super) const UPDATE_WEIGHTS: &str = r"{
    EndpointName!: EndpointName,
    DesiredWeightsAndCapacities!: list 1.. of {
        VariantName!: VariantName, DesiredWeight: VariantWeight, DesiredInstanceCount: integer 0..,
        ServerlessUpdateConfig: { MaxConcurrency: integer 1..200, ProvisionedConcurrency: integer 1..200 }
    }
}";

/// Input of `ListModels` and `ListEndpointConfigs`.
pub(super) const LIST: &str = r"{
    SortBy: enum Name CreationTime, SortOrder: SortOrder, NextToken: NextToken, MaxResults: MaxResults,
    NameContains: HostingNameContains, CreationTimeBefore: timestamp, CreationTimeAfter: timestamp
}";

/// Input of `ListEndpoints`.
pub(super) const LIST_ENDPOINTS: &str = r"{
    SortBy: enum Name CreationTime Status, SortOrder: SortOrder, NextToken: NextToken, MaxResults: MaxResults,
    NameContains: HostingNameContains, CreationTimeBefore: timestamp, CreationTimeAfter: timestamp,
    LastModifiedTimeBefore: timestamp, LastModifiedTimeAfter: timestamp,
    StatusEquals: enum
        OutOfService Creating Updating SystemUpdating RollingBack InService Deleting Failed UpdateRollbackFailed
}";

/// Input of `CreateEndpoint`.
pub(super) const CREATE_ENDPOINT: &str = r"{
    EndpointName!: EndpointName, EndpointConfigName!: EndpointConfigName, DeploymentConfig: DeploymentConfig,
    Tags: TagList
}";
