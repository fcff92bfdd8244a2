"""Reports: an example of a team's own function behind Latchkey's authorizer.

own-routes.json names its routes and the roles that each needs. API Gateway calls it only for a caller that the
authorizer allows, and says in `requestContext.authorizer` who that is.
"""

import json
import os
import time

REPORTS = {"7": "What we sold in November"}


def handle(event, _):
    caller = event["requestContext"]["authorizer"]
    # API Gateway may use a cached policy for some seconds after the token's end.
    if int(caller["exp"]) <= time.time():
        return answer(event, 401, {"detail": "Could not validate credentials"})
    match f"{event['httpMethod']} {event['resource']}":
        case "GET /reports":
            return answer(event, 200, {"reports": sorted(REPORTS), "for": caller["username"]})
        case "GET /reports/{id}":
            title = REPORTS.get(event["pathParameters"]["id"])
            return answer(event, 200, {"title": title}) if title else answer(event, 404, {"detail": "Not Found"})
        # The route needs this role already. A second check keeps a wrong line of own-routes.json from opening it.
        case "POST /reports" if "ROLE_EDITOR" in caller["roles"].split():
            return answer(event, 201, {"author": int(caller["sub"])})
    return answer(event, 403, {"detail": "Unauthorized."})


def answer(event, status, body):
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store", "Vary": "Origin"}
    sent = {name.lower(): value for name, value in (event["headers"] or {}).items()}
    # API Gateway answers the preflight; this lets a page read the answer.
    if sent.get("origin") in os.environ.get("ALLOWED_ORIGINS", "").split(","):
        headers |= {"Access-Control-Allow-Origin": sent["origin"], "Access-Control-Allow-Credentials": "true"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
