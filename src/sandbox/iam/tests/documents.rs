//! Documents that IAM refuses, and what it says.

use std::fmt::Write as _;

use super::*;

fn complaint(document: &str, kind: DocumentKind) -> String {
    match Policy::parse(document, kind) {
        Ok(_) => "accepted".to_owned(),
        Err(malformed) => malformed.to_string(),
    }
}

#[test]
fn mistakes_are_named() {
    use DocumentKind::{Identity, Resource, Trust};
    let trust = |rest: &str| document(&format!(r#""Effect":"Allow","Principal":{{"AWS":"111111111111"}},{rest}"#));
    let allow = |rest: &str| document(&format!(r#""Effect":"Allow",{rest}"#));
    let full = |rest: &str| document(&format!(r#""Effect":"Allow","Action":"*","Resource":"*",{rest}"#));
    let documents = [
        (Identity, "{".to_owned()),
        (Identity, "[]".to_owned()),
        (Identity, r#"{"Version":"2012-10-17"}"#.to_owned()),
        (Identity, r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned()),
        (Identity, r#"{"Version":"2012-10-17","Statement":["x"]}"#.to_owned()),
        (Identity, r#"{"Version":"2012-10-18","Statement":[]}"#.to_owned()),
        (Identity, r#"{"Version":"2008-10-17","Statement":[]}"#.to_owned()),
        (Identity, r#"{"Statement":[]}"#.to_owned()),
        (Identity, r#"{"Version":"2012-10-17","Statements":[]}"#.to_owned()),
        (Identity, document(r#""Action":"*","Resource":"*""#)),
        (Identity, document(r#""Effect":"allow","Action":"*","Resource":"*""#)),
        (Identity, full(r#""Conditions":{}"#)),
        (Identity, full(r#""Sid":"has space""#)),
        (Identity, full(r#""Sid":5"#)),
        (Identity, full(r#""Principal":"*""#)),
        (Identity, full(r#""NotAction":"*""#)),
        (Identity, full(r#""Effect":"Deny""#)),
        (Identity, full(r#""Condition":[]"#)),
        (Identity, full(r#""Condition":{"StringEqual":{"a:b":"c"}}"#)),
        (Identity, full(r#""Condition":{"NullIfExists":{"a:b":"true"}}"#)),
        (Identity, full(r#""Condition":{"ForSomeValues:StringEquals":{"a:b":"true"}}"#)),
        (Identity, full(r#""Condition":{"StringEquals":"a"}"#)),
        (Identity, full(r#""Condition":{"StringEquals":{"ab":"c"}}"#)),
        (Identity, full(r#""Condition":{"StringEquals":{"a:b":{}}}"#)),
        (Identity, full(r#""Condition":{"StringEquals":{"a:b":"c"},"StringEquals":{"d:e":"f"}}"#)),
        (Identity, allow(r#""Resource":"*""#)),
        (Identity, allow(r#""Action":"*""#)),
        (Identity, allow(r#""Action":[],"Resource":"*""#)),
        (Identity, allow(r#""Action":[5],"Resource":"*""#)),
        (Identity, allow(r#""Action":"GetObject","Resource":"*""#)),
        (Identity, allow(r#""Action":"s3:Get:Object","Resource":"*""#)),
        (Identity, allow(r#""Action":"s 3:GetObject","Resource":"*""#)),
        (Identity, allow(r#""Action":"*","Resource":"models""#)),
        (Identity, allow(r#""Action":"*","Resource":"arn:amazon:s3:::models""#)),
        (Identity, allow(r#""Action":"*","Resource":"arn:aws:s3""#)),
        (Trust, document(r#""Effect":"Allow","Action":"sts:AssumeRole""#)),
        (Trust, trust(r#""Action":"sts:AssumeRole","Resource":"*""#)),
        (Trust, trust(r#""Action":"s3:GetObject""#)),
        (Trust, trust(r#""Action":"*""#)),
        (Trust, trust(r#""Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#)),
        (Trust, document(r#""Effect":"Deny","NotPrincipal":"*","Action":"sts:*""#)),
        (Resource, full(r#""Principal":{"AWS":"arn:aws:iam::111111111111:role/*"}"#)),
        (Resource, full(r#""Principal":{"AWS":"1111"}"#)),
        (Resource, full(r#""Principal":"111111111111""#)),
        (Resource, full(r#""Principal":{"Role":"x"}"#)),
        (Resource, full(r#""Principal":{"AWS":5}"#)),
        (Resource, full(r#""NotPrincipal":"*""#)),
        (Resource, full(r#""Sid":"Has space","Principal":{"AWS":["*"],"Service":"a.amazonaws.com"}"#)),
    ];
    let mut table = String::new();
    for (kind, document) in documents {
        let shown = document.replace(r#"{"Version":"2012-10-17","Statement":[{"#, "...").replace("}]}", "");
        let _ = writeln!(table, "{kind:?} {shown}\n    {}", complaint(&document, kind));
    }
    insta::assert_snapshot!(table, @r#"
    Identity {
        This policy contains invalid Json (EOF while parsing an object at line 1 column 1)
    Identity []
        Syntax errors in policy. (The document is not a JSON object)
    Identity {"Version":"2012-10-17"}
        Syntax errors in policy. (The document has no Statement)
    Identity {"Version":"2012-10-17","Statement":[]}
        Syntax errors in policy. (Statement must be an object or a list of objects)
    Identity {"Version":"2012-10-17","Statement":["x"]}
        Syntax errors in policy. (statement 1 is not an object)
    Identity {"Version":"2012-10-18","Statement":[]}
        Syntax errors in policy. (Version 2012-10-18 is neither 2012-10-17 nor 2008-10-17)
    Identity {"Version":"2008-10-17","Statement":[]}
        Policy document must be version 2012-10-17 or greater.
    Identity {"Statement":[]}
        Policy document must be version 2012-10-17 or greater.
    Identity {"Version":"2012-10-17","Statements":[]}
        Syntax errors in policy. (the document has an unknown element Statements. Did you mean Statement?)
    Identity ..."Action":"*","Resource":"*"
        Syntax errors in policy. (statement 1 has no Effect)
    Identity ..."Effect":"allow","Action":"*","Resource":"*"
        Syntax errors in policy. (Effect allow in statement 1 is neither Allow nor Deny)
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Conditions":{}
        Syntax errors in policy. (statement 1 has an unknown element Conditions. Did you mean Condition?)
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Sid":"has space"
        Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Sid":5
        Syntax errors in policy. (Sid in statement 1 is not text)
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Principal":"*"
        Policy document should not specify a principal.
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","NotAction":"*"
        Syntax errors in policy. (statement 1 has Action and NotAction)
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Effect":"Deny"
        This policy contains invalid Json (the key Effect appears twice in one object at line 1 column 99)
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Condition":[]
        Syntax errors in policy. (Condition in statement 1 is not an object)
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEqual":{"a:b":"c"}}
        Invalid Condition type : StringEqual. Did you mean StringEquals?
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Condition":{"NullIfExists":{"a:b":"true"}}
        Invalid Condition type : NullIfExists. Did you mean Null?
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForSomeValues:StringEquals":{"a:b":"true"}}
        Invalid Condition type : ForSomeValues:StringEquals.
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":"a"}
        Syntax errors in policy. (StringEquals in statement 1 is not an object of keys and values)
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"ab":"c"}}
        Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":{}}}
        Syntax errors in policy. (a:b in statement 1 is neither a value nor a list of values)
    Identity ..."Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":"c"},"StringEquals":{"d:e":"f"}}
        This policy contains invalid Json (the key StringEquals appears twice in one object at line 1 column 150)
    Identity ..."Effect":"Allow","Resource":"*"
        Policy statement must contain actions.
    Identity ..."Effect":"Allow","Action":"*"
        Policy statement must contain resources.
    Identity ..."Effect":"Allow","Action":[],"Resource":"*"
        Policy statement must contain actions.
    Identity ..."Effect":"Allow","Action":[5],"Resource":"*"
        Syntax errors in policy. (Action in statement 1 is neither text nor a list of texts)
    Identity ..."Effect":"Allow","Action":"GetObject","Resource":"*"
        Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.
    Identity ..."Effect":"Allow","Action":"s3:Get:Object","Resource":"*"
        Actions/Condition can contain only one colon.
    Identity ..."Effect":"Allow","Action":"s 3:GetObject","Resource":"*"
        Vendor s 3 is not valid
    Identity ..."Effect":"Allow","Action":"*","Resource":"models"
        Resource models must be in ARN format or "*".
    Identity ..."Effect":"Allow","Action":"*","Resource":"arn:amazon:s3:::models"
        Partition "amazon" is not valid for resource "arn:amazon:s3:::models".
    Identity ..."Effect":"Allow","Action":"*","Resource":"arn:aws:s3"
        Resource vendor must be fully qualified and cannot contain regexes.
    Trust ..."Effect":"Allow","Action":"sts:AssumeRole"
        Missing required field Principal
    Trust ..."Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole","Resource":"*"
        Has prohibited field Resource
    Trust ..."Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"s3:GetObject"
        AssumeRole policy may only specify STS AssumeRole actions.
    Trust ..."Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"*"
        Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.
    Trust ..."Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]
        accepted
    Trust ..."Effect":"Deny","NotPrincipal":"*","Action":"sts:*"
        Has prohibited field NotPrincipal
    Resource ..."Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":"arn:aws:iam::111111111111:role/*"}
        Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:role/*"
    Resource ..."Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":"1111"}
        Invalid principal in policy: "AWS":"1111"
    Resource ..."Effect":"Allow","Action":"*","Resource":"*","Principal":"111111111111"
        Invalid principal in policy: "AWS":"111111111111"
    Resource ..."Effect":"Allow","Action":"*","Resource":"*","Principal":{"Role":"x"}
        Invalid principal in policy: "Role":"x"
    Resource ..."Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":5}
        Syntax errors in policy. (AWS of Principal in statement 1 is not text)
    Resource ..."Effect":"Allow","Action":"*","Resource":"*","NotPrincipal":"*"
        Allow with NotPrincipal is not allowed.
    Resource ..."Effect":"Allow","Action":"*","Resource":"*","Sid":"Has space","Principal":{"AWS":["*"],"Service":"a.amazonaws.com"}
        accepted
    "#);
}

#[test]
fn statement_ids_are_unique_and_empty_ones_are_none() {
    let document = |sid: &str| {
        let statement = format!(r#"{{"Sid":"{sid}","Effect":"Allow","Action":"*","Resource":"*"}}"#);
        format!(r#"{{"Version":"2012-10-17","Statement":[{statement},{statement}]}}"#)
    };
    let unique = "Statement IDs (SID) in a single policy must be unique.";
    assert_eq!(complaint(&document("A"), DocumentKind::Identity), unique);
    assert_eq!(complaint(&document(""), DocumentKind::Identity), "accepted");
}
