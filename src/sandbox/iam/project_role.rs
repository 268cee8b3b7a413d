//! The policies of AWS's own that the roles of projects have, as far as the sandbox has what they are about. Like AWS's,
//! they tell one project from the other by tags, and where there are none by what is in the name of a resource.

/// Files, connections and what a project may do in DataZone.
pub(super) const USER: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"ListOwnFiles","Effect":"Allow","Action":"s3:ListBucket",
     "Resource":"arn:aws:s3:::${aws:PrincipalTag/DomainBucketName}",
     "Condition":{"StringLike":{"s3:prefix":
        "${aws:PrincipalTag/AmazonDataZoneDomain}/${aws:PrincipalTag/AmazonDataZoneProject}/*"}}},
    {"Sid":"OwnFiles","Effect":"Allow",
     "Action":["s3:GetObject*","s3:PutObject*","s3:DeleteObject*","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],
     "Resource":"arn:aws:s3:::${aws:PrincipalTag/DomainBucketName}/${aws:PrincipalTag/AmazonDataZoneDomain}/${aws:PrincipalTag/AmazonDataZoneProject}/*"},
    {"Sid":"DataZone","Effect":"Allow","Resource":"*",
     "Action":["datazone:Get*","datazone:List*","datazone:Search*","datazone:CreateConnection","datazone:UpdateConnection",
        "datazone:DeleteConnection"]},
    {"Sid":"GitOfAllProjects","Effect":"Allow","Resource":"*",
     "Action":["codeconnections:GetConnection","codeconnections:ListTagsForResource","codeconnections:UseConnection"],
     "Condition":{"StringEquals":{"aws:ResourceTag/for-use-with-all-datazone-projects":"true"}}}
]}"#;

/// Models, endpoints and the registry.
pub(super) const MACHINE_LEARNING: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"FindOut","Effect":"Allow","Resource":"*","Action":["sagemaker:List*","sagemaker:Search"]},
    {"Sid":"MakeOwn","Effect":"Allow","Resource":"*",
     "Action":["sagemaker:CreateModel","sagemaker:CreateModelPackageGroup","sagemaker:CreateEndpoint",
        "sagemaker:CreateEndpointConfig","sagemaker:AddTags"],
     "Condition":{"StringEquals":{
        "aws:RequestTag/AmazonDataZoneProject":"${aws:PrincipalTag/AmazonDataZoneProject}"}}},
    {"Sid":"WorkWithOwn","Effect":"Allow","Resource":"*",
     "Action":["sagemaker:Describe*","sagemaker:BatchDescribeModelPackage","sagemaker:Update*","sagemaker:Delete*",
        "sagemaker:InvokeEndpoint","sagemaker:CreateModelPackage","sagemaker:CreateEndpoint",
        "sagemaker:CreateEndpointConfig"],
     "Condition":{"StringEquals":{
        "aws:ResourceTag/AmazonDataZoneProject":"${aws:PrincipalTag/AmazonDataZoneProject}"}}},
    {"Sid":"WorkAsItself","Effect":"Allow","Action":"iam:PassRole",
     "Resource":"arn:aws:iam::*:role/datazone_usr_role_${aws:PrincipalTag/AmazonDataZoneProject}_*",
     "Condition":{"StringEquals":{"iam:PassedToService":["sagemaker.amazonaws.com","glue.amazonaws.com"]}}}
]}"#;
