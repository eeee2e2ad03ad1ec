"""What must hold of template.yaml. One function per rule; each yields what is wrong.

A rule is a generator over `Stack`; its name is what must hold. tests/unit/template breaks the
template once or more for every rule and expects exactly that rule to notice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tools.template_rules import contract
from tools.template_rules.stack import Resource, Stack, View, as_list, matches, statements, target, text, walk

Rule = Callable[[Stack], Iterator[str]]
RULES: dict[str, Rule] = {}


def rule(check: Rule) -> Rule:
    RULES[check.__name__.replace("_", " ")] = check
    return check


# ---------------------------------------------------------------- reading


@rule
def no_yaml_anchors(stack: Stack) -> Iterator[str]:
    """CloudFormation refuses aliases; SAM and the emulator accept them."""
    if not stack.text:
        return
    import yaml

    for token in yaml.scan(stack.text, Loader=yaml.SafeLoader):
        if isinstance(token, (yaml.AnchorToken, yaml.AliasToken)):
            yield f"line {token.start_mark.line + 1}: `{token.value}` is a YAML anchor or alias"


@rule
def generated_sections_are_current(stack: Stack) -> Iterator[str]:
    """Glue columns and named queries are written by tools.catalog from the model and the SQL files."""
    from tools import catalog

    if stack.text and catalog.refresh(stack.text) != stack.text:
        yield "the generated sections differ from the model: run `python -m tools.catalog`"


# ---------------------------------------------------------------- API


@rule
def every_route_is_guarded_or_listed_as_open(stack: Stack) -> Iterator[str]:
    """design.md 5; security.md API5: a route without a declared permission fails the build."""
    routes = {str(route.get("RouteKey")): route for route in _routes(stack.aws, "HttpApi")}
    for key, route in routes.items():
        if key in contract.OPEN_ROUTES:
            if route.get("AuthorizationType") != "NONE":
                yield f"{route.id}: `{key}` is in the open list, say AuthorizationType NONE"
            continue
        if route.get("AuthorizationType") != "JWT" or target(route.get("AuthorizerId")) != "Authorizer":
            yield f"{route.id}: `{key}` has no JWT authorizer and is not in the list of open routes"
        if contract.ACCESS_TOKEN_SCOPE not in as_list(route.get("AuthorizationScopes")):
            yield f"{route.id}: `{key}` asks for no scope, so an identity token would open it"
    for key in sorted(contract.OPEN_ROUTES - set(routes)):
        yield f"the open list names `{key}`, which is no route"
    for key in sorted(contract.ROUTES - set(routes)):
        yield f"route `{key}` is missing"
    for key in sorted(set(routes) - contract.ROUTES):
        yield f"{routes[key].id}: `{key}` is not in the table of permissions (ringlake/access/routes.py)"


def _routes(view: View, api: str) -> list[Resource]:
    return [route for route in view.of("ApiGatewayV2::Route") if target(route.get("ApiId")) == api]


@rule
def screens_come_in_by_one_door(stack: Stack) -> Iterator[str]:
    """The function asks for a ticket at `$connect`; what comes after it runs on that connection."""
    routes = {str(route.get("RouteKey")): route for route in _routes(stack.aws, "LiveApi")}
    for key in sorted(contract.LIVE_ROUTES ^ set(routes)):
        yield f"LiveApi: `{key}` is not one of its routes" if key in routes else f"LiveApi: `{key}` is missing"
    for key, route in routes.items():
        if route.get("AuthorizationType", "NONE") != "NONE":
            yield f"{route.id}: `{key}` asks the gateway for what the function decides"
    others = [r for r in stack.aws.of("ApiGatewayV2::Route") if target(r.get("ApiId")) not in ("HttpApi", "LiveApi")]
    for route in others:
        yield f"{route.id}: belongs to no API that the rules know"


@rule
def the_authorizer_knows_our_pool_and_client_only(stack: Stack) -> Iterator[str]:
    for authorizer in stack.aws.of("ApiGatewayV2::Authorizer"):
        issuer = text(authorizer.get("JwtConfiguration.Issuer"))
        if not (issuer.startswith("https://cognito-idp.${AWS::Region}.") and issuer.endswith("/${UserPool}")):
            yield f"{authorizer.id}: issuer is not the user pool of this stack"
        if [target(one) for one in as_list(authorizer.get("JwtConfiguration.Audience"))] != ["UserPoolClient"]:
            yield f"{authorizer.id}: audience is not exactly the client of this stack"
        if as_list(authorizer.get("IdentitySource")) != ["$request.header.Authorization"]:
            yield f"{authorizer.id}: tokens come in the Authorization header only"


@rule
def api_gateway_may_call_every_integration(stack: Stack) -> Iterator[str]:
    """The emulator calls functions without a permission; AWS answers 500."""
    integrations = {i.id: _function_of(i) for i in stack.aws.of("ApiGatewayV2::Integration")}
    for route in stack.aws.of("ApiGatewayV2::Route"):
        key, api = str(route.get("RouteKey")), target(route.get("ApiId"))
        function = integrations.get(target(route.get("Target")), "")
        if function not in stack.aws.resources:
            yield f"{route.id}: `{key}` leads to no function"
            continue
        stages = [str(s.get("StageName")) for s in stack.aws.of("ApiGatewayV2::Stage") if target(s.get("ApiId")) == api]
        called = f"/{stages[0] if stages else ''}/" + key.replace(" ", "", 1)
        if not any(
            target(p.get("FunctionName")) == function
            and p.get("Principal") == "apigateway.amazonaws.com"
            and p.get("Action") == "lambda:InvokeFunction"
            and matches(text(p.get("SourceArn")).partition(f"${{{api}}}")[2], called)
            for p in stack.aws.of("Lambda::Permission")
        ):
            yield f"{route.id}: no AWS::Lambda::Permission lets API Gateway call {function} for `{key}`"


def _function_of(integration: Resource) -> str:
    """The function behind an integration: named by its ARN, or (WebSocket) inside of the address of its invocations."""
    uri = integration.get("IntegrationUri")
    if isinstance(uri, dict) and isinstance(uri.get("Fn::Sub"), list):
        _, names = uri["Fn::Sub"]
        return next(iter(target(value) for value in names.values()), "")
    return target(uri)


@rule
def permissions_are_for_our_api_only(stack: Stack) -> Iterator[str]:
    for permission in stack.aws.of("Lambda::Permission"):
        if permission.get("Principal") == "events.amazonaws.com":
            rule_of_ours = stack.aws.resources.get(target(permission.get("SourceArn")))
            if rule_of_ours is None or target(permission.get("FunctionName")) not in _rule_targets(rule_of_ours):
                yield f"{permission.id}: is not limited to a rule of this stack that calls its function"
            continue
        if permission.get("Principal") == "sns.amazonaws.com":
            heard = [
                target(s.get("TopicArn"))
                for s in stack.aws.of("SNS::Subscription")
                if target(s.get("Endpoint")) == target(permission.get("FunctionName"))
            ]
            if target(permission.get("SourceArn")) not in heard:
                yield f"{permission.id}: is not limited to a topic of this stack that its function hears"
            continue
        if permission.get("Principal") != "apigateway.amazonaws.com":
            yield f"{permission.id}: lets somebody else than API Gateway call"
        apis = [f":${{AWS::AccountId}}:${{{api.id}}}/" for api in stack.aws.of("ApiGatewayV2::Api")]
        if not any(api in text(permission.get("SourceArn")) for api in apis):
            yield f"{permission.id}: is not limited to this API of this account"


def _rule_targets(events_rule: Resource) -> list[str]:
    return [target(one.get("Arn")) for one in as_list(events_rule.get("Targets"))]


@rule
def events_of_the_bus_are_repeated_and_then_given_up_in_sight(stack: Stack) -> Iterator[str]:
    """A bus keeps nothing: neither its rule nor the function that it calls may drop an event unseen."""
    allowed = {
        (target(p.get("SourceArn")), target(p.get("FunctionName")))
        for p in stack.aws.of("Lambda::Permission")
        if p.get("Principal") == "events.amazonaws.com"
    }
    handed = {target(c.get("FunctionName")): c for c in stack.aws.of("Lambda::EventInvokeConfig")}
    for events_rule in stack.aws.of("Events::Rule"):
        if not events_rule.get("EventPattern.source"):
            yield f"{events_rule.id}: would take everybody's events, say which source"
        for one in as_list(events_rule.get("Targets")):
            function, dead = target(one.get("Arn")), target((one.get("DeadLetterConfig") or {}).get("Arn"))
            if (events_rule.id, function) not in allowed:
                yield f"{events_rule.id}: no AWS::Lambda::Permission lets it call {function}"
            if not (one.get("RetryPolicy") or {}).get("MaximumEventAgeInSeconds"):
                yield f"{events_rule.id}: leaves repeats to the default"
            if dead not in stack.aws.resources:
                yield f"{events_rule.id}: has no dead-letter queue"
            elif not _takes_from(stack.aws, dead, events_rule):
                yield f"{events_rule.id}: the policy of {dead} does not let the rule write, so what it gives up is lost"
            lost = handed.get(function)
            if lost is None or target(lost.get("DestinationConfig.OnFailure.Destination")) not in stack.aws.resources:
                yield f"{function}: an event that it fails on would be dropped after the repeats"


@rule
def topics_that_a_function_hears_lose_nothing(stack: Stack) -> Iterator[str]:
    """SNS hands a message over once; what the function fails on afterwards is repeated, then given up in sight. Who
    may write to the topic is one service, on behalf of this account.
    """
    allowed = {
        (target(p.get("SourceArn")), target(p.get("FunctionName")))
        for p in stack.aws.of("Lambda::Permission")
        if p.get("Principal") == "sns.amazonaws.com"
    }
    handed = {target(c.get("FunctionName")): c for c in stack.aws.of("Lambda::EventInvokeConfig")}
    for subscription in stack.aws.of("SNS::Subscription"):
        if subscription.get("Protocol") != "lambda":
            continue
        topic, function = target(subscription.get("TopicArn")), target(subscription.get("Endpoint"))
        if (topic, function) not in allowed:
            yield f"{subscription.id}: no AWS::Lambda::Permission lets the topic call {function}"
        lost = handed.get(function)
        if lost is None or target(lost.get("DestinationConfig.OnFailure.Destination")) not in stack.aws.resources:
            yield f"{function}: a message that it fails on would be dropped after the repeats"
        policies = [p for p in stack.aws.of("SNS::TopicPolicy") if topic in map(target, as_list(p.get("Topics")))]
        writers = [s for p in policies for s in statements(p.get("PolicyDocument")) if s.get("Effect") == "Allow"]
        for writer in writers:
            source = writer.get("Condition", {}).get("StringEquals", {})
            if "Service" not in writer.get("Principal", {}) or not {"aws:SourceAccount", "aws:SourceArn"} <= set(
                source
            ):
                yield f"{topic}: anybody's notices could be written to it"
        if not writers:
            yield f"{topic}: nobody may write to it"


def _takes_from(view: View, queue: str, events_rule: Resource) -> bool:
    """Whether a queue's policy lets exactly this rule write."""
    for policy in view.of("SQS::QueuePolicy"):
        for statement in statements(policy.get("PolicyDocument")):
            if target(statement.get("Resource")) == queue and statement.get("Effect") == "Allow":
                source = statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn")
                if (
                    statement.get("Principal") == {"Service": "events.amazonaws.com"}
                    and target(source) == events_rule.id
                ):
                    return True
    return False


