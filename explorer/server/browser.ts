import { isTerminal } from "../../src/os/process.ts";

/** Programs that show an address in the browser that a person has chosen; the first that is there. */
const OPENERS: readonly (readonly string[])[] = [
  ["xdg-open"],
  ["wslview"],
  ["gio", "open"],
  ["sensible-browser"],
  ["x-www-browser"],
];

/**
 * Opens a browser where there is one, and somebody to see it. By hand: on Linux the packages that do this start
 * xdg-open as well, and bring a copy of it.
 */
export function openBrowser(url: string, env: NodeJS.ProcessEnv): boolean {
  const hasScreen = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME);
  if (env.CI || !hasScreen || !isTerminal(1)) return false;
  for (const [program = "", ...words] of OPENERS) {
    const path = Bun.which(program);
    if (path === null) continue;
    Bun.spawn([path, ...words, url], { stdin: "ignore", stdout: "ignore", stderr: "ignore" }).unref();
    return true;
  }
  return false;
}
