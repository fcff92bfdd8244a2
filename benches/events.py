"""The events of API Gateway's REST API: those of its proxy integration and of its REQUEST authorizer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
"""

import base64
import json
import time

API, STAGE, ACCOUNT = "a1b2c3d4e5", "Prod", "123456789012"
HOST = f"{API}.execute-api.us-east-1.amazonaws.com"
METHOD_ARN = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{API}/{STAGE}"
ADDRESS = "203.0.113.7"
HEADERS = {
    "Accept": "application/json, text/plain, */*",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "en-GB,en;q=0.9",
    "Host": HOST,
    "Origin": "http://localhost:3000",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793",
    "X-Forwarded-For": ADDRESS,
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}


def proxy(method, path, body=None, media_type="application/json", token=None, context=None, authorization=None):
    """The event of a function. A body's type is one of the template's BinaryMediaTypes, so it travels in base64;
    `context` is the authorizer's; `authorization` is that header, if it isn't a bearer's."""
    headers = HEADERS | ({"Content-Type": media_type} if body else {}) | bearer(token)
    headers |= {"Authorization": authorization} if authorization else {}
    event = request(method, path, headers, {"authorizer": context} if context else {})
    text = base64.b64encode(body.encode()).decode() if body else None
    return json.dumps(event | {"body": text, "isBase64Encoded": bool(body)}).encode()


def authorizer(method, path, token):
    """The event of the authorizer."""
    event = {"type": "REQUEST", "methodArn": f"{METHOD_ARN}/{method}{path}"}
    return json.dumps(event | request(method, path, HEADERS | bearer(token), {})).encode()


def context(policy):
    """The authorizer's context in the function's event."""
    return {"principalId": policy["principalId"], "integrationLatency": 3, **policy["context"]}


def bearer(token):
    return {"Authorization": f"Bearer {token}"} if token else {}


def request(method, path, headers, context):
    now = time.time()
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": {"LatchkeyRoutes": "accounts"},
        "requestContext": {
            "resourceId": "x1y2z3",
            "resourcePath": path,
            "httpMethod": method,
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "requestTimeEpoch": int(now * 1000),
            "path": f"/{STAGE}{path}",
            "accountId": ACCOUNT,
            "protocol": "HTTP/1.1",
            "stage": STAGE,
            "domainPrefix": API,
            "domainName": HOST,
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {
                "accessKey": None,
                "accountId": None,
                "caller": None,
                "cognitoAuthenticationProvider": None,
                "cognitoAuthenticationType": None,
                "cognitoIdentityId": None,
                "cognitoIdentityPoolId": None,
                "principalOrgId": None,
                "sourceIp": ADDRESS,
                "user": None,
                "userAgent": headers["User-Agent"],
                "userArn": None,
            },
            "apiId": API,
            **context,
        },
    }