@rule
def functions_give_up_before_the_api_does(stack: Stack) -> Iterator[str]:
    """Payload 2.0, and an answer of ours instead of the gateway's 503 (its limit is 30 s)."""
    for integration in stack.aws.of("ApiGatewayV2::Integration"):
        patience = int(integration.get("TimeoutInMillis", 30_000))
        function = stack.aws.resources.get(_function_of(integration))
        # A WebSocket has one form of payload only, and calls functions by POST.
        form = ("PayloadFormatVersion", "2.0") if _is_http(stack, integration) else ("IntegrationMethod", "POST")
        if integration.get(form[0]) != form[1] or integration.get("IntegrationType") != "AWS_PROXY":
            yield f"{integration.id}: is no AWS_PROXY with {form[0]} {form[1]}"
        if patience > 30_000 or (function and int(function.get("Timeout", 3)) * 1000 > patience):
            yield f"{integration.id}: its function may run longer than the API waits"


def _is_http(stack: Stack, part: Resource) -> bool:
    """Whether a stage, route or integration belongs to the HTTP API."""
    api = stack.aws.resources.get(target(part.get("ApiId")))
    return api is not None and api.get("ProtocolType") == "HTTP"


@rule
def access_logs_hold_no_path_and_no_query(stack: Stack) -> Iterator[str]:
    """A webhook's path holds its token; query strings, addresses and claims may hold anything.

    A WebSocket's log needs a role of the whole account, so it is there for those who have one.
    """
    for stage in stack.aws.of("ApiGatewayV2::Stage"):
        declared = stack.source["Resources"][stage.id]["Properties"].get("AccessLogSettings", {})
        chosen = declared["Fn::If"][1] if "Fn::If" in declared and not _is_http(stack, stage) else None
        form = str((chosen or stage.get("AccessLogSettings", {})).get("Format", ""))
        if chosen is not None and target(chosen.get("DestinationArn")) in stack.aws.resources and form:
            pass
        elif target(stage.get("AccessLogSettings.DestinationArn")) not in stack.aws.resources or not form:
            yield f"{stage.id}: writes no access log"
        for found in re.findall(r"\$context\.([\w.\-]+)", form):
            if found not in contract.LOGGED_FIELDS:
                yield f"{stage.id}: the access log would hold $context.{found}"


