import { UsageError } from "../errors.ts";

/**
 * What only a variable can hold: a flag would show it to whoever lists processes. Their values stand in no message and
 * in no file.
 */
export const SECRETS = {
  token: { env: "SE_PUSH_TOKEN", help: "Bearer token for --push and --push-to." },
  user: { env: "SE_PUSH_USER", help: "User for --push and --push-to; a number at Grafana Cloud." },
  password: { env: "SE_PUSH_PASSWORD", help: "Password of that user." },
} as const;

export type Secrets = { readonly [K in keyof typeof SECRETS]: string | undefined };

/** The secrets of an environment; an empty variable is unset. Throws UsageError, without the value. */
export function readSecrets(env: Readonly<Record<string, string | undefined>>): Secrets {
  const secrets = { token: secretOf(env, "token"), user: secretOf(env, "user"), password: secretOf(env, "password") };
  if (secrets.token !== undefined && (secrets.user ?? secrets.password) !== undefined)
    throw new UsageError(
      "SE_PUSH_TOKEN and SE_PUSH_USER or SE_PUSH_PASSWORD: a target asks for one of them; unset the other",
    );
  if (secrets.password !== undefined && secrets.user === undefined)
    throw new UsageError("SE_PUSH_PASSWORD: there is no user to it; set SE_PUSH_USER too");
  if (secrets.user?.includes(":")) throw new UsageError("SE_PUSH_USER: a user's name holds no colon");
  return secrets;
}

function secretOf(env: Readonly<Record<string, string | undefined>>, id: keyof typeof SECRETS): string | undefined {
  const name = SECRETS[id].env;
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  // What a header cannot hold: mostly the line break of a file that was read into the variable.
  if (/[^\t\x20-\x7e\u0080-\u{10ffff}]/u.test(text))
    throw new UsageError(`${name}: holds a control character (a line break at its end?); expected the bare text`);
  return text;
}
