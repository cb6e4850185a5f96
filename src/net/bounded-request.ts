/*
 * Requests to other programs. What they answer is not believed to end: of a body only so much is read, before and after it
 * is unpacked, and only for so long.
 */

/** The most that is read of the body of an answer that says how something went. */
export const MOST_STATUS_BYTES = 64 * 1024;

/** The most that is read of the body of an answer that says what is wrong. */
export const MOST_ERROR_BYTES = 1024 * 1024;

/** A body that takes longer, from the headers on, is cut. */
const BODY_MS = 10_000;

/** Encodings of a body that can be unpacked, as its headers name them, and as the runtime does. */
const ENCODINGS: Readonly<Record<string, string>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
  br: "brotli",
  zstd: "zstd",
};

export interface BoundedRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
  /** Ends the request; without it there is no limit on the time until the headers. */
  readonly signal?: AbortSignal | undefined;
  /** The most that is read of the answer's body; 0: the body is of no interest. */
  readonly mostBytes: number;
}

export interface BoundedAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly text: string;
  /** Whether the body is longer than `text`. */
  readonly isCut: boolean;
}

/** Sends a request. Redirects are not followed. Throws what the runtime throws; `failureOf` says it in words. */
export async function requestBounded(request: BoundedRequest): Promise<BoundedAnswer> {
  const { url, method, headers, body, signal, mostBytes } = request;
  const answer = await fetch(url, {
    ...{ method, redirect: "manual", timeout: false },
    // The runtime would unpack the whole body, however long it becomes.
    ...{ decompress: false, headers: { ...headers, "accept-encoding": "identity" } },
    ...(body && { body }),
    ...(signal && { signal }),
  });
  const { status, statusText } = answer;
  return { status, statusText, headers: answer.headers, ...(await bodyOf(answer, mostBytes)) };
}

type Body = Pick<BoundedAnswer, "text" | "isCut">;

async function bodyOf({ body, headers }: Response, mostBytes: number): Promise<Body> {
  if (body === null) return { text: "", isCut: false };
  if (mostBytes === 0) {
    await body.cancel();
    return { text: "", isCut: true };
  }
  const encoding = ENCODINGS[headers.get("content-encoding")?.trim().toLowerCase() ?? ""];
  if (encoding === undefined) return readStart(body, mostBytes);
  // The types list some of the encodings.
  return readStart(body.pipeThrough(new DecompressionStream(encoding as "gzip")), mostBytes, true);
}

/** Reads the start of a stream. One that is packed may be damaged: then it is cut there. */
async function readStart(stream: ReadableStream<Uint8Array>, mostBytes: number, isPacked = false): Promise<Body> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const late = setTimeout(() => void cut(), BODY_MS);
  let [text, length, isCut] = ["", 0, false];
  const cut = async () => {
    isCut = true;
    // Of a stream that has failed, cancel throws the failure, which is known already.
    await reader.cancel().catch(() => undefined);
  };
  try {
    while (!isCut) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value.subarray(0, mostBytes - length), { stream: true });
      length += value.length;
      if (length > mostBytes) await cut();
    }
  } catch (error) {
    if (!isPacked || !(error instanceof TypeError)) throw error;
    isCut = true;
  } finally {
    clearTimeout(late);
  }
  return { text, isCut };
}