@rule
def throttles_act_only_against_an_attack(stack: Stack) -> Iterator[str]:
    """reliability.md 1: senders drop what they get a 429 for."""
    for stage in stack.aws.of("ApiGatewayV2::Stage"):
        rate = float(stage.get("DefaultRouteSettings.ThrottlingRateLimit", 0))
        burst = float(stage.get("DefaultRouteSettings.ThrottlingBurstLimit", 0))
        own = stage.get("RouteSettings", {})
        if stage.get("AutoDeploy") is not True:
            yield f"{stage.id}: changes of routes would not be deployed"
        if not _is_http(stack, stage):
            if own or not 0 < rate <= contract.MOST_SCREENS_RATE or burst < rate:
                yield f"{stage.id}: screens could take the concurrency that webhooks need"
            continue
        if rate < contract.LEAST_RATE or burst < contract.LEAST_RATE:
            yield f"{stage.id}: needs throttles, and not below {contract.LEAST_RATE} per second"
        for key in sorted(contract.ROUTES - contract.WEBHOOKS):
            if not 0 < float(own.get(key, {}).get("ThrottlingRateLimit", 0)) <= contract.MOST_PEOPLES_RATE:
                yield f"{stage.id}: `{key}` could take the concurrency that webhooks need"
        for key in sorted(set(own) - (contract.ROUTES - contract.WEBHOOKS)):
            yield f"{stage.id}: has settings of its own for `{key}`"


# ---------------------------------------------------------------- stores


@rule
def tables_are_protected(stack: Stack) -> Iterator[str]:
    """On demand, point-in-time recovery, our key, TTL; protection against deletion outside the local stack."""
    for table in stack.aws.of("DynamoDB::Table"):
        wanted = {
            "BillingMode": "PAY_PER_REQUEST",
            "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled": True,
            "SSESpecification.SSEEnabled": True,
            "SSESpecification.SSEType": "KMS",
            "TimeToLiveSpecification.AttributeName": "expires_at",
            "TimeToLiveSpecification.Enabled": True,
            "DeletionProtectionEnabled": True,
        }
        for path, value in wanted.items():
            if table.get(path) != value:
                yield f"{table.id}: {path} is {table.get(path)!r}, not {value!r}"
        if target(table.get("SSESpecification.KMSMasterKeyId")) != "Key":
            yield f"{table.id}: is not encrypted with the key of this stack"
    for table in stack.local.of("DynamoDB::Table"):
        if table.get("DeletionProtectionEnabled") is not False:
            yield f"{table.id}: cannot be removed from the local stack"


@rule
def keys_and_indexes_are_those_that_the_stores_use(stack: Stack) -> Iterator[str]:
    for table in stack.aws.of("DynamoDB::Table"):
        found = {index["IndexName"]: _key_names(index) for index in table.get("GlobalSecondaryIndexes", [])}
        if found != contract.INDEXES.get(table.id, {}):
            yield f"{table.id}: indexes are {found}, the stores use {contract.INDEXES.get(table.id, {})}"
        for index in table.get("GlobalSecondaryIndexes", []):
            if index.get("Projection") != {"ProjectionType": "KEYS_ONLY"}:
                yield f"{table.id}: index {index['IndexName']} projects more than keys, every update would write it"
        if _key_names(table.properties) != ("pk", "sk"):
            yield f"{table.id}: its key is not pk, sk"
        stream = table.get("StreamSpecification.StreamViewType")
        if stream != contract.STREAMS.get(table.id):
            yield f"{table.id}: stream is {stream}, not {contract.STREAMS.get(table.id)}"


def _key_names(node: dict[str, Any]) -> tuple[str, ...]:
    return tuple(part["AttributeName"] for part in node.get("KeySchema", []))


@rule
def buckets_are_closed(stack: Stack) -> Iterator[str]:
    for bucket in stack.aws.of("S3::Bucket"):
        for name in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
            if bucket.get(f"PublicAccessBlockConfiguration.{name}") is not True:
                yield f"{bucket.id}: {name} is not set"
        if bucket.get("OwnershipControls.Rules") != [{"ObjectOwnership": "BucketOwnerEnforced"}]:
            yield f"{bucket.id}: access control lists are not switched off"
        if bucket.get("AccessControl"):
            yield f"{bucket.id}: uses a canned ACL"
        rules = bucket.get("BucketEncryption.ServerSideEncryptionConfiguration", [{}])
        default = rules[0].get("ServerSideEncryptionByDefault", {})
        if default.get("SSEAlgorithm") != "aws:kms" or target(default.get("KMSMasterKeyID")) != "Key":
            yield f"{bucket.id}: is not encrypted with the key of this stack"
        if rules[0].get("BucketKeyEnabled") is not True:
            yield f"{bucket.id}: would ask the key for every object"
        if bucket.get("VersioningConfiguration.Status") != "Enabled":
            yield f"{bucket.id}: has no versions"


@rule
def buckets_forget(stack: Stack) -> Iterator[str]:
    """Abandoned uploads, replaced versions and handed-out files do not stay (security.md 8)."""
    for bucket in stack.aws.of("S3::Bucket"):
        rules = [r for r in bucket.get("LifecycleConfiguration.Rules", []) if r.get("Status") == "Enabled"]
        whole = [r for r in rules if not r.get("Prefix")]
        if not any("AbortIncompleteMultipartUpload" in r for r in whole):
            yield f"{bucket.id}: keeps unfinished uploads"
        if not any("NoncurrentVersionExpiration" in r for r in whole):
            yield f"{bucket.id}: keeps replaced versions for ever"
        days = contract.EXPIRING_BUCKETS.get(bucket.id)
        if days is not None and not any(0 < int(r.get("ExpirationInDays", 0)) <= days for r in whole):
            yield f"{bucket.id}: its objects do not expire within {days} days"
        if days is None and any("ExpirationInDays" in r for r in whole):
            yield f"{bucket.id}: would lose its objects"


@rule
def buckets_queues_and_topics_refuse_plain_http(stack: Stack) -> Iterator[str]:
    kinds = {
        "S3::Bucket": ("S3::BucketPolicy", "Bucket", "s3:*"),
        "SQS::Queue": ("SQS::QueuePolicy", "Queues", "sqs:*"),
        "SNS::Topic": ("SNS::TopicPolicy", "Topics", "sns:Publish"),
    }
    for kind, (policy_type, property_name, action) in kinds.items():
        for resource in stack.aws.of(kind):
            policies = [
                policy
                for policy in stack.aws.of(policy_type)
                if resource.id in [target(one) for one in as_list(policy.get(property_name))]
            ]
            found = [s for policy in policies for s in statements(policy.get("PolicyDocument"))]
            if not any(_denies_plain_http(s, resource, action) for s in found):
                yield f"{resource.id}: no policy denies access without TLS"


def _denies_plain_http(statement: dict[str, Any], resource: Resource, action: str) -> bool:
    covered = as_list(statement.get("Resource"))
    whole = [one for one in covered if target(one) == resource.id and not text(one).endswith("/*")]
    inside = [one for one in covered if text(one) == f"${{{resource.id}.Arn}}/*"]
    return (
        statement.get("Effect") == "Deny"
        and statement.get("Principal") == "*"
        and action in as_list(statement.get("Action"))
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        and bool(whole)
        and (resource.type != "AWS::S3::Bucket" or bool(inside))
    )


