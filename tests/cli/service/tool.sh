#!/bin/sh
# A service manager's program, by whatever name it is called: it writes down what it is asked for (`called`), answers by the
# files beside its directory, and fails where a line of `fails` says so.
PATH=/usr/bin:/bin
root=$(cd "$(dirname "$0")/.." && pwd)
tool=${0##*/}
echo "$tool $*" >>"$root/called"
if [ -e "$root/fails" ] && echo "$tool $*" | grep -q -f "$root/fails"; then
    echo 'Failed to do it: no medium' >&2
    exit 1
fi
state() {
    sed -i "s/^ActiveState=.*/ActiveState=$1/; s/^MainPID=.*/MainPID=$2/; s/^UnitFileState=.*/UnitFileState=$3/" "$root/unit"
}
case "$tool $*" in
    *--property=UnitPath) echo "UnitPath=/run/user/7/systemd/user $root/home/.config/systemd/user /etc/systemd/user" ;;
    *'show mailwatch-tui.service'*) cat "$root/unit" ;;
    *show-environment) echo PATH=/usr/local/bin:/usr/bin:/bin ;;
    *'start mailwatch-tui.service') state active 4711 enabled ;;
    *'disable --now'*) state inactive 0 disabled ;;
    loginctl*) cat "$root/linger" ;;
    'launchctl print'*) cat "$root/agent" 2>/dev/null ;;
    'launchctl bootstrap'*) printf '\tstate = running\n\tpid = 4711\n' >"$root/agent" ;;
    'launchctl bootout'*) rm "$root/agent" ;;
esac
