import {
  BUDGET_UNITS,
  EXPORT_FORMATS,
  EXPORT_SHAPES,
  PERF_WAYS,
  PROCESS_FORMATS,
  PROCESS_SORTS,
} from "../catalog/choices.ts";
import type { Option } from "../cli/option.ts";
import { type Shell, SIZE_FORMATS } from "../cli/option-values.ts";
import { OPTION_IDS, OPTIONS, type OptionId } from "../cli/options.ts";
import { PUSH_NAMES } from "../cli/push-target.ts";
import { COLLECTORS } from "../collect/registry.ts";

/** What a shell offers for the value of an option; undefined: nothing. */
type Kind = "files" | "folders" | "hosts" | undefined;

/** Beginnings of values, for options whose values have names. */
const PROPOSALS: Partial<Record<OptionId, readonly string[]>> = {
  budgets: Object.keys(BUDGET_UNITS).map((name) => `${name}<`),
  cgroup: ["auto", "off"],
  collectors: COLLECTORS.map(({ name }) => name),
  completions: ["bash", "fish", "zsh"],
  exportFormat: EXPORT_FORMATS,
  exportShape: EXPORT_SHAPES,
  perf: PERF_WAYS,
  pushNames: PUSH_NAMES,
  ready: ["delay:", "http://", "tcp:"],
  sizeFormat: SIZE_FORMATS,
  processesFormat: PROCESS_FORMATS,
  sort: PROCESS_SORTS,
};

const KINDS: Readonly<Record<string, Kind>> = { file: "files", folder: "folders", host: "hosts" };

interface Described {
  readonly names: readonly string[];
  /** Undefined: it takes no value. */
  readonly value:
    | { readonly placeholder: string; readonly kind: Kind; readonly proposals: readonly string[] }
    | undefined;
  /** Whether no command runs with it: then free words are files. */
  readonly isMode: boolean;
  readonly repeatable: boolean;
  /** One line, without a full stop. */
  readonly help: string;
}

function described(): Described[] {
  return OPTION_IDS.map((id) => {
    const option: Option = OPTIONS[id];
    const operand = option.operand;
    return {
      names: [option.flag, ...option.shorts],
      value: operand && {
        placeholder: operand.placeholder,
        kind: KINDS[operand.placeholder],
        proposals: PROPOSALS[id] ?? [],
      },
      isMode: option.kind === "mode",
      repeatable: option.kind === "list" || (option.kind === "setting" && option.repeatable),
      help: /^.*?(?=[.:;,](?: |$)|$)/.exec(option.help)![0],
    };
  });
}

const MADE_BY = "# Made by scripts/completions.ts: change the option table, not this file.";

const namesOf = (options: readonly Described[]) => options.flatMap(({ names }) => names);
const withValue = (options: readonly Described[]) => options.filter(({ value }) => value !== undefined);
const ofKind = (options: readonly Described[], kind: Kind) => options.filter(({ value }) => value?.kind === kind);

const withProposals = (options: readonly Described[]) =>
  options.filter(({ value }) => value !== undefined && value.proposals.length > 0);

/** Returns the completion for bash. With bash-completion, which it does not need, it completes the command as well. */
function bashCompletion(): string {
  const options = described();
  const choice = (some: readonly Described[]) => namesOf(some).join("|");
  const valued = withValue(options);
  const proposed = withProposals(options);
  const silent = ofKind(valued, undefined).filter((option) => !proposed.includes(option));
  const quoted = (text: string) => `'${text}'`;
  return `${MADE_BY}

# Without bash-completion: the words so far, those around an equals sign joined, and whether the last one is joined to its option.
_statexec_words() {
  local i
  words=() split=false
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if ((i > 0)) && [[ \${COMP_WORDS[i]} == = || \${COMP_WORDS[i - 1]} == = ]]; then
      words[\${#words[@]} - 1]+=\${COMP_WORDS[i]}
    else
      words+=("\${COMP_WORDS[i]}")
    fi
  done
  cword=$((\${#words[@]} - 1)) cur=\${words[cword]} prev=\${words[cword - 1]}
  [[ $cur == -*=* ]] && prev=\${cur%%=*} cur=\${cur#*=} split=true
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
    _statexec_lines < <(compgen "\${1:--f}" -- "$cur")
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
    case \${words[at]} in
      --) ended=1 ;;
      ${choice(options.filter(({ isMode }) => isMode))}) mode=1 ;;
      ${choice(valued)}) ((at++)) ;;
      -?*) ;;
      *) [[ $mode ]] || break ;;
    esac
    ((at++))
    [[ $ended ]] && break
  done

  if ((at >= cword)) && [[ ! $ended ]]; then
    case $prev in
      ${choice(ofKind(valued, "files"))}) _statexec_files; return ;;
      ${choice(ofKind(valued, "folders"))}) _statexec_files -d; return ;;
      ${choice(ofKind(valued, "hosts"))}) _statexec_hosts; return ;;
${proposed.map(({ names, value }) => `      ${names.join("|")}) _statexec_values ${quoted(value!.proposals.join(" "))}; return ;;`).join("\n")}
      ${choice(silent)}) return ;;
    esac
    $split && return
    if [[ $cur == -* ]]; then
      COMPREPLY=($(compgen -W "${namesOf(options).join(" ")}" -- "$cur"))
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
    joined=\${COMP_WORDS[offset++]}
    while [[ $joined != "\${words[word]}" ]] && ((offset < COMP_CWORD)); do
      joined+=\${COMP_WORDS[offset++]}
    done
  done
  _command_offset "$offset"
} && complete -F _statexec statexec
`;
}