@rule
def buckets_take_no_other_key(stack: Stack) -> Iterator[str]:
    """A write that names another key or another encryption is refused, and only that.

    Negated operators also hold when the header is missing, with `IfExists` too: without the `Null`
    beside it the statement would refuse every write that leaves encryption to the bucket.
    """
    wanted = {"s3:x-amz-server-side-encryption-aws-kms-key-id": "Key", "s3:x-amz-server-side-encryption": "aws:kms"}
    for bucket in stack.aws.of("S3::Bucket"):
        policies = [p for p in stack.aws.of("S3::BucketPolicy") if target(p.get("Bucket")) == bucket.id]
        denied = [s for p in policies for s in statements(p.get("PolicyDocument")) if s.get("Effect") == "Deny"]
        puts = [s for s in denied if "s3:PutObject" in as_list(s.get("Action"))]
        for header, value in wanted.items():
            if not any(_denies_other(s.get("Condition", {}), header, value) for s in puts):
                yield f"{bucket.id}: nothing refuses exactly the writes whose {header} is another"
        for statement in puts:
            if set(statement.get("Condition", {})) != {"StringNotEquals", "Null"}:
                yield f"{bucket.id}: {statement.get('Sid')} would refuse writes that are right"


def _denies_other(condition: dict[str, Any], header: str, value: str) -> bool:
    compared = condition.get("StringNotEquals", {}).get(header)
    return value in (compared, target(compared)) and condition.get("Null") == {header: "false"}


@rule
def nobody_is_everybody(stack: Stack) -> Iterator[str]:
    """`Principal: *` only ever denies."""
    for view in stack.views:
        for resource in view.resources.values():
            for path, node in walk(resource.properties):
                if isinstance(node, dict) and "Effect" in node and node["Effect"] != "Deny" and _everybody(node):
                    yield f"{resource.id}: {'.'.join(path)} allows everybody"


