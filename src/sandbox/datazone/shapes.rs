//! Shapes that several operations of DataZone refer to.

pub(super) const SHAPES: &str = r"
    DomainId = string `dzd[-_][a-zA-Z0-9_-]{1,36}`
    DomainUnitId = string 1..256 `[a-z0-9_\-]+`
    DomainUnitName = string 1..128 `[\w -]+`
    DomainUnitDescription = string 0..2048
    DomainStatus = enum CREATING AVAILABLE CREATION_FAILED DELETING DELETED DELETION_FAILED
    SingleSignOn = {
        type: enum IAM_IDC DISABLED, userAssignment: enum AUTOMATIC MANUAL,
        idcInstanceArn: string `.*arn:(aws|aws-us-gov|aws-cn|aws-iso|aws-iso-b):sso:::instance/(sso)?ins-[a-zA-Z0-9-.]{16}.*`
    }
    RoleArn = string `arn:aws[^:]*:iam::\d{12}:role(/[a-zA-Z0-9+=,.@_-]+)*/[a-zA-Z0-9+=,.@_-]+`
    KmsKeyArn = string 1..1024 `arn:aws(|-cn|-us-gov):kms:[a-zA-Z0-9-]*:[0-9]{12}:key/[a-zA-Z0-9-]{36}`
    TagKey = string 1..128 `[\w \.:/=+@-]+`
    Tags = map of TagKey to string 0..256 `[\w \.:/=+@-]*`
    ClientToken = string 1..128 `[\x21-\x7E]+`
    MaxResults = integer 1..50
    FewResults = integer 1..25
    NextToken = string 1..8192
    SearchText = string 0..1024
    SessionName = string 2..64
    ProjectId = string `[a-zA-Z0-9_-]{1,36}`
    UserIdentifier = string `.*(^([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}$|^[a-zA-Z_0-9+=,.@-]+$|^arn:aws:iam::\d{12}:.+$).*`
    GroupIdentifier = string `.*(^([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}$|[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r  ]+).*`
    UserProfileType = enum IAM SSO
    Owner = { user: { userIdentifier!: UserIdentifier }, group: { groupIdentifier!: GroupIdentifier } }
    TargetEntityType = enum DOMAIN_UNIT ENVIRONMENT_BLUEPRINT_CONFIGURATION ENVIRONMENT_PROFILE ASSET_TYPE
    ManagedPolicyType = enum
        CREATE_DOMAIN_UNIT OVERRIDE_DOMAIN_UNIT_OWNERS ADD_TO_PROJECT_MEMBER_POOL OVERRIDE_PROJECT_OWNERS
        CREATE_GLOSSARY CREATE_FORM_TYPE CREATE_ASSET_TYPE CREATE_PROJECT CREATE_ENVIRONMENT_PROFILE
        DELEGATE_CREATE_ENVIRONMENT_PROFILE CREATE_ENVIRONMENT CREATE_ENVIRONMENT_FROM_BLUEPRINT
        CREATE_PROJECT_FROM_PROJECT_PROFILE USE_ASSET_TYPE
    GrantIdentifier = string `[A-Za-z0-9+/]{10}`
    PolicyGrantPrincipal = {
        user: { userIdentifier: UserIdentifier, allUsersGrantFilter: { } },
        group: { groupIdentifier: GroupIdentifier },
        project: {
            projectDesignation!: enum OWNER CONTRIBUTOR PROJECT_CATALOG_STEWARD USER_CREATED_DESIGNATION,
            userCreatedDesignationId: string `[a-zA-Z0-9_-]{1,36}`,
            projectIdentifier: ProjectId,
            projectGrantFilter: {
                domainUnitFilter: { domainUnit!: DomainUnitId, includeChildDomainUnits: boolean }
            }
        },
        domainUnit: {
            domainUnitDesignation!: enum OWNER,
            domainUnitIdentifier: DomainUnitId,
            domainUnitGrantFilter: { allDomainUnitsGrantFilter: { } }
        }
    }
    InChildren = { includeChildDomainUnits: boolean }
    InDomainUnit = { domainUnitId: DomainUnitId }
    PolicyGrantDetail = {
        createDomainUnit: InChildren,
        overrideDomainUnitOwners: InChildren,
        addToProjectMemberPool: InChildren,
        overrideProjectOwners: InChildren,
        createGlossary: InChildren,
        createFormType: InChildren,
        createAssetType: InChildren,
        createProject: InChildren,
        createEnvironmentProfile: InDomainUnit,
        delegateCreateEnvironmentProfile: { },
        createEnvironment: { },
        createEnvironmentFromBlueprint: { },
        createProjectFromProjectProfile: { includeChildDomainUnits: boolean, projectProfiles: list of string },
        useAssetType: InDomainUnit
    }
    Id = string `[a-zA-Z0-9_-]{1,36}`
    Name = string 1..64 `[\w -]+`
    Description = string 0..2048
    SortBy = enum NAME
    SortOrder = enum ASCENDING DESCENDING
    AccountId = string `\d{12}`
    RegionName = string 4..16 `[a-z]{2}-?(iso|gov)?-{1}[a-z]*-{1}[0-9]`
    AwsRegion = string `[a-z]{2}-[a-z]{4,10}-\d`
    PolicyArn = string `arn:aws[^:]*:iam::(aws|\d{12}):policy/[\w+=,.@-]*`
    ParameterMap = map of string to string
    ProvisioningConfiguration = {
        lakeFormationConfiguration: {
            locationRegistrationRole: RoleArn,
            locationRegistrationExcludeS3Locations: list 0..20 of string 1..1024 `s3://.+`
        }
    }
    ResourceConfiguration = { name!: string 1..64, description: string, region!: RegionName, parameters!: ParameterMap }
    TagValue = string 0..256 `[\w \.:/=+@-]*`
    ResourceTagParameters = list 0..25 of { key!: TagKey, value!: TagValue, isValueEditable!: boolean }
    ParameterStorePath = string 1..2048
    ParameterOverrides = list of { name: string `[a-zA-Z_][a-zA-Z0-9_]*`, value: string, isEditable: boolean }
    EnvironmentConfigurations = list of {
        name!: Name, id: Id, environmentBlueprintId!: Id, description: Description,
        deploymentMode: enum ON_CREATE ON_DEMAND,
        configurationParameters: {
            ssmPath: ParameterStorePath, parameterOverrides: ParameterOverrides, resolvedParameters: ParameterOverrides
        },
        awsAccount: { awsAccountId: AccountId, awsAccountIdPath: ParameterStorePath },
        accountPools: list 1..10 of Id,
        awsRegion: { regionName: RegionName, regionNamePath: ParameterStorePath },
        deploymentOrder: integer 0..16
    }
    UserParameters = list of {
        environmentId: Id,
        environmentResolvedAccount: { awsAccountId!: AccountId, regionName!: AwsRegion, sourceAccountPoolId: Id },
        environmentConfigurationName: Name,
        environmentParameters: list of { name: string, value: string }
    }
    ProjectMember = { userIdentifier: string, groupIdentifier: string }
    UserDesignation = enum
        PROJECT_OWNER PROJECT_CONTRIBUTOR PROJECT_CATALOG_VIEWER PROJECT_CATALOG_CONSUMER PROJECT_CATALOG_STEWARD
        USER_CREATED_DESIGNATION
    MembershipAssignments = list of {
        member!: ProjectMember, designation!: UserDesignation, userCreatedDesignationId: Id
    }
    EnvironmentStatus = enum
        ACTIVE CREATING UPDATING DELETING CREATE_FAILED UPDATE_FAILED DELETE_FAILED VALIDATION_FAILED SUSPENDED DISABLED
        EXPIRED DELETED INACCESSIBLE
    AccountSource = {
        accounts: list 1..25 of {
            awsAccountId!: AccountId, supportedRegions!: list 1..3 of AwsRegion, awsAccountName: string 1..256
        },
        customAccountPoolHandler: {
            lambdaFunctionArn!: string `arn:(?:aws|aws-cn|aws-us-gov):lambda:(?:[a-z]{2}(?:-gov)?-[a-z]+-\d{1,}):(\d{12}):function:[a-zA-Z0-9-_]+(?::[a-zA-Z0-9-_]+)?(?:\$[\w-]+)?`,
            lambdaExecutionRoleArn: string `arn:aws[^:]*:iam::\d{12}:(role|role/service-role)/[\w+=,.@-]*`
        }
    }
    ConnectionId = string 0..128
    ConnectionScope = enum DOMAIN PROJECT
    ConnectionType = enum
        ATHENA BIGQUERY DATABRICKS DOCUMENTDB DYNAMODB HYPERPOD IAM MYSQL OPENSEARCH ORACLE POSTGRESQL REDSHIFT S3
        SAPHANA SNOWFLAKE SPARK SQLSERVER TERADATA VERTICA WORKFLOWS_MWAA AMAZON_Q MLFLOW VPC GIT ICEBERGRESTCATALOG
        SNOWFLAKEICEBERGRESTCATALOG DATABRICKSICEBERGRESTCATALOG WORKDAYICEBERGRESTCATALOG WORKDAYLDQ
    AwsLocation = {
        accessRole: string `arn:aws[^:]*:iam::\d{12}:(role|role/service-role)/[\w+=,.@-]*`,
        awsAccountId: AccountId, awsRegion: AwsRegion, iamConnectionId: ConnectionId
    }
    ConnectionConfigurations = list of {
        classification: string 0..64 `[\w][\w\.\-\_]*`, properties: map of string 1..128 to string 1..2048
    }
    CodeConnectionArn = string 0..256
        `arn:aws[^:]*:(codeconnections|codestar-connections):[a-z0-9\-]+:\d{12}:connection/[a-f0-9\-]+`
    Branch = string 0..256 `[a-zA-Z0-9._\-/]+`
    AthenaProperties = { workgroupName: string 0..64 }
    MlflowProperties = { trackingServerArn: string }
    S3Properties = {
        s3Uri!: string 0..2048 `s3://.+`, s3AccessGrantLocationId: string 0..64 `[a-zA-Z0-9\-]+`,
        registerS3AccessGrantLocation: boolean
    }
    VpcId = string 0..32 `vpc-[a-z0-9]+`
    SubnetIds = list 1..16 of string 0..32 `subnet-[a-z0-9]+`
    SecurityGroupId = string 0..32 `sg-[a-z0-9]+`
    ConnectionProps = {
        athenaProperties: AthenaProperties,
        iamProperties: { glueLineageSyncEnabled: boolean, roleArn: RoleArn },
        sparkGlueProperties: {
            additionalArgs: { connection: string }, glueConnectionName: string 0..256,
            glueConnectionNames: list 1..16 of string 0..64, glueVersion: string 0..256, idleTimeout: integer,
            javaVirtualEnv: string 0..256, numberOfWorkers: integer, pythonVirtualEnv: string 0..256,
            workerType: string 0..256
        },
        s3Properties: S3Properties,
        mlflowProperties: MlflowProperties,
        workflowsMwaaProperties: { mwaaEnvironmentName: string },
        workflowsServerlessProperties: { },
        vpcProperties: { vpcId!: VpcId, subnetIds!: SubnetIds, securityGroupId: SecurityGroupId },
        gitProperties: {
            codeConnectionArn!: CodeConnectionArn, repositoryId!: string 0..256 `[a-zA-Z0-9._\-]+(/[a-zA-Z0-9._\-]+)+`,
            defaultBranch!: Branch
        }
    }
    ConnectionPropsPatch = {
        athenaProperties: AthenaProperties,
        iamProperties: { glueLineageSyncEnabled: boolean },
        s3Properties: S3Properties,
        mlflowProperties: MlflowProperties,
        vpcProperties: { vpcId: VpcId, subnetIds: SubnetIds, securityGroupId: SecurityGroupId },
        gitProperties: { codeConnectionArn: CodeConnectionArn, defaultBranch: Branch }
    }
    AssetName = string 1..256
    AssetTypeIdentifier = string 1..513 `(?!\.)[\w\.]*\w`
    Revision = string 1..64
    FormName = string 1..128 `(?![0-9_])\w+$|^_\w*[a-zA-Z0-9]\w*`
    FormInput = {
        formName!: FormName, typeIdentifier: string 1..385 `(?!\.)[\w\.]*\w`,
        typeRevision: string 1..64 `[a-zA-Z0-9_-]+`, content: string 0..300000
    }
    FormInputs = list 0..10 of FormInput
    Attribute = string 1..128
    FilterClause = {
        filter: {
            attribute!: Attribute, value: string 0..128, intValue: long, operator: enum EQ LE LT GE GT TEXT_SEARCH
        },
        and: list 1..100 of FilterClause, or: list 1..100 of FilterClause
    }
    SearchSort = { attribute!: Attribute, order: SortOrder }
    AdditionalAttributes = list of enum FORMS TIME_SERIES_DATA_POINT_FORMS TEXT_MATCH_RATIONALE
    GlueRunConfiguration = {
        dataAccessRole: string `arn:aws[^:]*:iam::\d{12}:(role|role/service-role)/[\w+=,.@-]{1,128}`,
        relationalFilterConfigurations!: list of {
            databaseName!: string 1..128, schemaName: string 1..128,
            filterExpressions: list of { type!: enum INCLUDE EXCLUDE, expression!: string 1..2048 }
        },
        autoImportDataQualityResult: boolean, catalogName: string 1..128
    }
    ProfileId = string `([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}`
    PrincipalArn = string 1..255 `arn:aws[^:]*:iam::\d{12}:(role|user)(/[\w+=,.@-]*)*/[\w+=,.@-]+`
    SubscribedPrincipal = {
        project: { identifier: ProjectId }, user: { identifier: ProfileId }, group: { identifier: ProfileId },
        iam: { identifier: PrincipalArn }
    }
    AssetPermissions = list of { assetId!: Id, permissions!: { s3: list of enum READ WRITE } }
    AssetScopes = list of { assetId!: Id, filterIds!: list of Id }
    TargetRoleArn = string `arn:aws(|-cn|-us-gov):iam::\d{12}:(role|role/service-role)/[\w+=,.@-]*`
";
