/** Why a request got no answer. */
export interface RequestFailure {
  /** In words, without the address, which may hold secrets. */
  readonly reason: string;
  /** Whether another try would fail likewise. */
  readonly isFinal: boolean;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ConnectionRefused: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "no such host",
  ETIMEDOUT: "no answer",
  TimeoutError: "no answer",
  ResponseHeadersTooLarge: "the headers of its answer are too long",
};

/** The errors of checking a certificate, as OpenSSL names them. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY|DECODE)|_CRL_|INVALID_CA|HOSTNAME_MISMATCH/;

/** Returns why a request failed. The runtime's own message is not part of it: it quotes the address, query included. */
export function failureOf(error: Error): RequestFailure {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  if (CERTIFICATE.test(code)) {
    const reason = `its certificate is not trusted (${code}): name the file of its authority in NODE_EXTRA_CA_CERTS`;
    return { reason, isFinal: true };
  }
  return { reason: REASONS[code] ?? code, isFinal: false };
}

/** Whether a host, as a URL has it, is this machine. */
export function isLoopback(host: string): boolean {
  return /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(host);
}

/** Removes secrets from a text that another program sent. Those of up to three characters may be parts of words. */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  const known = secrets.filter((one): one is string => one !== undefined && one.length > 3);
  return known.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
}
