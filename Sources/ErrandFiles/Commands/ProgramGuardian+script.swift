#if Files
extension ProgramGuardian {
    /// What the guardian does; `$1` is the folder of the runs.
    ///
    /// A note in it says `GRACE GROUP BEGAN`. A process that was killed while it started a program has not written the
    /// last two: then the program is found by the folder's name in its environment. It may not have come to its own
    /// environment yet, hence the second look. SIGTERM is sent once, as programs take a second for an order to hurry.
    /// After SIGKILL nothing is waited for that cannot be: a dead process that its new parent does not look at.
    static let script = #"""
        trap '' HUP INT TERM
        while read -r nothing; do :; done
        cd "$1" || exit 0

        # Sets group and began of the first process in whose environment the text is.
        find_group() {
            for place in $(grep -lsF -e "$1" /proc/[0-9]*/environ); do
                status=$(cat "${place%environ}stat" 2>/dev/null) || continue
                set -- ${status##*) }
                group=$3 began=-
                return 0
            done
            return 1
        }

        # Whether the group's leader is the one that was noted, or has gone and left the number to the others.
        is_noted() {
            [ "$began" != - ] && status=$(cat "/proc/$group/stat" 2>/dev/null) || return 0
            set -- ${status##*) }
            [ "$began" = "${20}" ]
        }

        # Ends what one note names; false when nothing of it is left.
        end_run() {
            group= began= told=
            read -r grace group began told <"$2"
            if [ -z "$group" ]; then
                find_group "$1/${2%.run}/" || { [ "$second" -lt 2 ]; return; }
            fi
            is_noted && kill -s 0 -- "-$group" 2>/dev/null || return 1
            [ "$second" -le $((grace + 5)) ] || return 1
            if [ "$second" -ge "$grace" ]; then
                kill -s KILL -- "-$group"
            elif [ -z "$told" ]; then
                kill -s TERM -- "-$group"
                echo "$grace $group $began told" >"$2"
            fi
        }

        second=0
        while :; do
            left=
            for run in *.run; do
                [ -f "$run" ] || continue
                if end_run "$1" "$run"; then left=1; else rm -f -- "$run"; fi
            done
            [ -n "$left" ] || break
            sleep 1
            second=$((second + 1))
        done
        cd / && rm -rf -- "$1"
        """#
}
#endif
