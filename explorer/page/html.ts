/** What a page may do: run its own script, nothing of anybody else's. `connect`: whom it may ask for data. */
export interface Policy {
  readonly connect: "'self'" | "'none'";
}

/** What a page is filled with beside its own code. */
export interface Filling extends Policy {
  /** Put into the element that holds a report's data; text that holds no `<`. */
  readonly data?: string;
  /** Markup for who reads it without scripts. */
  readonly summary?: string;
}

/** The page of the server: everything in it but the data. */
export async function pageHtml(): Promise<string> {
  return filledPage({ connect: "'self'" });
}

/** The page with its policy, and what else goes into it. */
export async function filledPage({ connect, data, summary = "" }: Filling): Promise<string> {
  const page = await template();
  const embedded = data === undefined ? "" : `<script type="application/octet-stream" id="data">${data}</script>`;
  return filled(page, { connect: connect, data: embedded, summary });
}

/**
 * A page's code and style with places for the rest. In a binary it is a part of that, made when it was compiled; else
 * it is made anew, which takes as long as a blink.
 */
async function template(): Promise<string> {
  if (!import.meta.dir.startsWith("/$bunfs/")) return buildTemplate();
  return (await import("./page.generated.txt", { with: { type: "text" } })).default;
}

/** Bundles the page from its sources. Throws AggregateError with what the bundler says. */
export async function buildTemplate(): Promise<string> {
  const [style, script, page] = await Promise.all([
    bundled("./style.css"),
    bundled("./main.ts"),
    Bun.file(sourcePath("./index.html")).text(),
  ]);
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "img-src data:",
    "connect-src <!-- connect -->",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return filled(page, {
    policy: `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    style: `<style>${style}</style>`,
    script: `<script type="module">${script}</script>`,
  });
}

async function bundled(source: string): Promise<string> {
  const { outputs } = await Bun.build({ entrypoints: [sourcePath(source)], target: "browser", minify: true });
  const text = await outputs[0]?.text();
  if (!text) throw new Error(`${source}: the bundler made nothing of it`);
  // What would end its element would end it in a string, too.
  return text.replaceAll("</", "<\\/").trim();
}

function sourcePath(name: string): string {
  return Bun.fileURLToPath(new URL(name, import.meta.url));
}

function hashOf(text: string): string {
  return `sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}`;
}

/** Puts texts in the places of their names; as they are, whatever `$` they hold. */
function filled(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, part]) => text.replace(`<!-- ${name} -->`, () => part), page);
}
