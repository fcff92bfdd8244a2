"""The recipe of an HTTP API, deployed to the emulator of AWS, whose JWT authorizer follows API Gateway's."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
import zipfile

from services import EXAMPLES

FUNCTION = """
import json

def handler(event, context):
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    return {"statusCode": 200, "body": json.dumps({"user_id": int(claims["sub"])})}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class HttpApi:
    """Needs `aws` and `ministack`. Its `addresses` are as those of `Services`."""

    def __init__(self, folder, issuer, authority):
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        self.environment = os.environ | {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": self.endpoint,
        }  # fmt: skip
        emulator = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "LAMBDA_EXECUTOR": "local"}
        trusting = self.environment | emulator | {"SSL_CERT_FILE": str(authority)}
        with open(folder / "ministack.log", "w") as log:
            self.process = subprocess.Popen(["ministack"], cwd=folder, env=trusting, stdout=log, stderr=log)
        try:
            self.wait()
            self.deploy(folder, issuer)
        except BaseException:
            self.__exit__()
            raise

    def wait(self):
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=5).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("ministack doesn't answer")

    def deploy(self, folder, issuer):
        with zipfile.ZipFile(folder / "orders.zip", "w") as archive:
            archive.writestr("main.py", FUNCTION)
        function = self.aws(
            "lambda", "create-function", "--function-name", "orders", "--runtime", "python3.11", "--handler", "main.handler",
            "--role", "arn:aws:iam::000000000000:role/orders", "--zip-file", f"fileb://{folder}/orders.zip",
        )  # fmt: skip
        parameters = [f"Issuer={issuer}", "Audience=latchkey-api", f"FunctionArn={json.loads(function)['FunctionArn']}"]
        template = ["--stack-name", "orders", "--template-file", str(EXAMPLES / "aws/http-api.yaml")]
        self.aws("cloudformation", "deploy", *template, "--parameter-overrides", *parameters)
        (api,) = json.loads(self.aws("apigatewayv2", "get-apis"))["Items"]
        self.addresses = {"http-api.yaml": f"{self.endpoint}/_aws/execute-api/{api['ApiId']}/$default/orders"}

    def aws(self, *arguments):
        return subprocess.run(
            ["aws", *arguments], env=self.environment, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        ).stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