const ZSH_ACTIONS = { files: "_files", folders: "_files -/", hosts: "_hosts" } as const;

/** Returns the completion for zsh's own system. */
function zshCompletion(): string {
  const options = described();
  const safe = (text: string) => text.replaceAll("'", "").replace(/[[\]:]/g, "\\$&");
  const spec = ({ names, value, repeatable, help }: Described) => {
    const others = repeatable ? "*" : `(${names.join(" ")})`;
    const proposals =
      value && value.proposals.length > 0
        ? `{compadd -S "" -- ${value.proposals.map((one) => `"${one}"`).join(" ")}}`
        : " ";
    const action = value?.kind === undefined ? proposals.replaceAll(":", "\\:") : ZSH_ACTIONS[value.kind];
    const argument = value === undefined ? "" : `:${safe(value.placeholder)}:${action}`;
    const equals = value === undefined ? "" : "=";
    return names.map((name) => `    '${others}${name}${equals}[${safe(help)}]${argument}'`);
  };
  const alternatives = (some: readonly Described[]) => namesOf(some).join("|");
  return `#compdef statexec
${MADE_BY}

# Our options end at the first word that is neither one of them nor the value of one, or after --.
_statexec() {
  local at=2 mode=""
  while (( at < CURRENT )); do
    case $words[at] in
      (${alternatives(options.filter(({ isMode }) => isMode))}) mode=1 ;;
      (${alternatives(withValue(options))}) (( at++ )) ;;
      (--|[^-]*) break ;;
    esac
    (( at++ ))
  done
  local -a free
  if [[ -n $mode ]]; then
    free=('*:file:_files')
  else
    free=('(-)1: :_command_names -e' '*::arguments:_normal')
  fi
  _arguments -S \\
${options.flatMap(spec).join(" \\\n")} \\
    $free
}

_statexec "$@"
`;
}

/** Returns the completion for fish. */
function fishCompletion(): string {
  const options = described();
  const safe = (text: string) => `'${text.replace(/['\\]/g, "\\$&")}'`;
  const nameWord = (name: string) => {
    if (name.startsWith("--")) return `-l ${name.slice(2)}`;
    return name.length === 2 ? `-s ${name.slice(1)}` : `-o ${name.slice(1)}`;
  };
  const proposed = (proposals: readonly string[]) =>
    proposals.length === 0 ? " -x" : ` -x -a ${safe(proposals.join(" ").replaceAll("<", "\\<"))}`;
  const rule = ({ names, value, help }: Described) => {
    const argument = {
      files: " -r -F",
      folders: " -x -a '(__fish_complete_directories)'",
      hosts: " -x -a '(__fish_print_hostnames)'",
    };
    const taken =
      value === undefined ? "" : value.kind === undefined ? proposed(value.proposals) : argument[value.kind];
    return `complete -c statexec -n __statexec_options ${names.map(nameWord).join(" ")}${taken} -d ${safe(help)}`;
  };
  const modes = namesOf(options.filter(({ isMode }) => isMode)).join(" ");
  const valued = namesOf(withValue(options)).join(" ");
  return `${MADE_BY}

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
                string join -- \\n $rest
                return 0
            case ${modes}
                set left 2
            case ${valued}
                set value yes
            case '-?*'
            case '*'
                test $left = 2; and continue
                string join -- \\n $words[$at..]
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
${options.map(rule).join("\n")}
`;
}

const SCRIPTS: Readonly<Record<Shell, () => string>> = {
  bash: bashCompletion,
  fish: fishCompletion,
  zsh: zshCompletion,
};

/** Returns the completion of a shell, to be sourced or put into its folder. */
export function completionFor(shell: Shell): string {
  return SCRIPTS[shell]();
}
