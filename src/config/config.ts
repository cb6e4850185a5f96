import type { PushTarget } from "./push-url.ts";
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
  /** Where the metrics file is sent when it is written; undefined: nowhere. */
  readonly pushTo: PushConfig | undefined;
  /** Whether the command's arguments are recorded. */
  readonly recordArgs: boolean;
  readonly sync: SyncConfig | undefined;
}

/** A synchronised run: this side waits for a peer, or asks one. */
export type SyncConfig =
  | { readonly role: "server"; readonly port: number; readonly startOnly: boolean }
  | {
      readonly role: "client";
      /** As a URL has it: an IPv6 address in brackets. */
      readonly host: string;
      readonly port: number;
      readonly startOnly: boolean;
    };

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
  | {
      readonly mode: "push";
      readonly target: PushConfig;
      /** Metrics files; at least one. */
      readonly files: readonly string[];
    }
  | { readonly mode: "help" }
  | { readonly mode: "version" };
