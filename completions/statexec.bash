# Made by scripts/completions.ts: change the option table, not this file.

_statexec() {
  local cur prev words cword split
  _init_completion -s || return

  # Our options end at the first word that is neither one of them nor the value of one, or behind --.
  local at=1 mode="" ended=""
  while ((at < cword)); do
    case ${words[at]} in
      --) ended=1 ;;
      --recover|--version|-v|--help|-help|-h) mode=1 ;;
      --file|-f|--instance|-i|--metrics-start-time|-mst|--delay|-d|--delay-before-command|-dbc|--delay-after-command|-dac|--label|-l|--interval|--journal-dir|--connect|-c|--sync-port|-sp) ((at++)) ;;
      -?*) ;;
      *) [[ $mode ]] || break ;;
    esac
    ((at++))
    [[ $ended ]] && break
  done

  if ((at >= cword)) && [[ ! $ended ]]; then
    case $prev in
      --file|-f) _filedir; return ;;
      --journal-dir) _filedir -d; return ;;
      --connect|-c) _known_hosts_real -- "$cur"; return ;;
      --instance|-i|--metrics-start-time|-mst|--delay|-d|--delay-before-command|-dbc|--delay-after-command|-dac|--label|-l|--interval|--sync-port|-sp) return ;;
    esac
    $split && return
    if [[ $cur == -* ]]; then
      COMPREPLY=($(compgen -W "--file -f --instance -i --metrics-start-time -mst --delay -d --delay-before-command -dbc --delay-after-command -dac --label -l --interval --journal-dir --no-record-args --connect -c --server -s --sync-port -sp --sync-start-only -sso --recover --version -v --help -help -h" -- "$cur"))
      return
    fi
  fi
  if [[ $mode ]]; then
    _filedir
    return
  fi

  # The command's own completion. Where words were put together (--file=x), it begins further on in bash's own list.
  local joined word offset=0
  for ((word = 0; word < at; word++)); do
    joined=${COMP_WORDS[offset++]}
    while [[ $joined != "${words[word]}" ]] && ((offset < COMP_CWORD)); do
      joined+=${COMP_WORDS[offset++]}
    done
  done
  _command_offset "$offset"
} && complete -F _statexec statexec
