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
";
