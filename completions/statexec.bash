# Made by scripts/completions.ts: change the option table, not this file.

# Without bash-completion: the words so far, those around an equals sign joined, and whether the last one is joined to its option.
_statexec_words() {
  local i
  words=() split=false
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if ((i > 0)) && [[ ${COMP_WORDS[i]} == = || ${COMP_WORDS[i - 1]} == = ]]; then
      words[${#words[@]} - 1]+=${COMP_WORDS[i]}
    else
      words+=("${COMP_WORDS[i]}")
    fi
  done
  cword=$((${#words[@]} - 1)) cur=${words[cword]} prev=${words[cword - 1]}
  [[ $cur == -*=* ]] && prev=${cur%%=*} cur=${cur#*=} split=true
}

_statexec_lines() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done
}

_statexec_files() {
  if declare -F _filedir >/dev/null; then
    _filedir "$@"
  else
    compopt -o filenames
    _statexec_lines < <(compgen "${1:--f}" -- "$cur")
  fi
}

# Beginnings of values; as file names, so that the shell quotes what it would take for a redirection.
_statexec_values() {
  compopt -o filenames -o nospace
  _statexec_lines < <(compgen -W "$1" -- "$cur")
}

_statexec_hosts() {
  if declare -F _known_hosts_real >/dev/null; then
    _known_hosts_real -- "$cur"
  else
    _statexec_lines < <(compgen -A hostname -- "$cur")
  fi
}

_statexec() {
  local cur prev words cword split
  if declare -F _init_completion >/dev/null; then
    _init_completion -s || return
  else
    _statexec_words
  fi

  # Our options end at the first word that is neither one of them nor the value of one, or after --.
  local at=1 mode="" ended=""
  while ((at < cword)); do
    case ${words[at]} in
      --) ended=1 ;;
      --explore|--report|--export|--compare|--size|--processes-of|--history|--recover|--list-collectors|--push|--watch|--mark|--completions|--version|-v|--help|-help|-h) mode=1 ;;
      --file|-f|--instance|-i|--metrics-start-time|-mst|--delay|-d|--delay-before-command|-dbc|--delay-after-command|-dac|--label|-l|--interval|--journal-dir|--collectors|--cgroup|--perf|--processes|--summary-json|--summary-markdown|--budget|--baseline|--listen|--history-file|--runs|--parameter|--warmup|--precision|--max-time|--prepare|--output|--runs-json|--runs-markdown|--runs-csv|--report-to|--push-to|--push-names|--connect|-c|--sync-port|-sp|--sync-timeout|--ready|--sync-clients|--sync-grace|--stop-timeout|--sync-token|--sync-token-file|--sync-tls-cert|--sync-tls-key|--sync-bind|--explore-port|--report|--export|--export-format|--export-shape|--base|--noise|--size-format|--sort|--at|--from|--to|--top|--processes-format|--branch|--last|--trend|--host|--since|--import|--history-format|--push|--mark|--completions) ((at++)) ;;
      -?*) ;;
      *) [[ $mode ]] || break ;;
    esac
    ((at++))
    [[ $ended ]] && break
  done

  if ((at >= cword)) && [[ ! $ended ]]; then
    case $prev in
      --file|-f|--summary-json|--summary-markdown|--baseline|--history-file|--runs-json|--runs-markdown|--runs-csv|--report-to|--sync-token-file|--sync-tls-cert|--sync-tls-key|--report|--export|--base|--import) _statexec_files; return ;;
      --journal-dir) _statexec_files -d; return ;;
      --connect|-c) _statexec_hosts; return ;;
      --collectors) _statexec_values 'cpu memory network disk pressure load paging tcp listen sockets frequency thermal container'; return ;;
      --cgroup) _statexec_values 'auto off'; return ;;
      --perf) _statexec_values 'auto counters off'; return ;;
      --budget) _statexec_values 'wall< cpu< memory< memory-with-cache< processes< threads< read< written< instructions<'; return ;;
      --push-names) _statexec_values 'statexec otel'; return ;;
      --ready) _statexec_values 'delay: http:// tcp:'; return ;;
      --export-format) _statexec_values 'trace csv parquet'; return ;;
      --export-shape) _statexec_values 'long wide'; return ;;
      --size-format) _statexec_values 'table json kubernetes slurm nextflow snakemake github gitlab'; return ;;
      --sort) _statexec_values 'cpu memory io wait time start'; return ;;
      --processes-format) _statexec_values 'table json csv'; return ;;
      --completions) _statexec_values 'bash fish zsh'; return ;;
      --instance|-i|--metrics-start-time|-mst|--delay|-d|--delay-before-command|-dbc|--delay-after-command|-dac|--label|-l|--interval|--processes|--listen|--runs|--parameter|--warmup|--precision|--max-time|--prepare|--output|--push-to|--sync-port|-sp|--sync-timeout|--sync-clients|--sync-grace|--stop-timeout|--sync-token|--sync-bind|--explore-port|--noise|--at|--from|--to|--top|--branch|--last|--trend|--host|--since|--history-format|--push|--mark) return ;;
    esac
    $split && return
    if [[ $cur == -* ]]; then
      COMPREPLY=($(compgen -W "--file -f --instance -i --metrics-start-time -mst --delay -d --delay-before-command -dbc --delay-after-command -dac --label -l --interval --journal-dir --no-sync --no-record-args --collectors --cgroup --perf --processes --summary --quiet -q --summary-json --summary-markdown --budget --budget-kill --budget-strict --baseline --listen --live --remember --history-file --runs --versus --shell --parameter --warmup --precision --max-time --prepare --ignore-failure --output --runs-json --runs-markdown --runs-csv --report-to --push-to --push-names --push-ci --connect -c --server -s --sync-port -sp --sync-start-only -sso --sync-timeout --ready --sync-clients --sync-grace --stop-timeout --sync-token --sync-token-file --sync-tls-cert --sync-tls-key --sync-bind --explore --no-open --explore-port --report --export --export-format --export-shape --compare --base --noise --any-command --size --size-format --processes-of --sort --at --from --to --top --processes-format --history --branch --last --trend --host --since --import --history-format --recover --list-collectors --push --watch --mark --completions --version -v --help -help -h" -- "$cur"))
      return
    fi
  fi
  if [[ $mode ]]; then
    _statexec_files
    return
  fi
  if ! declare -F _command_offset >/dev/null; then
    # The command's own completion is not known without bash-completion.
    if ((at >= cword)); then
      _statexec_lines < <(compgen -c -- "$cur")
    else
      _statexec_files
    fi
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
