import { runLoad } from "../test/helpers/load-run.ts";
import { type Load, loads, type User } from "../test/helpers/loads.ts";

/*
 * bun bench/truth.ts [--nobody] [--small] [words of statexec]...
 *
 * Prints a table of loads whose usage is known, with what statexec records of them. The words, such as `--cgroup auto`, are
 * passed to statexec with each load. It runs `dist/statexec`, or the program that BIN names.
 */

function line(load: Load, said: number, truth: number): string {
  const { alone } = load.within;
  const off = truth === 0 ? "–" : `${(((said - truth) / truth) * 100).toFixed(2)} %`;
  const goal =
    alone === undefined ? "a lower bound" : alone === 0 ? `± ${load.slack} ${load.unit}` : `≤ ${alone * 100} %`;
  const figure = (value: number) => `${value.toFixed(load.unit === "s" ? 3 : 1)} ${load.unit}`;
  return `| ${load.what} | ${figure(truth)} | ${figure(said)} | ${off} | ${goal} |`;
}

async function main(words: readonly string[]): Promise<void> {
  const user: User = words.includes("--nobody") ? "nobody" : "root";
  const own = words.filter((word) => word !== "--nobody" && word !== "--small");
  console.log("| load | true | said | off | goal |\n| --- | --- | --- | --- | --- |");
  for (const load of loads(!words.includes("--small"))) {
    const figures = await runLoad(load, user, own);
    console.log(figures ? line(load, figures.said, figures.truth) : `| ${load.what} | – | no O_DIRECT here | – | – |`);
  }
}

await main(process.argv.slice(2));
