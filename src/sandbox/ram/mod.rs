//! AWS Resource Access Manager, for sharing domains of DataZone with other accounts.
//!
//! A share holds its associations with resources and principals. All of them take a while, and what time makes of them
//! is worked out when somebody asks. What DataZone has to know is told to it whenever a share changes, with the moment
//! from which on it holds.

mod associations;
mod common;
mod invitations;
mod permissions;
mod share;
mod shares;
#[cfg(test)]
mod tests;

use self::share::Share;
use super::call::{ApiResult, Call};
use super::rest::RestOperation;
use super::service::{Protocol, Service};
use super::tagging::Tagged;

/// AWS Resource Access Manager.
pub const SERVICE: Service = Service {
    name: "ram",
    protocol: Protocol::RestJson { validation_code: "InvalidParameterException", limits: &[], operations: OPERATIONS },
    shapes: "
        Strings = list of string
        Tags = list of { key: string, value: string }
        TemplateParameters = list of { name: string, values: list of string }
        MaxResults = integer 1..500
        Owner = enum SELF OTHER-ACCOUNTS
    ",
};

/// An operation in which everything is in the body.
const fn post(
    name: &'static str,
    http: &'static str,
    input: &'static str,
    handler: super::service::Handler,
) -> RestOperation {
    RestOperation { name, http, status: 200, input, handler }
}

const OPERATIONS: &[RestOperation] = &[
    post(
        "EnableSharingWithAwsOrganization",
        "POST /enablesharingwithawsorganization",
        "{ }",
        shares::enable_sharing_with_aws_organization,
    ),
    post(
        "CreateResourceShare",
        "POST /createresourceshare",
        "{ name!: string, resourceArns: Strings, principals: Strings, tags: Tags, allowExternalPrincipals: boolean,
           clientToken: string, permissionArns: Strings, sources: Strings,
           permissionTemplateParameters: list of
               { permissionArn: string, permissionTemplateParameters: TemplateParameters },
           resourceShareConfiguration: { retainSharingOnAccountLeaveOrganization: boolean } }",
        shares::create_resource_share,
    ),
    post(
        "DeleteResourceShare",
        "DELETE /deleteresourceshare?resourceShareArn&clientToken",
        "{ resourceShareArn!: string, clientToken: string }",
        shares::delete_resource_share,
    ),
    post(
        "GetResourceShares",
        "POST /getresourceshares",
        "{ resourceShareArns: Strings, resourceShareStatus: enum PENDING ACTIVE FAILED DELETING DELETED,
           resourceOwner!: Owner, name: string, tagFilters: list of { tagKey: string, tagValues: Strings },
           nextToken: string, maxResults: MaxResults, permissionArn: string, permissionVersion: integer }",
        shares::get_resource_shares,
    ),
    post(
        "TagResource",
        "POST /tagresource",
        "{ resourceShareArn: string, tags!: Tags, resourceArn: string }",
        shares::tag_resource,
    ),
    post(
        "UntagResource",
        "POST /untagresource",
        "{ resourceShareArn: string, tagKeys!: Strings, resourceArn: string }",
        shares::untag_resource,
    ),
    post(
        "AssociateResourceShare",
        "POST /associateresourceshare",
        "{ resourceShareArn!: string, resourceArns: Strings, principals: Strings, clientToken: string,
           sources: Strings }",
        associations::associate_resource_share,
    ),
    post(
        "DisassociateResourceShare",
        "POST /disassociateresourceshare",
        "{ resourceShareArn!: string, resourceArns: Strings, principals: Strings, clientToken: string,
           sources: Strings }",
        associations::disassociate_resource_share,
    ),
    post(
        "GetResourceShareAssociations",
        "POST /getresourceshareassociations",
        "{ associationType!: enum PRINCIPAL RESOURCE SOURCE, resourceShareArns: Strings, resourceArn: string,
           principal: string, associationStatus: enum ASSOCIATING ASSOCIATED FAILED DISASSOCIATING DISASSOCIATED
           SUSPENDED SUSPENDING RESTORING, nextToken: string, maxResults: MaxResults }",
        associations::get_resource_share_associations,
    ),
    post(
        "ListPrincipals",
        "POST /listprincipals",
        "{ resourceOwner!: Owner, resourceArn: string, principals: Strings, resourceType: string,
           resourceShareArns: Strings, nextToken: string, maxResults: MaxResults }",
        associations::list_principals,
    ),
    post(
        "ListResources",
        "POST /listresources",
        "{ resourceOwner!: Owner, principal: string, resourceType: string, resourceArns: Strings,
           resourceShareArns: Strings, nextToken: string, maxResults: MaxResults,
           resourceRegionScope: enum ALL REGIONAL GLOBAL }",
        associations::list_resources,
    ),
    post(
        "GetResourceShareInvitations",
        "POST /getresourceshareinvitations",
        "{ resourceShareInvitationArns: Strings, resourceShareArns: Strings, nextToken: string,
           maxResults: MaxResults }",
        invitations::get_resource_share_invitations,
    ),
    post(
        "AcceptResourceShareInvitation",
        "POST /acceptresourceshareinvitation",
        "{ resourceShareInvitationArn!: string, clientToken: string }",
        invitations::accept_resource_share_invitation,
    ),
    post(
        "RejectResourceShareInvitation",
        "POST /rejectresourceshareinvitation",
        "{ resourceShareInvitationArn!: string, clientToken: string }",
        invitations::reject_resource_share_invitation,
    ),
    post(
        "ListPermissions",
        "POST /listpermissions",
        "{ resourceType: string, resourceOwner: Owner, nextToken: string, maxResults: MaxResults,
           permissionType: enum ALL AWS_MANAGED CUSTOMER_MANAGED,
           permissionStatus: enum ATTACHABLE UNATTACHABLE DELETING DELETED DEPRECATED }",
        permissions::list_permissions,
    ),
    post(
        "ListResourceSharePermissions",
        "POST /listresourcesharepermissions",
        "{ resourceShareArn!: string, nextToken: string, maxResults: MaxResults }",
        permissions::list_resource_share_permissions,
    ),
    post(
        "AssociateResourceSharePermission",
        "POST /associateresourcesharepermission",
        "{ resourceShareArn!: string, permissionArn!: string, permissionTemplateParameters: TemplateParameters,
           replace: boolean, clientToken: string, permissionVersion: integer }",
        permissions::associate_resource_share_permission,
    ),
];

/// The caller's shares of the Region that is asked, with their tags.
pub(super) fn tagged(call: &Call<'_>) -> ApiResult<Tagged> {
    Ok(Share::own(call)?.into_iter().map(|share| (share.arn(), share.tags)).collect())
}
