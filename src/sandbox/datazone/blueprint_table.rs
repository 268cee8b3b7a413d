//! The blueprints that DataZone manages, as observed in domains of version V2, with the parameters that AWS's own
//! samples set. AWS publishes no list: clients read it from `GetEnvironmentBlueprint`.

/// A blueprint that DataZone manages.
pub(super) struct Blueprint {
    /// By which clients find it: its id differs from Region to Region.
    pub name: &'static str,
    /// What it makes.
    pub description: &'static str,
    /// What an environment of it may be told.
    pub parameters: &'static [Parameter],
    /// The regional parameters that its configuration must have before anything can be deployed.
    pub regional: &'static [&'static str],
}

/// A parameter of a blueprint. Values are text, whatever they mean.
pub(super) struct Parameter {
    /// Its key.
    pub name: &'static str,
    /// AWS does not list these words either.
    pub kind: &'static str,
    /// Where one has been seen.
    pub default: Option<&'static str>,
    /// Whether an environment can do without.
    pub optional: bool,
    /// Whether it may change later; what names a resource may not.
    pub updatable: bool,
}

const fn parameter(name: &'static str, kind: &'static str, default: Option<&'static str>) -> Parameter {
    Parameter { name, kind, default, optional: true, updatable: true }
}

const fn flag(name: &'static str, default: &'static str) -> Parameter {
    parameter(name, "Boolean", Some(default))
}

const fn permission(name: &'static str) -> Parameter {
    parameter(name, "Boolean", None)
}

const fn number(name: &'static str, default: &'static str) -> Parameter {
    parameter(name, "Integer", Some(default))
}

const fn word(name: &'static str, default: &'static str) -> Parameter {
    parameter(name, "String", Some(default))
}

const fn text(name: &'static str) -> Parameter {
    parameter(name, "String", None)
}

/// The name of something that is made.
const fn names(name: &'static str, default: Option<&'static str>) -> Parameter {
    Parameter { name, kind: "String", default, optional: true, updatable: false }
}

const fn needed(name: &'static str) -> Parameter {
    Parameter { name, kind: "String", default: None, optional: false, updatable: false }
}

const fn blueprint(name: &'static str, description: &'static str, parameters: &'static [Parameter]) -> Blueprint {
    Blueprint { name, description, parameters, regional: &[] }
}

/// All of them.
pub(super) const BLUEPRINTS: &[Blueprint] = &[
    Blueprint {
        name: "Tooling",
        description: "Roles, storage, network and tools of a project",
        regional: &["VpcId", "Subnets", "S3Location"],
        parameters: &[
            flag("enableSpaces", "true"),
            number("maxEbsVolumeSize", "100"),
            number("idleTimeoutInMinutes", "60"),
            number("minIdleTimeoutInMinutes", "60"),
            number("maxIdleTimeoutInMinutes", "525600"),
            word("lifecycleManagement", "ENABLED"),
            flag("enableNetworkIsolation", "false"),
            word("sagemakerDomainNetworkType", "VpcOnly"),
            flag("allowConnectionToUserGovernedEmrClusters", "false"),
            flag("enableProjectRepositoryAutoSync", "true"),
            text("gitConnectionArn"),
            text("gitFullRepositoryId"),
            text("gitBranchName"),
            names("workgroupName", None),
            number("logGroupRetention", "731"),
            permission("enableAthena"),
            permission("enableGlueWorkloadsPermissions"),
            permission("enableSageMakerMLWorkloadsPermissions"),
            permission("enableAmazonBedrockIDEPermissions"),
            permission("enableAmazonBedrockPermissions"),
            permission("enableTrustedIdentityPropagationPermissions"),
        ],
    },
    blueprint("ToolingLite", "Tools of a project that brings its own role", &[text("s3BucketLocation")]),
    blueprint("DataLake", "A database of AWS Glue", &[names("glueDbName", None)]),
    blueprint(
        "LakehouseCatalog",
        "A catalog of managed storage",
        &[names("catalogName", None), text("catalogDescription")],
    ),
    blueprint("LakehouseAdmin", "Administration of the lakehouse", &[]),
    blueprint(
        "RedshiftServerless",
        "A serverless workgroup of Amazon Redshift",
        &[
            names("redshiftDbName", Some("dev")),
            number("redshiftMaxCapacity", "512"),
            number("redshiftBaseCapacity", "128"),
            names("redshiftWorkgroupName", None),
            names("connectionName", None),
            flag("connectToRMSCatalog", "true"),
        ],
    ),
    blueprint(
        "EmrServerless",
        "An application of Amazon EMR Serverless",
        &[text("releaseLabel"), names("connectionName", None), text("connectionDescription")],
    ),
    blueprint(
        "EmrOnEc2",
        "A cluster of Amazon EMR on EC2",
        &[
            text("emrRelease"),
            names("clusterName", None),
            text("primaryInstanceType"),
            text("coreInstanceType"),
            text("taskInstanceType"),
            names("connectionName", None),
        ],
    ),
    blueprint("EmrOnEks", "Amazon EMR on a cluster of EKS", &[needed("eksClusterArn")]),
    blueprint(
        "MLExperiments",
        "A tracking server of MLflow",
        &[word("mlflowTrackingServerSize", "Small"), names("mlflowTrackingServerName", None)],
    ),
    blueprint("MLflowApp", "An app of MLflow", &[]),
    blueprint("Workflows", "An environment of Apache Airflow", &[word("environmentClass", "mw1.micro")]),
    blueprint("PartnerApps", "Apps of partners", &[]),
    blueprint("QuickSight", "Amazon QuickSight", &[]),
    blueprint("S3Bucket", "A bucket", &[names("bucketName", None)]),
    blueprint("S3TableCatalog", "A catalog of S3 tables", &[names("catalogName", None), names("databaseName", None)]),
    blueprint("AmazonBedrockChatAgent", "A chat agent of Amazon Bedrock", &[]),
    blueprint("AmazonBedrockEvaluation", "Evaluation of models of Amazon Bedrock", &[]),
    blueprint("AmazonBedrockFlow", "A flow of Amazon Bedrock", &[]),
    blueprint("AmazonBedrockFunction", "A function for agents of Amazon Bedrock", &[]),
    blueprint("AmazonBedrockGuardrail", "A guardrail of Amazon Bedrock", &[]),
    blueprint("AmazonBedrockKnowledgeBase", "A knowledge base of Amazon Bedrock", &[]),
    blueprint("AmazonBedrockPrompt", "A prompt of Amazon Bedrock", &[]),
];