def _everybody(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    values = [principal] if isinstance(principal, str) else [v for p in (principal or {}).values() for v in as_list(p)]
    return "*" in values or "NotPrincipal" in statement


@rule
def what_cannot_be_made_again_is_kept(stack: Stack) -> Iterator[str]:
    """Deleting the stack, or a change that replaces a store, does not delete data."""
    for resource in stack.aws.of("DynamoDB::Table", "S3::Bucket", "KMS::Key", "Cognito::UserPool"):
        if resource.attributes.get("DeletionPolicy") not in ("Retain", "RetainExceptOnCreate"):
            yield f"{resource.id}: goes with the stack"
        if resource.attributes.get("UpdateReplacePolicy") != "Retain":
            yield f"{resource.id}: goes when an update replaces it"


@rule
def the_key_rotates_and_serves_this_stack_only(stack: Stack) -> Iterator[str]:
    for key in stack.aws.of("KMS::Key"):
        if key.get("EnableKeyRotation") is not True:
            yield f"{key.id}: does not rotate"
        for statement in statements(key.get("KeyPolicy")):
            services = as_list((statement.get("Principal") or {}).get("Service"))
            if services and not statement.get("Condition"):
                yield f"{key.id}: {statement.get('Sid')} lets a service use the key for anybody's account"
            if not services and ":root" not in text((statement.get("Principal") or {}).get("AWS")):
                yield f"{key.id}: {statement.get('Sid')} names a principal outside of IAM's control"


# ---------------------------------------------------------------- queues and streams


@rule
def queues_are_encrypted_and_end_in_dead_letters(stack: Stack) -> Iterator[str]:
    queues = stack.aws.of("SQS::Queue")
    dead = {target(q.get("RedrivePolicy.deadLetterTargetArn")) for q in queues}
    dead |= {target(s.get("Target.DeadLetterConfig.Arn")) for s in stack.aws.of("Scheduler::Schedule")}
    dead |= {target(m.get("DestinationConfig.OnFailure.Destination")) for m, _, _ in _mappings(stack.aws)}
    dead |= {
        target((one.get("DeadLetterConfig") or {}).get("Arn"))
        for events_rule in stack.aws.of("Events::Rule")
        for one in as_list(events_rule.get("Targets"))
    }
    dead |= {
        target(c.get("DestinationConfig.OnFailure.Destination")) for c in stack.aws.of("Lambda::EventInvokeConfig")
    }
    for queue in queues:
        if target(queue.get("KmsMasterKeyId")) != "Key":
            yield f"{queue.id}: is not encrypted with the key of this stack"
        if queue.get("FifoQueue"):
            yield f"{queue.id}: FIFO queues forget duplicates after 5 minutes and cannot be failure destinations"
        if queue.id in dead:
            if int(queue.get("MessageRetentionPeriod", 0)) != contract.LONGEST_RETENTION_S:
                yield f"{queue.id}: dead letters stay 14 days, the longest there is"
        elif int(queue.get("RedrivePolicy.maxReceiveCount", 0)) != contract.RECEIVES:
            yield f"{queue.id}: has no dead-letter queue after {contract.RECEIVES} receives"


@rule
def a_message_stays_hidden_for_six_time_outs(stack: Stack) -> Iterator[str]:
    """AWS's own advice; less hands a running job out twice."""
    for mapping, source, function in _mappings(stack.aws):
        if source.type != "AWS::SQS::Queue":
            continue
        least = 6 * int(function.get("Timeout", 3)) + int(mapping.get("MaximumBatchingWindowInSeconds", 0))
        if int(source.get("VisibilityTimeout", 30)) < least:
            yield f"{source.id}: VisibilityTimeout {source.get('VisibilityTimeout', 30)} is below {least}"


def _mappings(view: View) -> Iterator[tuple[Resource, Resource, Resource]]:
    """Event source mappings with their source and function."""
    for mapping in view.of("Lambda::EventSourceMapping"):
        source = view.resources.get(target(mapping.get("EventSourceArn")))
        function = view.resources.get(target(mapping.get("FunctionName")))
        if source and function:
            yield mapping, source, function


@rule
def a_jobs_claim_outlives_its_worker(stack: Stack) -> Iterator[str]:
    """Else a second worker would take a job that the first one is still at (flows/delivery.py)."""
    for _, source, function in _mappings(stack.aws):
        if source.type == "AWS::SQS::Queue" and int(function.get("Timeout", 3)) >= contract.lease_s():
            yield f"{function.id}: its claim on a job ends after {contract.lease_s()} s, while it may still run"


@rule
def files_live_as_long_as_promised(stack: Stack) -> Iterator[str]:
    """What a requester is told (flows/requests.py) and what the bucket does."""
    bucket = stack.aws.resources["ExportsBucket"]
    rules = [r for r in bucket.get("LifecycleConfiguration.Rules", []) if "ExpirationInDays" in r]
    for one in rules:
        if not str(one.get("Prefix", "")).startswith("athena/") and one["ExpirationInDays"] < contract.kept_days():
            yield f"{bucket.id}: files go after {one['ExpirationInDays']} days, promised are {contract.kept_days()}"


@rule
def defaults_are_those_of_the_settings(stack: Stack) -> Iterator[str]:
    """What the code takes when a variable is missing is what the template sets when nobody says otherwise."""
    for name, parameter in contract.DEFAULTED.items():
        said = stack.source["Parameters"].get(parameter, {}).get("Default")
        if said != contract.setting_default(name):
            yield f"{parameter}: default is {said}, ringlake/settings.py says {contract.setting_default(name)}"


@rule
def queue_consumers_report_failures_one_by_one(stack: Stack) -> Iterator[str]:
    for mapping, source, _ in _mappings(stack.aws):
        if source.type != "AWS::SQS::Queue":
            continue
        if mapping.get("BatchSize") != 1:
            yield f"{mapping.id}: takes more than one job at a time"
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{mapping.id}: does not report failures"
        if not 2 <= int(mapping.get("ScalingConfig.MaximumConcurrency", 0)) <= 100:
            yield f"{mapping.id}: has no limit of jobs that run at once"


@rule
def stream_consumers_leave_nothing_to_defaults(stack: Stack) -> Iterator[str]:
    """aws.md 1.2: with the defaults one poison record blocks its shard for a day."""
    for mapping, source, _ in _mappings(stack.aws):
        if source.type != "AWS::DynamoDB::Table":
            continue
        wanted = {"StartingPosition": "TRIM_HORIZON", "BisectBatchOnFunctionError": True} | {
            "FunctionResponseTypes": ["ReportBatchItemFailures"]
        }
        for name, value in wanted.items():
            if mapping.get(name) != value:
                yield f"{mapping.id}: {name} is {mapping.get(name)!r}, not {value!r}"
        for name, (least, most) in contract.STREAM_RANGES.items():
            value = mapping.get(name)
            if not isinstance(value, int) or not least <= value <= most:
                yield f"{mapping.id}: {name} is {value!r}, not set between {least} and {most}"


@rule
def stream_consumers_skip_deletions(stack: Stack) -> Iterator[str]:
    """Expiry deletes journal items; the stream tells, and nobody must fold because of it."""
    import json

    for mapping, source, _ in _mappings(stack.aws):
        if source.type == "AWS::DynamoDB::Table":
            patterns = [json.loads(f["Pattern"]) for f in mapping.get("FilterCriteria.Filters", [])]
            if patterns != contract.STREAM_FILTERS.get(source.id):
                yield f"{mapping.id}: its filter is {patterns}"


@rule
def a_stream_has_at_most_two_consumers(stack: Stack) -> Iterator[str]:
    """aws.md 1.1: a third one would throttle the others."""
    sources = [source.id for _, source, _ in _mappings(stack.aws) if source.type == "AWS::DynamoDB::Table"]
    for source in sorted(set(sources)):
        if sources.count(source) > 2:
            yield f"{source}: {sources.count(source)} functions read its stream"


@rule
def given_up_batches_reach_the_failures_bucket(stack: Stack) -> Iterator[str]:
    """A bucket gets the whole batch: keys to be worked off. Of a stream with images that would be customers' data,
    so a queue gets what Lambda tells of such a batch, which is where it was in the stream.
    """
    for mapping, source, function in _mappings(stack.aws):
        if source.type != "AWS::DynamoDB::Table":
            continue
        given_up = target(mapping.get("DestinationConfig.OnFailure.Destination"))
        allowed = list(_allowed(stack.aws, function))
        if source.get("StreamSpecification.StreamViewType") != "KEYS_ONLY":
            kept = stack.aws.resources.get(given_up)
            if kept is None or kept.type != "AWS::SQS::Queue":
                yield f"{mapping.id}: what is given up goes nowhere, or with customers' data"
            elif not any("sqs:SendMessage" in actions and target(r) == given_up for actions, r in allowed):
                yield f"{function.id}: may not write to {given_up}, so given-up batches are lost"
            continue
        if given_up != "FailuresBucket":
            yield f"{mapping.id}: what is given up goes nowhere"
        for action, resource in (
            ("s3:PutObject", "${FailuresBucket.Arn}/aws/lambda/*"),
            ("s3:ListBucket", "FailuresBucket"),
        ):
            if not any(action in actions and resource in (text(r), target(r)) for actions, r in allowed):
                yield f"{function.id}: may not {action} in the failures bucket, so given-up batches are lost"


@rule
def schedules_retry_and_then_give_up_in_sight(stack: Stack) -> Iterator[str]:
    for schedule in stack.aws.of("Scheduler::Schedule"):
        if not schedule.get("Target.RetryPolicy.MaximumEventAgeInSeconds"):
            yield f"{schedule.id}: retries for a day, which is the default"
        if target(schedule.get("Target.DeadLetterConfig.Arn")) not in stack.aws.resources:
            yield f"{schedule.id}: has no dead-letter queue"
        if schedule.get("ScheduleExpressionTimezone"):
            yield f"{schedule.id}: local time jumps twice a year, schedule in UTC"
        function = target(schedule.get("Target.Arn"))
        configured = {target(c.get("FunctionName")) for c in stack.aws.of("Lambda::EventInvokeConfig")}
        if function not in configured:
            yield f"{schedule.id}: {function} leaves repeats and their age to the defaults"


# ---------------------------------------------------------------- functions


@rule
def functions_say_what_they_need(stack: Stack) -> Iterator[str]:
    for name, resource in stack.source["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        for setting in ("MemorySize", "Timeout", "Handler", "CodeUri", "Role", "Layers", "Description"):
            if setting not in properties:
                yield f"{name}: {setting} is not set"
    for function in stack.aws.of("Lambda::Function"):
        folder = contract.FUNCTIONS.get(function.id)
        if folder is None:
            yield f"{function.id}: is not in the list of functions"
            continue
        if function.get("Handler") != f"{folder}.handler" or function.get("Runtime") != contract.RUNTIME:
            yield f"{function.id}: is not {folder}.handler on {contract.RUNTIME}"
        if text(function.get("FunctionName")) != f"ringlake-prod-{folder}":
            yield f"{function.id}: is not named after its folder"
        source = stack.source["Resources"][function.id]["Properties"].get("CodeUri")
        if source != f"functions/{folder}/":
            yield f"{function.id}: its code is {source}, not functions/{folder}/"


@rule
def functions_get_only_the_layers_they_use(stack: Stack) -> Iterator[str]:
    """performance.md P9: heavy libraries go to the function that needs them."""
    for function in stack.aws.of("Lambda::Function"):
        found = tuple(re.sub(r"Layer\w*$", "", target(layer)) for layer in as_list(function.get("Layers")))
        if found != contract.LAYERS.get(function.id, ()):
            yield f"{function.id}: layers are {found}, not {contract.LAYERS.get(function.id, ())}"


@rule
def functions_get_only_variables_that_the_settings_declare(stack: Stack) -> Iterator[str]:
    for function in stack.aws.of("Lambda::Function"):
        variables = function.get("Environment.Variables", {})
        declared = contract.declared_variables() | {"POWERTOOLS_SERVICE_NAME"}
        if not function.get("Layers"):
            read = contract.variables_read_by(contract.FUNCTIONS.get(function.id, ""))
            declared |= read.needed if read else frozenset()
        for name in sorted(set(variables) - declared):
            yield f"{function.id}: {name} is not declared in ringlake/settings.py"
        if variables.get("POWERTOOLS_SERVICE_NAME") != contract.FUNCTIONS.get(function.id):
            yield f"{function.id}: POWERTOOLS_SERVICE_NAME is not its name"
        for name, value in variables.items():
            resource = contract.VARIABLE_TARGETS.get(name)
            if resource and target(value) != resource:
                yield f"{function.id}: {name} does not name {resource}"


@rule
def functions_get_the_variables_that_their_code_reads(stack: Stack) -> Iterator[str]:
    """What `settings.read(...)` in functions/<name> asks for is there, and nothing else is."""
    for function in stack.aws.of("Lambda::Function"):
        read = contract.variables_read_by(contract.FUNCTIONS.get(function.id, ""))
        if read is None:
            continue
        given = {name for name in function.get("Environment.Variables", {}) if name.startswith("RINGLAKE_")}
        for name in sorted(read.needed - given):
            yield f"{function.id}: its code reads {name}, which it does not get"
        for name in sorted(given - read.needed - read.optional):
            yield f"{function.id}: gets {name}, which its code does not read"


@rule
def every_function_has_its_own_log_group(stack: Stack) -> Iterator[str]:
    for function in stack.aws.of("Lambda::Function"):
        log = stack.aws.resources.get(target(function.get("LoggingConfig.LogGroup")))
        if log is None or text(log.get("LogGroupName")) != f"/aws/lambda/{text(function.get('FunctionName'))}":
            yield f"{function.id}: has no log group of its own"


@rule
def logs_end_and_are_encrypted(stack: Stack) -> Iterator[str]:
    for log in stack.aws.of("Logs::LogGroup"):
        if not log.get("RetentionInDays"):
            yield f"{log.id}: keeps its logs for ever"
        if target(log.get("KmsKeyId")) != "Key":
            yield f"{log.id}: is not encrypted with the key of this stack"


# ---------------------------------------------------------------- rights


@rule
def every_function_has_its_own_role(stack: Stack) -> Iterator[str]:
    owners: dict[str, str] = {}
    for function in stack.aws.of("Lambda::Function"):
        role = target(function.get("Role"))
        if role not in stack.aws.resources:
            yield f"{function.id}: has no role of this stack"
        elif role in owners:
            yield f"{function.id}: shares {role} with {owners[role]}"
        owners[role] = function.id


@rule
def roles_trust_one_service(stack: Stack) -> Iterator[str]:
    for role in stack.aws.of("IAM::Role"):
        for statement in statements(role.get("AssumeRolePolicyDocument")):
            principal = statement.get("Principal") or {}
            if list(principal) != ["Service"] or len(as_list(principal["Service"])) != 1:
                yield f"{role.id}: trusts more than one service"
        for policy in as_list(role.get("ManagedPolicyArns")):
            if target(policy) not in stack.aws.resources:
                yield f"{role.id}: uses a policy that is not in this template"


@rule
def rights_are_spelled_out(stack: Stack) -> Iterator[str]:
    """No wildcard in an action; `*` as resource only where the service has no narrower one."""
    for view in stack.views:
        for owner, statement in _rights(view):
            for action in as_list(statement.get("Action")):
                if "*" in str(action):
                    yield f"{owner}: {statement.get('Sid')} allows {action}"
            if "NotAction" in statement or "NotResource" in statement:
                yield f"{owner}: {statement.get('Sid')} allows everything but something"
            unbounded = set(as_list(statement.get("Action"))) - contract.UNBOUNDED.get(view.env, frozenset())
            if "*" in as_list(statement.get("Resource")) and unbounded:
                yield f"{owner}: {statement.get('Sid')} allows {sorted(unbounded)} on everything ({view.env})"


def _rights(view: View) -> Iterator[tuple[str, dict[str, Any]]]:
    """Allow statements of roles and managed policies."""
    for role in view.of("IAM::Role"):
        for policy in role.get("Policies", []):
            for statement in statements(policy.get("PolicyDocument")):
                if statement.get("Effect") == "Allow":
                    yield role.id, statement
    for policy in view.of("IAM::ManagedPolicy"):
        for statement in statements(policy.get("PolicyDocument")):
            if statement.get("Effect") == "Allow":
                yield policy.id, statement


def _allowed(view: View, function: Resource) -> Iterator[tuple[list[str], Any]]:
    """Actions and resource of a function's own role, one pair per resource."""
    role = target(function.get("Role"))
    for owner, statement in _rights(view):
        if owner == role:
            for resource in as_list(statement.get("Resource")):
                yield as_list(statement.get("Action")), resource


@rule
def functions_may_touch_what_they_are_given_and_nothing_else(stack: Stack) -> Iterator[str]:
    """A store in the environment without a right is useless; a right without the store is too much."""
    for function in stack.aws.of("Lambda::Function"):
        named = {target(value) for value in function.get("Environment.Variables", {}).values()}
        reached = {target(resource) for _, resource in _allowed(stack.aws, function)}
        for store in sorted(contract.STORES & named - reached - contract.UNUSED.get(function.id, frozenset())):
            yield f"{function.id}: gets the name of {store} but may not use it"
        for store in sorted(contract.UNUSED.get(function.id, frozenset()) & reached):
            yield f"{function.id}: may use {store}, which it never does"
        extra = contract.UNNAMED.get(function.id, frozenset())
        for store in sorted(contract.STORES & reached - named - extra):
            yield f"{function.id}: may use {store} without getting its name"


@rule
def webhook_secrets_are_opened_by_ingest_alone(stack: Stack) -> Iterator[str]:
    """Everybody else opens the key of customers at most: what a ciphertext is bound to tells them apart."""
    for owner, statement in _rights(stack.aws):
        bound = statement.get("Condition", {}).get("StringEquals", {})
        purpose = bound.get("kms:EncryptionContext:purpose")
        narrow = "kms:ViaService" in bound or purpose == contract.PARTY_PURPOSE
        narrow = narrow or (purpose == contract.HOOK_PURPOSE and owner == contract.HOOK_ROLE)
        if "kms:Decrypt" in as_list(statement.get("Action")) and owner != "IngestRole" and not narrow:
            yield f"{owner}: {statement.get('Sid')} could open webhook secrets"


@rule
def the_audit_trail_is_never_deleted(stack: Stack) -> Iterator[str]:
    """Journal, records and directory: no function may delete or overwrite in bulk."""
    for owner, statement in _rights(stack.aws):
        if statement.get("Condition") in contract.MAY_BE_DELETED:
            continue
        if {target(one) for one in as_list(statement.get("Resource"))} <= contract.FORGETFUL_TABLES:
            continue
        for action in set(as_list(statement.get("Action"))) & contract.FORBIDDEN_ACTIONS:
            yield f"{owner}: {statement.get('Sid')} allows {action}"


# ---------------------------------------------------------------- query


@rule
def glue_columns_are_the_models(stack: Stack) -> Iterator[str]:
    expected = contract.glue_columns()
    found = {}
    for table in stack.aws.of("Glue::Table"):
        name = str(table.get("TableInput.Name"))
        columns = table.get("TableInput.StorageDescriptor.Columns", [])
        found[name] = [(c["Name"], c["Type"]) for c in columns]
        keys = [(c["Name"], c["Type"]) for c in table.get("TableInput.PartitionKeys", [])]
        if keys != [("workspace", "string"), ("day", "string")]:
            yield f"{table.id}: partition keys are {keys}"
    for name in sorted(set(expected) | set(found)):
        if expected.get(name) != found.get(name):
            wrong = set(expected.get(name) or []) ^ set(found.get(name) or [])
            yield f"Glue table {name} is not the model's: {sorted(wrong) or 'other order'}"


@rule
def projection_finds_every_file_that_the_lake_writes(stack: Stack) -> Iterator[str]:
    """A mismatch is no error in Athena, only zero rows."""
    for table in stack.aws.of("Glue::Table"):
        parameters = table.get("TableInput.Parameters", {})
        if parameters.get("projection.enabled") != "true":
            yield f"{table.id}: projection is off"
            continue
        if parameters.get("projection.workspace.type") != "injected":
            yield f"{table.id}: a query without a workspace would read everybody's files"
        template = text(parameters.get("storage.location.template"))
        location = text(table.get("TableInput.StorageDescriptor.Location"))
        if not template.startswith(location):
            yield f"{table.id}: storage.location.template is outside of Location"
        for partition in table.get("TableInput.PartitionKeys", []):
            if f"projection.{partition['Name']}.type" not in parameters:
                yield f"{table.id}: partition column {partition['Name']} has no projection"
        name = str(table.get("TableInput.Name"))
        for workspace, day, key in contract.lake_keys(name):
            if not _projected(parameters, day):
                yield f"{table.id}: projection never lists the day {day}"
            folder = template.replace("${!workspace}", workspace).replace("${!day}", day)
            if folder + "data.parquet" != f"s3://${{LakeBucket}}/{key}":
                yield f"{table.id}: the lake writes {key}, projection reads {folder}"


def _projected(parameters: dict[str, Any], day: str) -> bool:
    if parameters.get("projection.day.type") != "date" or parameters.get("projection.day.format") != "yyyy-MM-dd":
        return False
    if parameters.get("projection.day.interval") != "1" or parameters.get("projection.day.interval.unit") != "DAYS":
        return False
    first, _, last = str(parameters.get("projection.day.range", "")).partition(",")
    return first <= day and last == "NOW+1DAY"


@rule
def queries_are_bounded(stack: Stack) -> Iterator[str]:
    for group in stack.aws.of("Athena::WorkGroup"):
        settings = "WorkGroupConfiguration"
        if group.get(f"{settings}.EnforceWorkGroupConfiguration") is not True:
            yield f"{group.id}: clients may choose where results go"
        if int(group.get(f"{settings}.BytesScannedCutoffPerQuery", 0)) < contract.LEAST_SCAN_LIMIT:
            yield f"{group.id}: has no scan limit that Athena accepts"
        if text(group.get(f"{settings}.ResultConfiguration.OutputLocation")) != "s3://${ExportsBucket}/athena/":
            yield f"{group.id}: results do not go to the exports bucket under athena/"
        if target(group.get(f"{settings}.ResultConfiguration.EncryptionConfiguration.KmsKey")) != "Key":
            yield f"{group.id}: results are not encrypted with the key of this stack"
    limit = stack.source["Parameters"].get("AthenaScanLimitBytes", {})
    if int(limit.get("MinValue", 0)) < contract.LEAST_SCAN_LIMIT:
        yield "AthenaScanLimitBytes: accepts less than Athena's minimum of 10 MB"


@rule
def named_queries_are_the_shipped_files(stack: Stack) -> Iterator[str]:
    expected = contract.report_texts()
    found = {str(q.get("Name")): str(q.get("QueryString")) for q in stack.aws.of("Athena::NamedQuery")}
    for name in sorted(set(expected) | set(found)):
        if expected.get(name, "").strip() != found.get(name, "").strip():
            yield f"named query {name} is not ringlake/reports/{name}.sql"


# ---------------------------------------------------------------- people


@rule
def nobody_signs_up_and_tokens_die_soon(stack: Stack) -> Iterator[str]:
    for pool in stack.aws.of("Cognito::UserPool"):
        if pool.get("AdminCreateUserConfig.AllowAdminCreateUserOnly") is not True:
            yield f"{pool.id}: anybody could sign up"
        if pool.get("MfaConfiguration") not in ("OPTIONAL", "ON"):
            yield f"{pool.id}: offers no second factor"
        if pool.get("UsernameAttributes") != ["email"] or pool.get("AutoVerifiedAttributes") != ["email"]:
            yield f"{pool.id}: the e-mail address is not the user name"
        if pool.get("DeletionProtection") != "ACTIVE":
            yield f"{pool.id}: is not protected against deletion"
    for client in stack.aws.of("Cognito::UserPoolClient"):
        flows = set(client.get("ExplicitAuthFlows", []))
        # Cognito refuses ALLOW_REFRESH_TOKEN_AUTH beside rotation; the token endpoint does not need it.
        if flows != {"ALLOW_USER_SRP_AUTH"} or client.get("RefreshTokenRotation.Feature") != "ENABLED":
            yield f"{client.id}: sign-in flows outside the local stack are {sorted(flows)}, or refresh tokens stay"
        if client.get("PreventUserExistenceErrors") != "ENABLED" or client.get("EnableTokenRevocation") is not True:
            yield f"{client.id}: tells who exists, or cannot revoke"
        for token in ("AccessToken", "IdToken"):
            if client.get(f"TokenValidityUnits.{token}") != "minutes" or int(client.get(f"{token}Validity", 999)) > 60:
                yield f"{client.id}: {token} lives longer than an hour"


@rule
def browsers_sign_in_by_code_and_come_back_to_us_only(stack: Stack) -> Iterator[str]:
    """Code with PKCE: no token in an address, and none sent to somebody else's page (RFC 9700)."""
    for client in stack.aws.of("Cognito::UserPoolClient"):
        if client.get("AllowedOAuthFlows") != ["code"] or client.get("AllowedOAuthFlowsUserPoolClient") is not True:
            yield f"{client.id}: sign-in of browsers is not by code"
        if client.get("GenerateSecret") is not False:
            yield f"{client.id}: a browser keeps no secret"
        if client.get("SupportedIdentityProviders") != ["COGNITO"]:
            yield f"{client.id}: somebody else could say who signs in"
        if contract.ACCESS_TOKEN_SCOPE not in client.get("AllowedOAuthScopes", []):
            yield f"{client.id}: tokens of browsers lack the scope that the routes ask for"
        for name, path in (("CallbackURLs", "/signed-in"), ("LogoutURLs", "/")):
            urls = client.get(name, [])
            ours = [url for url in urls if str(text(url)).startswith("https://${HttpApi}.execute-api.")]
            if len(urls) != 1 or len(ours) != 1 or not str(text(urls[0])).endswith(path):
                yield f"{client.id}: {name} is not exactly the dashboard's {path}"
    if not any(target(d.get("UserPoolId")) == "UserPool" for d in stack.aws.of("Cognito::UserPoolDomain")):
        yield "UserPool: has no domain, so nobody can sign in from a browser"


@rule
def no_secret_stands_in_the_template(stack: Stack) -> Iterator[str]:
    for name, parameter in stack.source.get("Parameters", {}).items():
        default = str(parameter.get("Default", ""))
        if re.search(r"secret|password|token|private|credential|api_?key", name, re.IGNORECASE) and default:
            yield f"parameter {name} has a default"
    for path, value in walk({k: v for k, v in stack.source.items() if k != "Parameters"}):
        if isinstance(value, str) and (found := contract.SECRET_LIKE.search(value)):
            yield f"{'.'.join(path[:4])}: looks like a secret ({found[0][:6]}...)"


# ---------------------------------------------------------------- watch


@rule
def everything_that_can_fail_has_an_alarm(stack: Stack) -> Iterator[str]:
    watched = {
        (str(a.get("Namespace")), str(a.get("MetricName")), target(d["Value"]) or str(d["Value"]))
        for a in stack.aws.of("CloudWatch::Alarm")
        for d in a.get("Dimensions", [])
    }
    needed = {("Ringlake", metric, service) for metric, service in contract.OWN_METRICS}
    for function in stack.aws.of("Lambda::Function"):
        needed |= {("AWS/Lambda", "Errors", function.id), ("AWS/Lambda", "Throttles", function.id)}
    for _, source, function in _mappings(stack.aws):
        if source.type == "AWS::DynamoDB::Table":
            needed.add(("AWS/Lambda", "IteratorAge", function.id))
    for queue in stack.aws.of("SQS::Queue"):
        if not queue.get("RedrivePolicy"):
            needed.add(("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue.id))
    failing = {"HTTP": "5xx", "WEBSOCKET": "ExecutionError"}
    for api in stack.aws.of("ApiGatewayV2::Api"):
        needed.add(("AWS/ApiGateway", failing[str(api.get("ProtocolType"))], api.id))
    needed.add(("AWS/S3", "PutRequests", "FailuresBucket"))
    for namespace, metric, what in sorted(needed - watched):
        yield f"{what}: no alarm on {namespace} {metric}"
    counted = stack.aws.resources["FailuresBucket"].get("MetricsConfigurations", [])
    if [one.get("Id") for one in counted] != ["all"]:
        yield "FailuresBucket: does not count its requests, so the alarm on it would sleep"


@rule
def alarms_wait_for_metrics_that_the_code_writes(stack: Stack) -> Iterator[str]:
    """A renamed metric would leave an alarm that never rings."""
    for alarm in stack.aws.of("CloudWatch::Alarm"):
        if alarm.get("Namespace") != "Ringlake":
            continue
        services = [str(d["Value"]) for d in alarm.get("Dimensions", []) if d["Name"] == "service"]
        if len(services) != 1 or f'"{alarm.get("MetricName")}"' not in contract.said_by(services[0]):
            yield f"{alarm.id}: no code writes the metric {alarm.get('MetricName')} of {services}"


@rule
def alarms_reach_somebody(stack: Stack) -> Iterator[str]:
    for alarm in stack.aws.of("CloudWatch::Alarm"):
        if [target(a) for a in as_list(alarm.get("AlarmActions"))] != ["AlarmTopic"]:
            yield f"{alarm.id}: tells nobody"
        if not alarm.get("TreatMissingData") or not alarm.get("AlarmDescription"):
            yield f"{alarm.id}: says neither what missing data means nor what to do"
    if not any(s.get("Protocol") == "email" for s in stack.aws.of("SNS::Subscription")):
        yield "AlarmTopic: AlarmEmail is not subscribed"
    for topic in stack.aws.of("SNS::Topic"):
        if target(topic.get("KmsMasterKeyId")) != "Key":
            yield f"{topic.id}: is not encrypted with the key of this stack"


# ---------------------------------------------------------------- the template itself


@rule
def everything_is_tagged(stack: Stack) -> Iterator[str]:
    for resource in stack.aws.resources.values():
        name = contract.TAG_PROPERTIES.get(resource.type.removeprefix("AWS::"))
        if name is None:
            continue
        tags = resource.get(name)
        pairs = tags if isinstance(tags, dict) else {t["Key"]: t["Value"] for t in as_list(tags)}
        if pairs.get("app") != "ringlake" or pairs.get("env") != "prod":
            yield f"{resource.id}: is not tagged with app and env"


@rule
def the_local_stack_accepts_every_resource(stack: Stack) -> Iterator[str]:
    """Types that the emulator refuses, and TLS-only policies over its plain http, are NotLocal."""
    for resource in stack.local.resources.values():
        if resource.type.removeprefix("AWS::") in contract.REFUSED_LOCALLY:
            yield f"{resource.id}: the emulator refuses {resource.type}, give it `Condition: NotLocal`"
        for _, node in walk(resource.properties):
            if isinstance(node, dict) and "aws:SecureTransport" in node:
                yield f"{resource.id}: would lock everybody out of the emulator, which has no TLS"
    for authorizer in stack.local.of("ApiGatewayV2::Authorizer"):
        if "ProviderURL" in str(authorizer.properties):
            yield f"{authorizer.id}: the emulator does not know ProviderURL"
    for api in stack.local.of("ApiGatewayV2::Api"):
        if api.get("Tags.ms-custom-id") != contract.LOCAL_API_IDS.get(api.id):
            yield f"{api.id}: the tag ms-custom-id does not pin the id {contract.LOCAL_API_IDS.get(api.id)}"


@rule
def the_emulators_exceptions_stay_local(stack: Stack) -> Iterator[str]:
    """Nothing but conditions NotLocal hangs on the environment's name: environments differ in parameters."""
    compared = [node for _, node in walk(stack.source.get("Conditions", {})) if isinstance(node, dict)]
    names = [node["Fn::Equals"] for node in compared if "Fn::Equals" in node]
    for arguments in names:
        if {"Ref": "Env"} in arguments and "local" not in arguments:
            yield f"a condition asks for the environment {arguments}: use a parameter"
    for name, resource in stack.source["Resources"].items():
        if resource.get("Condition") == "IsLocal":
            yield f"{name}: exists only on the local stack, so it is never tried before AWS"


@rule
def outputs_are_what_the_tools_read(stack: Stack) -> Iterator[str]:
    for name in sorted(contract.OUTPUTS - set(stack.source.get("Outputs", {}))):
        yield f"output {name} is missing"


@rule
def environments_set_only_declared_parameters(stack: Stack) -> Iterator[str]:
    declared = stack.source.get("Parameters", {})
    for environment, values in contract.environments().items():
        if values.get("Env") != environment:
            yield f"samconfig.toml: [{environment}] deploys Env={values.get('Env')}"
        for name, value in values.items():
            if name not in declared:
                yield f"samconfig.toml: [{environment}] sets {name}, which the template does not declare"
            elif not _accepts(declared[name], value):
                yield f"samconfig.toml: [{environment}] sets {name} to {value}"


def _accepts(parameter: dict[str, Any], value: str) -> bool:
    allowed = [str(one) for one in parameter.get("AllowedValues", [value])]
    return value in allowed and re.search(str(parameter.get("AllowedPattern", "")), value) is not None


@rule
def every_layer_is_built_for_the_environments_processor(stack: Stack) -> Iterator[str]:
    """The working folder of a layer's recipe is named after the platform (docs/adr/0012)."""
    for name, resource in stack.source["Resources"].items():
        if resource["Type"] != "AWS::Serverless::LayerVersion":
            continue
        metadata = resource.get("Metadata", {})
        wanted = {"Fn::If": ["IsLocal", "layers/platforms/host", {"Fn::Sub": "layers/platforms/${Architecture}"}]}
        if metadata.get("BuildMethod") != "makefile" or metadata.get("WorkingDirectory") != wanted:
            yield f"{name}: is not built in layers/platforms/<platform>"
        # SAM's own cache tells builds apart by this.
        if metadata.get("BuildArchitecture") != {"Ref": "Architecture"}:
            yield f"{name}: SAM would hand out one processor's build for another's"


def check(stack: Stack) -> list[str]:
    """All findings, each with the rule that made it."""
    return [f"{name}: {finding}" for name, one in RULES.items() for finding in dict.fromkeys(one(stack))]
