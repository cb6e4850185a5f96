# Made by scripts/completions.ts: change the option table, not this file.

# The words of the command before the cursor. Ours end at the first word that is neither one of our options nor the
# value of one, or after --; with a mode every free word is a file. The status: 0 the command has begun, or may begin
# here after --; 1 an option of ours may come here; 2 the same, and one of those before is a mode.
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
            case --explore --report --export --compare --size --processes-of --history --recover --list-collectors --push --watch --mark --completions --version -v --help -help -h
                set left 2
            case --file -f --instance -i --metrics-start-time -mst --delay -d --delay-before-command -dbc --delay-after-command -dac --label -l --interval --journal-dir --collectors --cgroup --perf --processes --summary-json --summary-markdown --budget --baseline --listen --history-file --runs --parameter --warmup --precision --max-time --prepare --output --runs-json --runs-markdown --runs-csv --report-to --push-to --push-names --connect -c --sync-port -sp --sync-timeout --ready --sync-clients --sync-grace --stop-timeout --sync-token --sync-token-file --sync-tls-cert --sync-tls-key --sync-bind --explore-port --report --export --export-format --export-shape --base --noise --size-format --sort --at --from --to --top --processes-format --branch --last --trend --host --since --import --history-format --push --mark --completions
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

# The completions of the command line without our words.
function __statexec_candidates
    set -l words (__statexec_command)
    complete -C (string join -- ' ' (string escape -- $words) (commandline -ct))
end

