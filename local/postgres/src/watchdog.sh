# Runs a command ("$@": postgres) until its own standard input closes, which it does when the
# process that started it ends, however it ends. Then stops the command and removes $REMOVE.
"$@" &
server=$!
# Ctrl-C and the like are for the process that started us: we follow it.
trap '' HUP INT TERM
# From here on only the server holds standard error, so that its end shows there.
exec 2>/dev/null
read -r line
# To postgres TERM means "when all have left" and INT "now". A shell starts background commands
# deaf to INT, so TERM comes first, for one that hasn't got its own handlers yet.
kill -TERM "$server"
kill -INT "$server"
wait "$server"
if [ -n "$REMOVE" ]; then rm -rf -- "$REMOVE"; fi
