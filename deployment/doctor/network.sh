# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # sourced by deployment/doctor.sh, whose names it uses; the $s are of jq
# The VPC of the functions: that it has a way to Secrets Manager, which has the key that signs and the logins, and that
# the functions' security groups let out.

# attribute NAME: of the VPC, true or false.
attribute() { aws ec2 describe-vpc-attribute --vpc-id "$vpc" --attribute "$1" --output json | jq -r '[.[] | objects | .Value] | first'; }

# shut VIA: those subnets without a route to the outside by IPv4 or by IPv6. By IPv4 an internet gateway is no way, since
# a function has no public address.
shut() {
  of --arg subnets "$subnets" --arg via "$1" '.RouteTables as $tables | $subnets | split(",")
    | map(. as $subnet
      | ([$tables[] | select(any(.Associations[]?; .SubnetId == $subnet))] + [$tables[] | select(any(.Associations[]?; .Main))] | first // {})
      | select(any(.Routes[]?; .State != "blackhole" and if $via == "IPv6"
          then .DestinationIpv6CidrBlock == "::/0" and .EgressOnlyInternetGatewayId != null
          else .DestinationCidrBlock == "0.0.0.0/0" and (.GatewayId // "" | startswith("igw-") | not) end) | not)
      | $subnet) | join(", ")'
}

what='the VPC' subnets=$(value VpcSubnetIds)
IFS=, read -r -a subnet_ids <<<"$subnets"
if [ -z "$subnets" ]; then
  ok "$what: none"
elif ask aws ec2 describe-subnets --subnet-ids "${subnet_ids[@]}" --output json; then
  vpc=$(of '[.Subnets[].VpcId] | unique | join(", ")') wanted=$(value VpcId) ipv6=$(value VpcIpv6)
  [ "$(of '[.Subnets[].AvailabilityZone] | unique | length')" -gt 1 ] ||
    yellow "$what: all subnets are in one zone, which may fail. Name two, in two zones."
  without_ipv6=$(of '[.Subnets[] | select([.Ipv6CidrBlockAssociationSet[]?] == []).SubnetId] | join(", ")')
  if [[ $vpc == *,* ]] || { [ -n "$wanted" ] && [ "$wanted" != "$vpc" ]; }; then
    red "$what: VpcSubnetIds are in $vpc${wanted:+, VpcId is $wanted}. Name subnets of one VPC, and that one."
    vpc=''
  elif [ "$ipv6" = on ] && [ -n "$without_ipv6" ]; then
    red "$what: VpcIpv6=on, and $without_ipv6 has no block of IPv6 addresses. Give it one, or say off."
  fi
  what='the way to Secrets Manager' endpoint=''
  if [ -n "$vpc" ] && ask aws ec2 describe-vpc-endpoints --output json --filters "Name=vpc-id,Values=$vpc" \
    "Name=service-name,Values=com.amazonaws.$region.secretsmanager"; then
    endpoint=$(of '[.VpcEndpoints[] | select(.PrivateDnsEnabled).VpcEndpointId] | first // ""')
  fi
  if [ -n "$vpc" ] && ask aws ec2 describe-route-tables --output json --filters "Name=vpc-id,Values=$vpc"; then
    dns=$(attribute enableDnsSupport)$(attribute enableDnsHostnames)
    if [ -n "$wanted" ] && [ -n "$endpoint" ] && [ "$(jq -r --arg vpc "$wanted" \
      'any(.Parameters[]?; .ParameterKey == "VpcId" and .ParameterValue == $vpc)' <<<"$stack")" = false ]; then
      red "$what: VpcId would make an endpoint beside $endpoint, which has the name already. Leave VpcId empty."
    elif [ -n "$wanted$endpoint" ] && [ "$dns" != truetrue ]; then
      red "$what: an endpoint is found by its name, and $vpc gives none. aws ec2 modify-vpc-attribute --vpc-id $vpc \
--enable-dns-support, and again with --enable-dns-hostnames."
    elif [ -n "$wanted$endpoint" ]; then
      ok "$what: ${endpoint:-the endpoint that VpcId makes}"
    elif via=$(if [ "$ipv6" = on ]; then echo IPv6; else echo IPv4; fi) && closed=$(shut "$via") && [ -n "$closed" ]; then
      red "$what: $closed has none by $via, and there is no endpoint. A NAT, VpcIpv6 or VpcId is one (docs/operate/settings.md)."
    else
      ok "$what: by $via"
    fi
  fi
  what='the security groups' groups=$(value VpcSecurityGroupIds) port=$(value DatabasePort)
  IFS=, read -r -a group_ids <<<"$groups"
  if [ -n "$groups" ] && ask aws ec2 describe-security-groups --group-ids "${group_ids[@]}" --output json; then
    closed=$(of --arg database "${port:-5432}" '[.SecurityGroups[].IpPermissionsEgress[]?] as $rules
      | {"443": "Secrets Manager", ($database): "the database"} | to_entries
      | map(.port = (.key | tonumber) | .port as $port | select(any($rules[];
          .IpProtocol == "-1" or (.IpProtocol == "tcp" and .FromPort <= $port and .ToPort >= $port)) | not)
        | "\(.key) (\(.value))") | join(" and ")')
    if [ -n "$closed" ]; then
      red "$what: $groups lets nothing out to port $closed. Add a rule for outbound traffic."
    else
      ok "$what: they let out to Secrets Manager and to the database"
    fi
  fi
fi