complete -c statexec -f
complete -c statexec -n __statexec_mode -F
complete -c statexec -n 'not __statexec_mode' -a '(__statexec_candidates)'
complete -c statexec -n __statexec_options -l file -s f -r -F -d 'Write the metrics to this file'
complete -c statexec -n __statexec_options -l instance -s i -x -d 'Value of the label instance'
complete -c statexec -n __statexec_options -l metrics-start-time -o mst -x -d 'Time stamp of the first sample'
complete -c statexec -n __statexec_options -l delay -s d -x -d 'Record this long before and after the command'
complete -c statexec -n __statexec_options -l delay-before-command -o dbc -x -d 'Record this long before the command starts'
complete -c statexec -n __statexec_options -l delay-after-command -o dac -x -d 'Record this long after the command has ended'
complete -c statexec -n __statexec_options -l label -s l -x -d 'Put this label on every series'
complete -c statexec -n __statexec_options -l interval -x -d 'Time between samples'
complete -c statexec -n __statexec_options -l journal-dir -x -a '(__fish_complete_directories)' -d 'Folder of the journal'
complete -c statexec -n __statexec_options -l no-sync -d 'Leave it to the kernel when journal and metrics file reach the disk'
complete -c statexec -n __statexec_options -l no-record-args -d 'Leave the command\'s arguments out of the metrics file'
complete -c statexec -n __statexec_options -l collectors -x -a 'cpu memory network disk pressure load paging tcp listen sockets frequency thermal container' -d 'Use only these collectors'
complete -c statexec -n __statexec_options -l cgroup -x -a 'auto off' -d 'Run the command in a control group of its own'
complete -c statexec -n __statexec_options -l perf -x -a 'auto counters off' -d 'Also watch processes by perf events'
complete -c statexec -n __statexec_options -l processes -x -d 'Record each process beside the metrics file'
complete -c statexec -n __statexec_options -l summary -d 'Print a summary on standard error after the command'
complete -c statexec -n __statexec_options -l quiet -s q -d 'Print no summary'
complete -c statexec -n __statexec_options -l summary-json -r -F -d 'Write the summary to this file'
complete -c statexec -n __statexec_options -l summary-markdown -r -F -d 'Append the summary to this file'
complete -c statexec -n __statexec_options -l budget -x -a 'wall\\< cpu\\< memory\\< memory-with-cache\\< processes\\< threads\\< read\\< written\\< instructions\\<' -d 'Exit with 124 if the command used more than this limit of wall'
complete -c statexec -n __statexec_options -l budget-kill -d 'End the command as soon as it exceeds a budget'
complete -c statexec -n __statexec_options -l budget-strict -d 'Exit with 124 also if the figures cannot prove that a budget was kept'
complete -c statexec -n __statexec_options -l baseline -r -F -d 'Metrics file of an earlier run'
complete -c statexec -n __statexec_options -l listen -x -d 'While the command runs'
complete -c statexec -n __statexec_options -l live -d 'While the command runs'
complete -c statexec -n __statexec_options -l remember -d 'When the run has ended'
complete -c statexec -n __statexec_options -l history-file -r -F -d 'The file of --remember'
complete -c statexec -n __statexec_options -l runs -x -d 'Run the command so many times'
complete -c statexec -n __statexec_options -l versus -d 'Compare several commands'
complete -c statexec -n __statexec_options -l shell -d 'With --versus'
complete -c statexec -n __statexec_options -l parameter -x -d 'Run the command with each of these values in place of {name}'
complete -c statexec -n __statexec_options -l warmup -x -d 'With --runs'
complete -c statexec -n __statexec_options -l precision -x -d 'With --runs'
complete -c statexec -n __statexec_options -l max-time -x -d 'With --runs'
complete -c statexec -n __statexec_options -l prepare -x -d 'With --runs'
complete -c statexec -n __statexec_options -l ignore-failure -d 'With --runs'
complete -c statexec -n __statexec_options -l output -x -d 'With --runs'
complete -c statexec -n __statexec_options -l runs-json -r -F -d 'With --runs'
complete -c statexec -n __statexec_options -l runs-markdown -r -F -d 'With --runs'
complete -c statexec -n __statexec_options -l runs-csv -r -F -d 'With --runs'
complete -c statexec -n __statexec_options -l report-to -r -F -d 'Also write a page that shows the run'
complete -c statexec -n __statexec_options -l push-to -x -d 'When the metrics file is written'
complete -c statexec -n __statexec_options -l push-names -x -a 'statexec otel' -d 'How --push and --push-to name the series'
complete -c statexec -n __statexec_options -l push-ci -d 'Also send what the variables of the CI system say of the job'
complete -c statexec -n __statexec_options -l connect -s c -x -a '(__fish_print_hostnames)' -d 'Client mode'
complete -c statexec -n __statexec_options -l server -s s -d 'Server mode'
complete -c statexec -n __statexec_options -l sync-port -o sp -x -d 'Port on which the server listens'
complete -c statexec -n __statexec_options -l sync-start-only -o sso -d 'Start together'
complete -c statexec -n __statexec_options -l sync-timeout -x -d 'How long a client waits for a server that is not up yet'
complete -c statexec -n __statexec_options -l ready -x -a 'delay: http:// tcp:' -d 'Let clients start only when the server\'s command is ready'
complete -c statexec -n __statexec_options -l sync-clients -x -d 'The server lets its clients start when this many have asked'
complete -c statexec -n __statexec_options -l sync-grace -x -d 'A peer that sends nothing for this long is lost'
complete -c statexec -n __statexec_options -l stop-timeout -x -d 'A command that must stop gets SIGINT'
complete -c statexec -n __statexec_options -l sync-token -x -d 'The server obeys only clients that have the same token'
complete -c statexec -n __statexec_options -l sync-token-file -r -F -d 'Read the token from the first line of this file'
complete -c statexec -n __statexec_options -l sync-tls-cert -r -F -d 'The server speaks HTTPS with the certificate in this PEM file'
complete -c statexec -n __statexec_options -l sync-tls-key -r -F -d 'The PEM file with the private key of that certificate'
complete -c statexec -n __statexec_options -l sync-bind -x -d 'Address on which the server listens'
complete -c statexec -n __statexec_options -l explore -d 'Show the runs of the named files or folders on a page in the browser'
complete -c statexec -n __statexec_options -l no-open -d 'With --explore'
complete -c statexec -n __statexec_options -l explore-port -x -d 'Port of the page of --explore'
complete -c statexec -n __statexec_options -l report -r -F -d 'Write a page that shows the named metrics files'
complete -c statexec -n __statexec_options -l export -r -F -d 'Write the named metrics files for other programs'
complete -c statexec -n __statexec_options -l export-format -x -a 'trace csv parquet' -d 'With --export'
complete -c statexec -n __statexec_options -l export-shape -x -a 'long wide' -d 'With --export to CSV or Parquet'
complete -c statexec -n __statexec_options -l compare -d 'Compare two runs'
complete -c statexec -n __statexec_options -l base -r -F -d 'With --compare'
complete -c statexec -n __statexec_options -l noise -x -d 'With --compare'
complete -c statexec -n __statexec_options -l any-command -d 'With --compare'
complete -c statexec -n __statexec_options -l size -d 'Print what to request for a command and where to limit it'
complete -c statexec -n __statexec_options -l size-format -x -a 'table json kubernetes slurm nextflow snakemake github gitlab' -d 'With --size'
complete -c statexec -n __statexec_options -l processes-of -d 'Print which programs and processes of a run used most'
complete -c statexec -n __statexec_options -l sort -x -a 'cpu memory io wait time start' -d 'With --processes-of'
complete -c statexec -n __statexec_options -l at -x -d 'With --processes-of'
complete -c statexec -n __statexec_options -l from -x -d 'With --processes-of'
complete -c statexec -n __statexec_options -l to -x -d 'With --processes-of'
complete -c statexec -n __statexec_options -l top -x -d 'With --processes-of'
complete -c statexec -n __statexec_options -l processes-format -x -a 'table json csv' -d 'With --processes-of'
complete -c statexec -n __statexec_options -l history -d 'List the runs of this repository or folder that --remember kept'
complete -c statexec -n __statexec_options -l branch -x -d 'With --history'
complete -c statexec -n __statexec_options -l last -x -d 'With --history'
complete -c statexec -n __statexec_options -l trend -x -d 'With --history'
complete -c statexec -n __statexec_options -l host -x -d 'With --history'
complete -c statexec -n __statexec_options -l since -x -d 'With --history'
complete -c statexec -n __statexec_options -l import -r -F -d 'With --history'
complete -c statexec -n __statexec_options -l history-format -x -d 'With --history'
complete -c statexec -n __statexec_options -l recover -d 'Make the metrics file from each named journal of a run that was killed'
complete -c statexec -n __statexec_options -l list-collectors -d 'List the collectors'
complete -c statexec -n __statexec_options -l push -x -d 'Send the named metrics files'
complete -c statexec -n __statexec_options -l watch -d 'Show a run that goes on'
complete -c statexec -n __statexec_options -l mark -x -d 'In a script that statexec runs'
complete -c statexec -n __statexec_options -l completions -x -a 'bash fish zsh' -d 'Print the completion of bash'
complete -c statexec -n __statexec_options -l version -s v -d 'Print the version and exit'
complete -c statexec -n __statexec_options -l help -o help -s h -d 'Print a help of two screens and exit'
