/** `plain`: for one run without a record of its processes; `full`: with the code for the rest, too. */
type PageKind = "plain" | "full";

const ENTRIES: Readonly<Record<PageKind, string>> = { plain: "./entry.ts", full: "./entry-with-extras.ts" };

/** The variable parts of the page. */
export interface PageParts {
  /** Default: `full`. */
  readonly kind?: PageKind;
  /** From where the page may load data, as its content security policy says it. */
  readonly connect: "'self'" | "'none'";
  /** A report's data, without `<`. */
  readonly data?: string;
  /** HTML for readers without JavaScript. */
  readonly summary?: string;
}

/** Returns the page of the server, which has no data in it. */
export function pageHtml(): Promise<string> {
  return filledPage({ connect: "'self'" });
}

/** Returns the page with its variable parts. */
export async function filledPage({ kind = "full", connect, data, summary = "" }: PageParts): Promise<string> {
  const page = await template(kind);
  const embedded = data === undefined ? "" : `<script type="application/octet-stream" id="data">${data}</script>`;
  return filled(page, { connect, data: embedded, summary });
}

/**
 * Returns the page with its script and style, and placeholders for its variable parts. A binary contains it; the
 * sources bundle it when it is needed.
 */
async function template(kind: PageKind): Promise<string> {
  if (!import.meta.dir.startsWith("/$bunfs/")) return buildTemplate(kind);
  if (kind === "plain") return (await import("./plain.generated.txt", { with: { type: "text" } })).default;
  return (await import("./full.generated.txt", { with: { type: "text" } })).default;
}

/**
 * Bundles the page from its sources.
 * @throws AggregateError with the messages of the bundler
 */
export async function buildTemplate(kind: PageKind): Promise<string> {
  const [style, script, page] = await Promise.all([
    bundled("./style.css", kind),
    bundled(ENTRIES[kind], kind),
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

/**
 * Leaves out of the catalogue what the page does not show: names by OpenTelemetry, sources, and units, in which names end. A
 * report of one run has the help of its own metrics in its data.
 */
const smallCatalogue = (kind: PageKind): Bun.BunPlugin => ({
  name: "small catalogue",
  setup: (build) => {
    const unused = kind === "full" ? /,\s*(otel|source|unit):\s*"[^"]*"/g : /,\s*(otel|source|unit|help):\s*"[^"]*"/g;
    build.onLoad({ filter: /\/src\/catalog\/\w+-metrics\.ts$/ }, async ({ path }) => {
      const contents = (await Bun.file(path).text()).replaceAll(unused, "");
      return { contents, loader: "ts" };
    });
  },
});

/** Takes the charts' library as its makers have minified it: that is smaller than what the bundler makes of its modules. */
const SMALL_UPLOT: Bun.BunPlugin = {
  name: "small uplot",
  setup: (build) => {
    build.onLoad({ filter: /\/uplot\/dist\/uPlot\.esm\.js$/ }, async ({ path }) => {
      const script = await Bun.file(path.replace("esm.js", "iife.min.js")).text();
      return { contents: `${script}\nexport default uPlot;`, loader: "js" };
    });
    // The page has legends and titles of its own.
    build.onLoad({ filter: /\/uPlot\.min\.css$/ }, async ({ path }) => {
      const style = await Bun.file(path).text();
      const contents = style.replaceAll(
        /[^{}]*\.u-(legend|inline|title|series|label|value|marker)\b[^{}]*\{[^{}]*\}/g,
        "",
      );
      return { contents, loader: "css" };
    });
  },
};

async function bundled(source: string, kind: PageKind): Promise<string> {
  const entrypoints = [sourcePath(source)];
  const plugins = [smallCatalogue(kind), SMALL_UPLOT];
  const { outputs } = await Bun.build({ entrypoints, target: "browser", minify: true, plugins });
  const text = await outputs[0]?.text();
  if (!text) throw new Error(`${source}: the bundler returned nothing`);
  // A closing tag ends the script element even inside of a string.
  return text.replaceAll("</", "<\\/").trim();
}

function sourcePath(name: string): string {
  return Bun.fileURLToPath(new URL(name, import.meta.url));
}

function hashOf(text: string): string {
  return `sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}`;
}

/** Replaces placeholders by texts. The function keeps `$` in a text from being interpreted. */
function filled(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, part]) => text.replace(`<!-- ${name} -->`, () => part), page);
}
