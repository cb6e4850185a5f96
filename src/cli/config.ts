import type { Budget } from "./budget.ts";
import type { CollectorChoice } from "./collectors.ts";
import type { PushTarget } from "./push-url.ts";
import type { Readiness } from "./readiness.ts";
import type { Secrets } from "./secrets.ts";

/** A target, and what it may ask for. */
export interface PushConfig extends PushTarget {
  readonly secrets: Secrets;
}

/** What a run does, decided: flags over environment over defaults, every value checked. */
export interface Config {
  /** The command and its arguments, as typed; never empty. */
  readonly command: readonly string[];
  /** Path of the metrics file; `-` has become `/dev/stdout`. */
  readonly file: string;
  /** The `instance` label. */
  readonly instance: string;
  /** The user's labels, keys made legal. */
  readonly labels: ReadonlyMap<string, string>;
  /** Time of the first sample, milliseconds since the epoch; undefined: the true one. */
  readonly metricsStartTimeMs: number | undefined;
  readonly delayBeforeSeconds: number;
  readonly delayAfterSeconds: number;
  readonly intervalSeconds: number;
  /** Folder of the journal; undefined: the metrics file's. */
  readonly journalDir: string | undefined;
  /** Where the command gets a control group of its own: `auto`, or below the one at this folder; undefined: it gets none. */
  readonly cgroup: string | undefined;
  /** Where a page that shows the run goes; undefined: there is none. */
  readonly reportTo: string | undefined;
  /** Where the metrics file is sent when it is written; undefined: nowhere. */
  readonly pushTo: PushConfig | undefined;
  /** Whether the command's arguments are recorded. */
  readonly recordArgs: boolean;
  /** What is measured of the machine. */
  readonly collectors: CollectorChoice;
  /** Whether a summary is printed: always, never, or where standard error is a terminal. */
  readonly summary: "always" | "never" | "on a terminal";
  /** Where the summary goes besides; `-` has become `/dev/stdout`. */
  readonly summaryJson: string | undefined;
  readonly summaryMarkdown: string | undefined;
  /** What the run may use at most. */
  readonly budgets: readonly Budget[];
  /** Whether the command is ended at the first breach. */
  readonly budgetKill: boolean;
  /** Metrics files of earlier runs, that budgets are relative to. */
  readonly baselines: readonly string[];
  readonly sync: SyncConfig | undefined;
}

/** A synchronised run, either side of it. */
interface SyncCommon {
  readonly port: number;
  readonly startOnly: boolean;
  /** How long a peer may be silent. */
  readonly graceSeconds: number;
  /** From SIGINT to SIGTERM; 0: there is none. */
  readonly stopTimeoutSeconds: number;
  /** The secret, or the file that has it. */
  readonly token: { readonly secret: string } | { readonly file: string } | undefined;
}

export interface ServerConfig extends SyncCommon {
  readonly role: "server";
  /** The address to listen on; undefined: all. */
  readonly bind: string | undefined;
  /** How many clients are waited for. */
  readonly clients: number;
  readonly ready: Readiness | undefined;
}

export interface ClientConfig extends SyncCommon {
  readonly role: "client";
  /** As a URL has it: an IPv6 address in brackets. */
  readonly host: string;
  /** How long a server that is not up is waited for; Infinity: for ever. */
  readonly timeoutSeconds: number;
}

/** A synchronised run: this side waits for a peer, or asks one. */
export type SyncConfig = ServerConfig | ClientConfig;

/** What the words of a command line ask for. */
export type Invocation =
  | {
      readonly mode: "run";
      readonly config: Config;
      /** What looks like a slip but may be meant, one line each, for stderr before the command starts. */
      readonly warnings: readonly string[];
    }
  | {
      readonly mode: "recover";
      /** Paths of journals; none: those in this folder are listed. */
      readonly journals: readonly string[];
      /** Where the metrics file goes; undefined: where the run would have put it. */
      readonly file: string | undefined;
    }
  | { readonly mode: "list-collectors" }
  | {
      readonly mode: "report";
      /** The page that is written. */
      readonly page: string;
      /** Metrics files; none: the one of the default name. */
      readonly files: readonly string[];
    }
  | {
      readonly mode: "explore";
      /** Paths of files and folders; none: what is here. */
      readonly paths: readonly string[];
      readonly open: boolean;
      /** Undefined: any that is free. */
      readonly port: number | undefined;
    }
  | {
      readonly mode: "compare";
      /** Paths of files; at least one a side. */
      readonly base: readonly string[];
      readonly next: readonly string[];
      /** What is no difference: 0.05 is 5 %. */
      readonly noise: number;
      readonly anyCommand: boolean;
    }
  | {
      readonly mode: "push";
      readonly target: PushConfig;
      /** Metrics files; at least one. */
      readonly files: readonly string[];
    }
  | { readonly mode: "help" }
  | { readonly mode: "version" };
