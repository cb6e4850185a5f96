# Made by scripts/completions.ts: change the option table, not this file.

# The words of the command before the cursor. Ours end at the first word that is neither one of our options nor the
# value of one, or behind --; with a mode every free word is a file. The status: 0 the command has begun or may begin
# here behind --, 1 our options may still stand here, 2 they may, and a mode is among them.
function __statexec_command
    set -l words (commandline -opc)
    set -l value no
    set -l left 1
    for at in (seq 2 (count $words))
        if test $value = yes
            set value no
            continue
        end
        switch $words[$at]
            case --
                set -l rest $words[(math $at + 1)..]
                string join -- \n $rest
                return 0
            case --recover --version -v --help -help -h
                set left 2
            case --file -f --instance -i --metrics-start-time -mst --delay -d --delay-before-command -dbc --delay-after-command -dac --label -l --interval --journal-dir --connect -c --sync-port -sp
                set value yes
            case '-?*'
            case '*'
                test $left = 2; and continue
                string join -- \n $words[$at..]
                return 0
        end
    end
    return $left
end

function __statexec_options
    not __statexec_command >/dev/null
end

function __statexec_mode
    __statexec_command >/dev/null
    test $status = 2
end

# What would be offered were it typed without ours before it.
function __statexec_candidates
    set -l words (__statexec_command)
    complete -C (string join -- ' ' (string escape -- $words) (commandline -ct))
end

complete -c statexec -f
complete -c statexec -n __statexec_mode -F
complete -c statexec -n 'not __statexec_mode' -a '(__statexec_candidates)'
complete -c statexec -n __statexec_options -l file -s f -r -F -d 'Write the metrics to this file'
complete -c statexec -n __statexec_options -l instance -s i -x -d 'Value of the label instance'
complete -c statexec -n __statexec_options -l metrics-start-time -o mst -x -d 'Time that the first sample gets'
complete -c statexec -n __statexec_options -l delay -s d -x -d 'Record this long before and after the command'
complete -c statexec -n __statexec_options -l delay-before-command -o dbc -x -d 'Record this long before the command starts'
complete -c statexec -n __statexec_options -l delay-after-command -o dac -x -d 'Record this long after the command has ended'
complete -c statexec -n __statexec_options -l label -s l -x -d 'Put this label on every series'
complete -c statexec -n __statexec_options -l interval -x -d 'Time between samples'
complete -c statexec -n __statexec_options -l journal-dir -x -a '(__fish_complete_directories)' -d 'Folder of the journal'
complete -c statexec -n __statexec_options -l no-record-args -d 'Leave the command\'s arguments out of the metrics file'
complete -c statexec -n __statexec_options -l connect -s c -x -a '(__fish_print_hostnames)' -d 'Client mode'
complete -c statexec -n __statexec_options -l server -s s -d 'Server mode'
complete -c statexec -n __statexec_options -l sync-port -o sp -x -d 'Port that the server listens on and the client asks'
complete -c statexec -n __statexec_options -l sync-start-only -o sso -d 'Start together'
complete -c statexec -n __statexec_options -l recover -d 'Make the metrics file of each journal that is named'
complete -c statexec -n __statexec_options -l version -s v -d 'Print the version and exit'
complete -c statexec -n __statexec_options -l help -o help -s h -d 'Print this help and exit'
