# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # sourced by deployment/doctor.sh, whose names it uses; the $s are jq's
# Checks the functions' VPC: its route to Secrets Manager, and the outbound rules of the security groups.

# attribute NAME: a boolean attribute of the VPC.
attribute() { aws ec2 describe-vpc-attribute --vpc-id "$vpc" --attribute "$1" --output json | jq -r '[.[] | objects | .Value] | first'; }

# shut VIA: the subnets without an outbound route by IPv4 or IPv6. For IPv4 an internet gateway doesn't count, since a
# function has no public address.
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
    yellow "$what: all subnets are in one availability zone. Add one in another zone."
  without_ipv6=$(of '[.Subnets[] | select([.Ipv6CidrBlockAssociationSet[]?] == []).SubnetId] | join(", ")')
  if [[ $vpc == *,* ]] || { [ -n "$wanted" ] && [ "$wanted" != "$vpc" ]; }; then
    red "$what: VpcSubnetIds are in $vpc${wanted:+, VpcId is $wanted}. All must be of one VPC."
    vpc=''
  elif [ "$ipv6" = on ] && [ -n "$without_ipv6" ]; then
    red "$what: VpcIpv6=on, but $without_ipv6 has no block of IPv6 addresses. Add one, or set off."
  fi
  what='the route to Secrets Manager' endpoint=''
  if [ -n "$vpc" ] && ask aws ec2 describe-vpc-endpoints --output json --filters "Name=vpc-id,Values=$vpc" \
    "Name=service-name,Values=com.amazonaws.$region.secretsmanager"; then
    endpoint=$(of '[.VpcEndpoints[] | select(.PrivateDnsEnabled).VpcEndpointId] | first // ""')
  fi
  if [ -n "$vpc" ] && ask aws ec2 describe-route-tables --output json --filters "Name=vpc-id,Values=$vpc"; then
    dns=$(attribute enableDnsSupport)$(attribute enableDnsHostnames)
    if [ -n "$wanted" ] && [ -n "$endpoint" ] && [ "$(jq -r --arg vpc "$wanted" \
      'any(.Parameters[]?; .ParameterKey == "VpcId" and .ParameterValue == $vpc)' <<<"$stack")" = false ]; then
      red "$what: VpcId would create an endpoint beside $endpoint, which has the private DNS name already. Leave VpcId empty."
    elif [ -n "$wanted$endpoint" ] && [ "$dns" != truetrue ]; then
      red "$what: an endpoint needs private DNS, which $vpc lacks. Run aws ec2 modify-vpc-attribute --vpc-id $vpc \
--enable-dns-support, and again with --enable-dns-hostnames."
    elif [ -n "$wanted$endpoint" ]; then
      ok "$what: ${endpoint:-the endpoint of VpcId}"
    elif via=$(if [ "$ipv6" = on ]; then echo IPv6; else echo IPv4; fi) && closed=$(shut "$via") && [ -n "$closed" ]; then
      red "$what: $closed has none by $via, and there is no endpoint. Use a NAT, VpcIpv6 or VpcId (docs/operate/settings.md)."
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
      red "$what: $groups has no outbound rule for port $closed. Add one."
    else
      ok "$what: outbound rules for Secrets Manager and the database"
    fi
  fi
fi
