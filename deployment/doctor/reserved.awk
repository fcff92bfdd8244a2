# Prints the parameter that limits each function's containers, once for each function of template.yaml that has it: in
# its own lines, or by the alias of an anchor that functions share.
/ReservedConcurrentExecutions:/ && match($0, /!Ref [A-Za-z]+/) {
  parameter = substr($0, RSTART + 5, RLENGTH - 5)
  print parameter
  if (match(before, /&[a-z-]+$/)) shared[substr(before, RSTART + 1)] = parameter
}
{
  for (anchor in shared) if ($0 ~ "[*]" anchor "([^a-z-]|$)") print shared[anchor]
  before = $0
}
