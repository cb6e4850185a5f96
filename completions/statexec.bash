# Made by scripts/completions.ts: change the option table, not this file.

_statexec() {
  local cur prev words cword split
  _init_completion -s || return

  # Our options end at the first word that is neither one of them nor the value of one, or after --.
  local at=1 mode="" ended=""
  while ((at < cword)); do
    case ${words[at]} in
      --) ended=1 ;;
      --explore|--report|--compare|--recover|--list-collectors|--push|--version|-v|--help|-help|-h) mode=1 ;;
      --file|-f|--instance|-i|--metrics-start-time|-mst|--delay|-d|--delay-before-command|-dbc|--delay-after-command|-dac|--label|-l|--interval|--journal-dir|--collectors|--cgroup|--summary-json|--summary-markdown|--budget|--baseline|--report-to|--push-to|--connect|-c|--sync-port|-sp|--sync-timeout|--ready|--sync-clients|--sync-grace|--stop-timeout|--sync-token|--sync-token-file|--sync-tls-cert|--sync-tls-key|--sync-bind|--explore-port|--report|--base|--noise|--push) ((at++)) ;;
      -?*) ;;
      *) [[ $mode ]] || break ;;
    esac
    ((at++))
    [[ $ended ]] && break
  done

  if ((at >= cword)) && [[ ! $ended ]]; then
    case $prev in
      --file|-f|--summary-json|--summary-markdown|--baseline|--report-to|--sync-token-file|--sync-tls-cert|--sync-tls-key|--report|--base) _filedir; return ;;
      --journal-dir) _filedir -d; return ;;
      --connect|-c) _known_hosts_real -- "$cur"; return ;;
      --instance|-i|--metrics-start-time|-mst|--delay|-d|--delay-before-command|-dbc|--delay-after-command|-dac|--label|-l|--interval|--collectors|--cgroup|--budget|--push-to|--sync-port|-sp|--sync-timeout|--ready|--sync-clients|--sync-grace|--stop-timeout|--sync-token|--sync-bind|--explore-port|--noise|--push) return ;;
    esac
    $split && return
    if [[ $cur == -* ]]; then
      COMPREPLY=($(compgen -W "--file -f --instance -i --metrics-start-time -mst --delay -d --delay-before-command -dbc --delay-after-command -dac --label -l --interval --journal-dir --no-record-args --collectors --cgroup --summary --quiet -q --summary-json --summary-markdown --budget --budget-kill --budget-strict --baseline --report-to --push-to --connect -c --server -s --sync-port -sp --sync-start-only -sso --sync-timeout --ready --sync-clients --sync-grace --stop-timeout --sync-token --sync-token-file --sync-tls-cert --sync-tls-key --sync-bind --explore --no-open --explore-port --report --compare --base --noise --any-command --recover --list-collectors --push --version -v --help -help -h" -- "$cur"))
      return
    fi
  fi
  if [[ $mode ]]; then
    _filedir
    return
  fi

  # The command's own completion. Where words were joined (--file=x), it begins further on in bash's own list.
  local joined word offset=0
  for ((word = 0; word < at; word++)); do
    joined=${COMP_WORDS[offset++]}
    while [[ $joined != "${words[word]}" ]] && ((offset < COMP_CWORD)); do
      joined+=${COMP_WORDS[offset++]}
    done
  done
  _command_offset "$offset"
} && complete -F _statexec statexec
