//! OpenID Connect providers, as their clients see them.

use serde_json::json;

use super::super::super::testing::{A, B, Client, allow, element, elements, role, sandbox, trust};

const URL: &str = "https://token.actions.githubusercontent.com";
const ARN: &str = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com";

#[test]
fn a_provider_comes_back_as_it_was_made() {
    let sandbox = sandbox();
    let client = Client::administrator(&sandbox, A);
    let named = ("OpenIDConnectProviderArn", ARN);
    let made = client
        .query(
            "iam",
            "CreateOpenIDConnectProvider",
            &[
                ("Url", &format!("{URL}/")),
                ("ClientIDList.member.1", "sts.amazonaws.com"),
                ("Tags.member.1.Key", "managed-by"),
                ("Tags.member.1.Value", "aiops"),
            ],
        )
        .unwrap();
    assert_eq!(element(&made, "OpenIDConnectProviderArn"), ARN);
    let add = [named, ("ClientID", "other")];
    client.query("iam", "AddClientIDToOpenIDConnectProvider", &add).unwrap();
    client.query("iam", "AddClientIDToOpenIDConnectProvider", &add).unwrap();
    client
        .query("iam", "TagOpenIDConnectProvider", &[named, ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")])
        .unwrap();
    client.query("iam", "UntagOpenIDConnectProvider", &[named, ("TagKeys.member.1", "MANAGED-BY")]).unwrap();
    let found = client.query("iam", "GetOpenIDConnectProvider", &[named]).unwrap();
    assert_eq!(element(&found, "Url"), "token.actions.githubusercontent.com");
    assert_eq!(elements(&element(&found, "ClientIDList"), "member"), ["sts.amazonaws.com", "other"]);
    assert_eq!(element(&element(&found, "ThumbprintList"), "member").len(), 40);
    let tags = client.query("iam", "ListOpenIDConnectProviderTags", &[named]).unwrap();
    assert_eq!((elements(&tags, "Key"), elements(&tags, "Value")), (vec!["a".to_owned()], vec!["b".to_owned()]));

    let listed =
        |client: &Client<'_>| elements(&client.query("iam", "ListOpenIDConnectProviders", &[]).unwrap(), "Arn");
    assert_eq!(listed(&client), [ARN]);
    assert_eq!(listed(&Client::administrator(&sandbox, B)), Vec::<String>::new());
    for _ in 0..2 {
        client.query("iam", "DeleteOpenIDConnectProvider", &[named]).unwrap();
    }
    assert_eq!(listed(&client), Vec::<String>::new());
}

#[test]
fn mistakes_and_missing_leave_are_told() {
    let sandbox = sandbox();
    let client = Client::administrator(&sandbox, A);
    let create = |client: &Client<'_>, url: &str| client.query("iam", "CreateOpenIDConnectProvider", &[("Url", url)]);
    create(&client, URL).unwrap();
    let none = json!({});
    let arn = role(&sandbox, A, "R", &trust(A, &["sts:AssumeRole"], &none), &allow(&["iam:GetRole"], &none));
    let limited = client.assume(&arn, &[]).unwrap();
    let refusals = [
        create(&client, URL),
        create(&client, "http://insecure.example"),
        create(&client, "https://"),
        create(&limited, "https://gitlab.com"),
        client.query(
            "iam",
            "GetOpenIDConnectProvider",
            &[("OpenIDConnectProviderArn", "arn:aws:iam::111111111111:role/R")],
        ),
        client.query("iam", "GetOpenIDConnectProvider", &[("OpenIDConnectProviderArn", &format!("{ARN}/x"))]),
    ];
    let refusals: Vec<String> = refusals.into_iter().map(|refusal| refusal.unwrap_err()).collect();
    insta::assert_snapshot!(refusals.join("\n"), @r"
    EntityAlreadyExists: Provider with url https://token.actions.githubusercontent.com already exists.
    ValidationError: Invalid Open ID Connect Provider URL
    ValidationError: Invalid Open ID Connect Provider URL
    AccessDenied: User: arn:aws:sts::111111111111:assumed-role/R/run is not authorized to perform: iam:CreateOpenIDConnectProvider on resource: arn:aws:iam::111111111111:oidc-provider/gitlab.com because no identity-based policy allows the iam:CreateOpenIDConnectProvider action
    InvalidInput: Invalid ARN: arn:aws:iam::111111111111:role/R
    NoSuchEntity: OpenIDConnect Provider not found for arn arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com/x
    ");
}
