//! Invitations, for accounts outside the organization of a share's owner, and for all where sharing within the
//! organization is off.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::common::{lets, malformed_arn, once, paged, strings};
use super::share::{CHANGE, End, Share};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, epoch_seconds, required};

/// How long an invitation waits for an answer.
const VALIDITY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An invitation, kept under its receiver, Region and id.
#[derive(Debug, Serialize, Deserialize)]
struct Invitation {
    id: String,
    share: String,
    share_name: String,
    sender: String,
    receiver: String,
    region: String,
    sent: Timestamp,
    /// Whether it was accepted.
    answer: Option<bool>,
}

impl Invitation {
    const KIND: &'static str = "ram/invitation";

    /// All that `account` has received in the Region that is asked.
    fn received(call: &Call<'_>, account: &str) -> ApiResult<Vec<Self>> {
        let all = call.store.list(Self::KIND, &format!("{account}/{}/", call.region))?;
        Ok(all.into_iter().map(|(_, invitation)| invitation).collect())
    }

    fn key(&self) -> String {
        format!("{}/{}/{}", self.receiver, self.region, self.id)
    }

    fn arn(&self) -> String {
        format!("arn:aws:ram:{}:{}:resource-share-invitation/{}", self.region, self.sender, self.id)
    }

    fn status(&self, now: Timestamp) -> &'static str {
        match self.answer {
            Some(true) => "ACCEPTED",
            Some(false) => "REJECTED",
            None if now < self.sent + VALIDITY => "PENDING",
            None => "EXPIRED",
        }
    }

    fn describe(&self, now: Timestamp) -> Value {
        json!({
            "resourceShareInvitationArn": self.arn(), "resourceShareName": self.share_name,
            "resourceShareArn": self.share, "senderAccountId": self.sender, "receiverAccountId": self.receiver,
            "invitationTimestamp": epoch_seconds(self.sent), "status": self.status(now),
        })
    }
}

/// Invites `account` to the share; gives the moment at which that expires.
pub(super) fn invite(call: &Call<'_>, share: &Share, account: &str) -> ApiResult<Timestamp> {
    let invitation = Invitation {
        id: call.uuid()?,
        share: share.arn(),
        share_name: share.name.clone(),
        sender: share.account.clone(),
        receiver: account.to_owned(),
        region: share.region.clone(),
        sent: call.now,
        answer: None,
    };
    call.store.put(Invitation::KIND, &invitation.key(), &invitation)?;
    Ok(call.now + VALIDITY)
}

/// Takes back what `principal` has not answered yet.
pub(super) fn withdraw(call: &Call<'_>, share: &Share, principal: &str) -> ApiResult<()> {
    for invitation in Invitation::received(call, principal)? {
        if invitation.share == share.arn() && invitation.answer.is_none() {
            call.store.delete(Invitation::KIND, &invitation.key())?;
        }
    }
    Ok(())
}

/// `GetResourceShareInvitations`.
pub(super) fn get_resource_share_invitations(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("ram:GetResourceShareInvitations", "*"))?;
    let invitations = Invitation::received(call, &call.caller.account)?;
    let arns = strings(&input, "resourceShareInvitationArns");
    if let Some(arn) = arns.iter().find(|arn| !invitations.iter().any(|known| known.arn() == **arn)) {
        return Err(not_found(arn));
    }
    let shares = strings(&input, "resourceShareArns");
    let wanted = |known: &Invitation| lets(&arns, &known.arn()) && lets(&shares, &known.share);
    paged("resourceShareInvitations", invitations, &input, wanted, |invitation| invitation.describe(call.now))
}

/// `AcceptResourceShareInvitation`.
pub(super) fn accept_resource_share_invitation(call: &mut Call<'_>, input: Value) -> ApiResult {
    answer(call, "AcceptResourceShareInvitation", &input, true)
}

/// `RejectResourceShareInvitation`.
pub(super) fn reject_resource_share_invitation(call: &mut Call<'_>, input: Value) -> ApiResult {
    answer(call, "RejectResourceShareInvitation", &input, false)
}

fn answer(call: &mut Call<'_>, operation: &str, input: &Value, accept: bool) -> ApiResult {
    let arn = required(input, "resourceShareInvitationArn");
    let mut parts = arn.splitn(6, ':').skip(4);
    let (sender, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if !arn.starts_with("arn:") || !rest.starts_with("resource-share-invitation/") {
        return Err(malformed_arn(arn));
    }
    // The ARN is the sender's, but who answers is the receiver's business.
    let access = Access::new(format!("ram:{operation}"), arn).owner(&call.caller.account);
    call.authorize(&access.key("ram:ShareOwnerAccountId", sender))?;
    once(call, operation, input, |call| {
        let received = Invitation::received(call, &call.caller.account)?;
        let mut invitation = received.into_iter().find(|known| known.arn() == arn).ok_or_else(|| not_found(arn))?;
        let refused = match invitation.status(call.now) {
            "ACCEPTED" => Some("ResourceShareInvitationAlreadyAcceptedException"),
            "REJECTED" => Some("ResourceShareInvitationAlreadyRejectedException"),
            "EXPIRED" => Some("ResourceShareInvitationExpiredException"),
            _ => None,
        };
        if let Some(code) = refused {
            let state = invitation.status(call.now).to_lowercase();
            return Err(ApiError::new(400, code, format!("Invitation {arn} is {state} already.")));
        }
        invitation.answer = Some(accept);
        call.store.put(Invitation::KIND, &invitation.key(), &invitation)?;
        if let Some(mut share) = Share::by_arn(call, &invitation.share)? {
            let end = if accept { End::Associated(call.now + CHANGE) } else { End::Rejected(call.now) };
            let invited = share.principals.iter_mut().filter(|known| known.entity == invitation.receiver);
            invited.for_each(|known| known.end = end.clone());
            share.save(call, &[invitation.receiver.clone()])?;
        }
        Ok(json!({"resourceShareInvitation": invitation.describe(call.now)}))
    })
}

fn not_found(arn: &str) -> ApiError {
    let message = format!("Invitation {arn} could not be found.");
    ApiError::new(400, "ResourceShareInvitationArnNotFoundException", message)
}
