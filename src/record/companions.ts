import { isRelative } from "../cli/budget-syntax.ts";
import type { Config } from "../cli/config.ts";
import { warn } from "../os/print.ts";
import { Companion, whyHidden } from "../run/companion.ts";
import type { Inherited } from "../run/inherited.ts";

/** Of the run that is shown. */
interface CompanionParts {
  readonly config: Pick<Config, "listen" | "live" | "budgets" | "historyFile">;
  readonly inherited: Pick<Inherited, "environment">;
  /** Prints a line before the command starts. */
  readonly warn: (message: string) => void;
}

/** The processes of ours that show one run while it goes on. */
export class Companions {
  private constructor(
    private readonly server: Companion | undefined,
    private view: Companion | undefined,
  ) {}

  /** Starts those that the run asks for. Throws OutputError where one cannot be. */
  static async start({ config, inherited, warn }: CompanionParts): Promise<Companions> {
    const { listen, live, budgets, historyFile } = config;
    const environment = inherited.environment();
    const hidden = live ? whyHidden() : undefined;
    if (hidden !== undefined) warn(`--live (SE_LIVE): nothing is shown, since ${hidden}`);
    const server = listen && (await Companion.serve(listen, environment));
    const limits = budgets.filter((budget) => !isRelative(budget)).map(({ text }) => text);
    return new Companions(
      server,
      live && hidden === undefined ? await Companion.show(limits, historyFile, environment) : undefined,
    );
  }

  /** The command has ended: what is printed from now on must not be written over. */
  async endView(): Promise<void> {
    const { view } = this;
    this.view = undefined;
    for (const line of (await view?.end()) ?? []) warn(line.replace(/^statexec: /, "--live: "));
  }

  /** The run is over. */
  async end(): Promise<void> {
    await this.endView();
    for (const line of (await this.server?.end()) ?? []) warn(line.replace(/^statexec: /, "--listen: "));
  }
}
